use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::componentize::{StringEncoding, componentize};
use crate::error::at;
use crate::layout::{self, Layout};
use crate::steps::{Steps, run};
use crate::strip::strip;
use crate::toolchain::{Language, Toolchains, Tools};
use crate::{BuildError, languages};

/// How a project's component is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipe {
    /// By the recipe of a language.
    Language {
        /// Which.
        language: Language,
        /// The file that has the task, where it is not the language's default.
        source: Option<PathBuf>,
    },
    /// By a command of the author's.
    Command {
        /// A program and its arguments, run in the project. None where the module is there.
        command: Option<Vec<String>>,
        /// What it makes: a core module or a component.
        module: PathBuf,
    },
}

/// Starts a core module, and gives it as it is then with what it printed, or why it did not start.
/// Whoever has a sandbox gives it to a project; this crate runs no guest.
pub type Snapshot = fn(&[u8]) -> Result<(Vec<u8>, String), String>;

/// An app's folder that has a recipe.
#[derive(Debug, Clone)]
pub struct Project {
    folder: PathBuf,
    recipe: Recipe,
    component: PathBuf,
    snapshot: Option<Snapshot>,
}

/// What a build made, not yet in its place: whoever builds checks it first.
#[derive(Debug, Clone)]
pub struct Built {
    /// The component that is shipped: without names and debug information.
    pub component: Vec<u8>,
    /// The same with all that the compiler wrote.
    pub whole: Vec<u8>,
    /// SHA-256 of the component that is shipped, in hexadecimal.
    pub digest: String,
}

/// What a compiler wrote.
pub(crate) struct Made {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// How its strings are kept.
    pub(crate) encoding: StringEncoding,
    /// Whether its start is worth a snapshot.
    pub(crate) starts_slowly: bool,
}

impl Project {
    /// The project in a folder, with what its manifest says: the recipe, and where the component
    /// goes, as a path in the folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, recipe: Recipe, component: impl Into<PathBuf>) -> Self {
        let (folder, component) = (folder.into(), component.into());
        Self { folder, recipe, component, snapshot: None }
    }

    /// Starts the runtime of a language whose start takes longer than a task while building, and
    /// not on every push.
    #[must_use]
    pub fn with_snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// Where this project's tools are kept, unless others are named.
    #[must_use]
    pub fn tools(folder: &Path) -> PathBuf {
        folder.join(layout::FOLDER).join("tools")
    }

    /// Where the component goes.
    #[must_use]
    pub fn component(&self) -> PathBuf {
        self.folder.join(&self.component)
    }

    /// Builds the component. With `set_up`, tools that are missing are fetched first.
    ///
    /// # Errors
    ///
    /// Names the tool that is missing, the compiler that failed, or what is wrong with what it made.
    pub fn build(
        &self,
        toolchains: &Toolchains,
        set_up: bool,
        steps: &mut dyn Steps,
    ) -> Result<Built, BuildError> {
        self.refuse_taken()?;
        let layout = Layout::of(&self.folder);
        let made = match &self.recipe {
            Recipe::Language { language, source } => {
                let tools = find(toolchains, *language, set_up, steps)?;
                layout.lay_out(Some(*language))?;
                let (folder, source) = (self.folder.as_path(), source.as_deref());
                let work = languages::Work { folder, layout: &layout, language: *language, source };
                languages::compile(&work, &tools, steps)?
            }
            Recipe::Command { command, module } => {
                layout.lay_out(None)?;
                if let Some([program, args @ ..]) = command.as_deref() {
                    let mut command = Command::new(program);
                    run(command.args(args).current_dir(&self.folder), program, steps)?;
                }
                let (path, encoding) = (self.folder.join(module), StringEncoding::UTF8);
                Made { path, encoding, starts_slowly: false }
            }
        };
        steps.begin("making the component");
        let language = match &self.recipe {
            Recipe::Language { language, .. } => Some(*language),
            Recipe::Command { .. } => None,
        };
        let built = finish(&made, language, self.snapshot, steps);
        steps.end();
        built
    }

    /// A build replaces a component, and nothing else that somebody wrote.
    fn refuse_taken(&self) -> Result<(), BuildError> {
        let path = self.component();
        match fs::read(&path) {
            Ok(content) if !content.is_empty() && !content.starts_with(b"\0asm") => {
                Err(BuildError::Taken { path })
            }
            // What is not there is not taken, and what cannot be read is said when it is written.
            _ => Ok(()),
        }
    }

    /// Puts the component in its place, and its symbols where tools look for them: where those are.
    ///
    /// # Errors
    ///
    /// A file cannot be written. The component is the old one or the new one.
    pub fn put(&self, built: &Built) -> Result<PathBuf, BuildError> {
        let layout = Layout::of(&self.folder);
        let symbols = layout.keep_symbols(&built.digest, &built.whole)?;
        layout::write(&self.component(), &built.component)?;
        Ok(symbols)
    }
}

fn find(
    toolchains: &Toolchains,
    language: Language,
    set_up: bool,
    steps: &mut dyn Steps,
) -> Result<Tools, BuildError> {
    if !set_up {
        return Ok(toolchains.find(language)?);
    }
    let found = toolchains.set_up(language, &mut |line| {
        steps.words(format!("{line}\n").as_bytes());
        steps.begin(line);
    });
    steps.end();
    Ok(found?)
}

fn finish(
    made: &Made,
    language: Option<Language>,
    snapshot: Option<Snapshot>,
    steps: &mut dyn Steps,
) -> Result<Built, BuildError> {
    let path = &made.path;
    if !path.is_file() {
        return Err(BuildError::NoModule { path: path.clone() });
    }
    let mut file = fs::read(path).map_err(at(path))?;
    if let (Some(snapshot), true) = (snapshot, made.starts_slowly) {
        let (started, printed) = snapshot(&file).map_err(|what| BuildError::Snapshot { what })?;
        steps.words(printed.as_bytes());
        file = started;
    }
    let at_module = |source| BuildError::Module { path: path.clone(), language, source };
    let whole = componentize(&file, made.encoding).map_err(at_module)?;
    let component = strip(&whole).map_err(at_module)?;
    let digest = Sha256::digest(&component).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Built { component, whole, digest })
}
