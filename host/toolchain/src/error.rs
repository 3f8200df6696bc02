use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Language;

/// Why there are no tools for a language.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something has to be installed or set up first.
    #[error("{}: {what}; run `{command}`", language.name())]
    Missing {
        /// The language whose tools were asked for.
        language: Language,
        /// What is not there.
        what: String,
        /// The one command that brings it.
        command: String,
    },
    /// A program that finds or sets up a tool failed.
    #[error("cannot {step}: `{command}` ended with {status}")]
    Failed {
        /// What it was to do.
        step: String,
        /// The program and its arguments.
        command: String,
        /// How it ended.
        status: String,
        /// All that it wrote; see [`Error::words`].
        words: String,
    },
    /// What a program or a package says is not what it should be.
    #[error("cannot {step}: {why}")]
    Unexpected {
        /// What was to be done.
        step: String,
        /// What is wrong, and what to do about it.
        why: String,
    },
    /// A file or a program could not be had from the system.
    #[error("cannot {step} `{}`: {source}", path.display())]
    Io {
        /// What was to be done with it.
        step: &'static str,
        /// The file, folder or program.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// A stable name for the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "tools-missing",
            Self::Failed { .. } | Self::Unexpected { .. } => "tools-setup-failed",
            Self::Io { .. } => "tools-io",
        }
    }

    /// All that the failed program wrote, to be shown before the message.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Failed { words, .. } if !words.is_empty() => Some(words),
            _ => None,
        }
    }

    pub(crate) fn io(step: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { step, path: path.to_owned(), source }
    }

    pub(crate) fn unexpected(step: &str, why: impl Into<String>) -> Self {
        Self::Unexpected { step: step.to_owned(), why: why.into() }
    }
}

/// Runs a program to its end, and gives what it writes to its standard output.
pub(crate) fn output(step: &str, command: &mut Command) -> Result<String, Error> {
    let output = command
        .output()
        .map_err(|error| Error::io("start", Path::new(command.get_program()), error))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let parts = [text(&output.stdout), text(&output.stderr)];
    let words = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    Err(Error::Failed {
        step: step.to_owned(),
        command: words_of(command),
        status: output.status.to_string(),
        words,
    })
}

/// A command as a person would type it: the program without its folder.
fn words_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(name).chain(args).collect::<Vec<_>>().join(" ")
}
