//! `bugle test`: case files, what comes of them, and what is done with that.

mod accepting;
mod exporting;
mod files;
mod finding;
mod pages;
mod reports;
mod steps;

use std::fs;
use std::path::PathBuf;

use bugle_tests::program::{Place, Said};
use bugle_tests::puppet;

/// The puppet's app in the folder `puppet`, which does what its triggers say, and its cases.
struct Scene {
    place: Place,
    cases: PathBuf,
}

impl Scene {
    fn new() -> anyhow::Result<Self> {
        let place = Place::new()?;
        // What a host can raise, an app has to ask for.
        let puppet =
            puppet("com.example.puppet").replace("custom\"]", "custom\", \"channel-expiring\"]");
        let folder = place.app("puppet", &puppet)?;
        let cases = folder.join("tests");
        fs::create_dir(&cases)?;
        Ok(Self { place, cases })
    }

    /// With one case, `one.toml`.
    fn with(case: &str) -> anyhow::Result<Self> {
        let scene = Self::new()?;
        scene.case("one", case)?;
        Ok(scene)
    }

    fn case(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.cases.join(format!("{name}.toml"));
        fs::write(&path, text)?;
        Ok(path)
    }

    fn text(&self, name: &str) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.cases.join(format!("{name}.toml")))?)
    }

    /// Runs `bugle test puppet` with more arguments.
    fn test(&self, more: &[&str]) -> anyhow::Result<Said> {
        self.place.bugle(["test", "puppet"].iter().chain(more))
    }
}

/// What was said, without times and fuel.
fn plain(text: &str) -> String {
    let line = |line: &str| match line.split_once(" step") {
        Some((name, used)) if used.contains(" fuel, ") => {
            name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end().to_owned()
        }
        _ => line.to_owned(),
    };
    text.lines().map(|text| line(text) + "\n").collect()
}
