//! The page about case files: its examples are run.

use std::fs;
use std::path::Path;

use anyhow::Result;
use bugle_tests::AppSource;
use bugle_tests::program::Place;

#[test]
fn the_cases_of_the_page_pass() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("host/docs/TESTING.md"))?;
    let place = Place::new()?;
    let cases = place.app("mail", &AppSource::example("mail")?)?.join("tests");
    fs::create_dir_all(&cases)?;
    let mut count = 0;
    for block in page.split("```toml case\n").skip(1) {
        let text = block.split("```").next().unwrap_or_default();
        fs::write(cases.join(format!("page-{count}.toml")), text)?;
        count += 1;
    }
    let said = place.bugle(["test", "mail", "--filter", "page-"])?.good()?;
    assert!(count >= 2 && said.ends_with(&format!("{count} passed\n")), "{said}");
    Ok(())
}

/// The names that a case file may have are on the page, each in backticks.
#[test]
fn the_page_names_every_key() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("host/docs/TESTING.md"))?;
    let refused =
        |case: &str| -> Result<String> { Ok(crate::Scene::with(case)?.test(&[])?.refused(2)?) };
    let places = [
        "nothing = 1\n[[step]]\nsystem = \"user-away\"\n",
        "[before]\nnothing = 1\n",
        "[[step]]\nnothing = 1\nsystem = \"user-away\"\n",
        "[[step]]\npush = { text = \"x\", nothing = 1 }\n",
        "[[step]]\nsystem = \"user-away\"\n[step.expect]\nnothing = 1\n",
    ];
    for case in places {
        let said = refused(case)?;
        let (_, known) = said.split_once("what is known is ").unwrap_or_default();
        let names = known.trim().trim_matches('`').split("`, `");
        for name in names.filter(|name| *name != "step" && *name != "before" && *name != "expect") {
            assert!(page.contains(&format!("`{name}`")), "`{name}` is not on the page: {said}");
        }
    }
    Ok(())
}
