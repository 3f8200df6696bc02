//! A folder with a `[build]` table, built as an author sees it.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use bugle::{Admission, BuildEntry, Manifest};
use bugle_build::{BuildError, Built, Project, Recipe, Steps, Toolchains};
use bugle_gateway::Refusal;

use crate::access;
use crate::args::{Global, ProjectArgs};
use crate::failure::Failure;
use crate::progress::Progress;

/// A project that was built, checked, and put in its place.
#[derive(Debug)]
pub(crate) struct Done {
    pub manifest: Manifest,
    pub component: PathBuf,
    pub built: Built,
    pub admission: Admission,
    pub symbols: PathBuf,
}

/// A project's folder, its manifest, and what to build.
#[derive(Debug)]
pub(crate) struct Opened {
    pub manifest: Manifest,
    folder: PathBuf,
    project: Project,
    toolchains: Toolchains,
}

/// Reads a project's manifest.
pub(crate) fn open(args: &ProjectArgs, global: &Global) -> Result<Opened, Failure> {
    let folder = &args.folder;
    let manifest = bugle::read_manifest(folder, &access::limits(global)?)?;
    let Some(entry) = manifest.build.clone() else {
        let file = folder.join(bugle::MANIFEST_FILE);
        let message = format!("{} has no `[build]` table", file.display());
        return Err(Failure::usage("no-build-table", message)
            .hint("add one, like `[build]` with `language = \"rust\"`; see AUTHORING.md"));
    };
    let first = manifest.tasks.first().expect("a manifest has a task");
    let project = Project::new(folder, recipe(entry), &first.component).with_snapshot(start);
    let tools = args.tools.clone().unwrap_or_else(|| Project::tools(folder));
    Ok(Opened { folder: folder.clone(), project, manifest, toolchains: Toolchains::new(tools) })
}

/// Starts the runtime of a language, with the engine that runs tasks.
fn start(module: &[u8]) -> Result<(Vec<u8>, String), String> {
    let started = bugle::snapshot(module).map_err(|error| error.to_string())?;
    Ok((started.module, started.printed))
}

fn recipe(entry: BuildEntry) -> Recipe {
    match entry {
        BuildEntry::Language { language, source } => {
            let language = language.parse().expect("the manifest has the languages' names");
            Recipe::Language { language, source }
        }
        BuildEntry::Command { command, module } => Recipe::Command { command, module },
    }
}

impl Opened {
    /// Builds the component, checks it as at install, and only then puts it in its place.
    pub(crate) fn build(self, set_up: bool) -> Result<Done, Failure> {
        let Self { folder, project, manifest, toolchains } = self;
        let built = project
            .build(&toolchains, set_up, &mut Terminal(None))
            .map_err(|error| failure(&error, &folder))?;
        let component = project.component();
        let admit = |limits| {
            let admitted = bugle::admit(&built.component, limits);
            let path = component.clone();
            admitted.map_err(|source| bugle::Error::Component { path, source })
        };
        let mut admission = None;
        for task in &manifest.tasks {
            admission = Some(admit(&task.limits)?);
        }
        let admission = admission.expect("a manifest has a task");
        let symbols = project.put(&built).map_err(|error| failure(&error, &folder))?;
        Ok(Done { manifest, component, built, admission, symbols })
    }
}

/// Why a build failed, after all that a tool said about it.
fn failure(error: &BuildError, folder: &Path) -> Failure {
    if let Some(words) = error.words() {
        Terminal(None).words(format!("{}\n", words.trim_end()).as_bytes());
    }
    // The command is the project's own, wherever one stands.
    let here = format!("bugle build {} --setup", folder.display());
    let message = error.to_string().replace("bugle build --setup", &here);
    let refusal = if error.is_usage() {
        Refusal::usage(error.code(), message)
    } else {
        Refusal::host(error.code(), message)
    };
    match error.hint() {
        Some(hint) => Failure::from(refusal.hint(hint)),
        None => Failure::from(refusal),
    }
}

/// Shows a build on standard error: what compilers say, and until they do, that something goes on.
struct Terminal(Option<Progress>);

impl Steps for Terminal {
    fn begin(&mut self, what: &str) {
        self.0 = None;
        self.0 = Some(Progress::of(what));
    }

    fn end(&mut self) {
        self.0 = None;
    }

    fn words(&mut self, words: &[u8]) {
        self.0 = None;
        // That nobody reads it is no reason to stop.
        let _ = io::stderr().lock().write_all(words);
    }

    fn is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }
}

#[cfg(test)]
mod tests {
    use bugle_build::Language;

    #[test]
    fn the_manifest_knows_the_languages_of_the_recipes() {
        let names: Vec<&str> = Language::ALL.iter().map(|language| language.as_str()).collect();
        assert_eq!(names, bugle::LANGUAGES);
    }
}
