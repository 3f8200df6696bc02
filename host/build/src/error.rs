use std::io;
use std::path::PathBuf;

use crate::{ComponentizeError, Language};

/// Why a project was not built. Nothing of it was replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum BuildError {
    #[error(transparent)]
    Toolchain(#[from] bugle_toolchain::Error),
    #[error("`{program}` cannot be started: {source}")]
    Start { program: String, source: io::Error },
    #[error("`{program}` ended with {status}; what it said is above")]
    Compiler { program: String, status: String },
    #[error("there is no `{}`, which the task is built from", path.display())]
    NoSource { path: PathBuf },
    #[error("`{}`, line {line}: this is no text in UTF-8", path.display())]
    NotText { path: PathBuf, line: usize },
    #[error("`{}` is there and is no WebAssembly: a build would write over it", path.display())]
    Taken { path: PathBuf },
    #[error("the build made no `{}`", path.display())]
    NoModule { path: PathBuf },
    #[error("`{}`: {source}", path.display())]
    Module { path: PathBuf, language: Option<Language>, source: ComponentizeError },
    #[error("the bindings of {} cannot be made: {what}", language.name())]
    Bindings { language: Language, what: String },
    #[error("the task cannot be started while it is built: {what}")]
    Snapshot { what: String },
    #[error("this bugle has no recipe for {}", language.name())]
    NoRecipe { language: Language },
    #[error("`{}`: {what}", path.display())]
    CargoManifest { path: PathBuf, what: String },
    #[error("`{}` cannot be used: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
}

impl BuildError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Toolchain(error) => error.code(),
            Self::Start { .. } => "compiler-start",
            Self::Compiler { .. } => "compiler-failed",
            Self::NoSource { .. } => "no-source",
            Self::NotText { .. } => "source-not-text",
            Self::Taken { .. } => "component-taken",
            Self::NoModule { .. } => "no-module",
            Self::Module { source, .. } => source.code(),
            Self::Bindings { .. } => "bindings",
            Self::Snapshot { .. } => "snapshot",
            Self::NoRecipe { .. } => "no-recipe",
            Self::CargoManifest { .. } => "cargo-manifest",
            Self::File { .. } => "file",
        }
    }

    /// What to do next, where the message does not say it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Start { .. } => Some("the first word of `command` is a program in your PATH"),
            Self::NoSource { path } if path.ends_with("Cargo.toml") || path.ends_with("go.mod") => {
                Some("`bugle new` writes one: see what it has in a new project of the language")
            }
            Self::NoSource { .. } => Some("name it by `source` in `[build]` of bugle.toml"),
            Self::NotText { .. } => Some("save the file as UTF-8"),
            Self::Taken { .. } => {
                Some("name a file of its own by `component` in bugle.toml, like `task.wasm`")
            }
            Self::NoModule { .. } => {
                Some("`module` in `[build]` of bugle.toml names what the command makes")
            }
            Self::Module {
                source: ComponentizeError::NoEntry { .. } | ComponentizeError::Unfit(_),
                language,
                ..
            } => Some(match language {
                Some(Language::Rust) => "put `#[background_task]` before the task's function",
                Some(Language::Go) => "name the task by `bugle.Run(run)` in a function `init`",
                _ => "the page ANY-LANGUAGE.md shows what a module must have",
            }),
            _ => None,
        }
    }

    /// All that a tool said which failed to set something up, to be shown before the message.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Toolchain(error) => error.words(),
            _ => None,
        }
    }

    /// Whether the author can mend it, rather than whoever runs the machine.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Toolchain(error) => matches!(error, bugle_toolchain::Error::Missing { .. }),
            Self::Bindings { .. } | Self::NoRecipe { .. } => false,
            _ => true,
        }
    }
}

/// Says which file an error of the system is about.
pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> BuildError {
    let path = path.into();
    move |source| BuildError::File { path, source }
}
