use std::io;
use std::path::{Path, PathBuf};

use crate::node::Wrong;

/// Why cases were not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum Error {
    #[error("{}:{line}: {what}", file.display())]
    Case { file: PathBuf, line: usize, what: String },
    #[error("`{}`: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(
        "there is no case in `{}`; write one as `tests/NAME.toml` beside `bugle.toml`",
        path.display()
    )]
    NoCases { path: PathBuf },
    #[error("no case has `{filter}` in its name")]
    NothingLeft { filter: String },
    #[error(
        "`{}` is in no app's folder: there is no `bugle.toml` above it; name the app with `--app`",
        path.display()
    )]
    NoApp { path: PathBuf },
    #[error("no step of the cases has content to begin from: a push, a request, a custom event")]
    NothingToFuzz,
    #[error(transparent)]
    Host(#[from] bugle::Error),
}

impl Error {
    pub(crate) fn of(file: &Path, wrong: Wrong) -> Self {
        Self::Case { file: file.to_owned(), line: wrong.line, what: wrong.what }
    }

    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Case { .. } => "case",
            Self::File { .. } => "file",
            Self::NoCases { .. } => "no-cases",
            Self::NothingLeft { .. } => "nothing-left",
            Self::NoApp { .. } => "no-app",
            Self::NothingToFuzz => "nothing-to-fuzz",
            Self::Host(error) => error.code(),
        }
    }

    /// Whether whoever asked can mend it; otherwise only whoever runs the host can.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Host(error) => error.is_usage(),
            _ => true,
        }
    }
}
