//! The `bugle` program as its users have it: a process with arguments, output and an exit code, in a
//! place of its own.

mod author;
mod daemon;
mod http;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::AppSource;

pub use author::{target, tools, with_compilers};
pub use daemon::Daemon;
pub use http::{Answer, Connection};

/// A place where `bugle` finds nothing but what a test put there: home, caches and data are folders
/// that go with it.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// All of standard output.
    pub out: String,
    /// All of standard error.
    pub err: String,
}

/// Where the program is.
///
/// # Errors
///
/// It was not built.
pub fn path() -> anyhow::Result<PathBuf> {
    path_of("bugle")
}

/// Where a program of the workspace is: beside this test's own executable, since cargo builds both
/// into one folder.
///
/// # Errors
///
/// It was not built.
pub fn path_of(program: &str) -> anyhow::Result<PathBuf> {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    let test = env::current_exe()?;
    let found = test.ancestors().skip(1).take(3).map(|folder| folder.join(&name));
    let mut found = found.filter(|program| program.is_file());
    let found = found.next();
    found.with_context(|| format!("`{name}` is not there; run `cargo build --workspace`"))
}

impl Place {
    /// A place with nothing in it.
    ///
    /// # Errors
    ///
    /// A folder cannot be made.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { folder: TempDir::with_prefix("bugle-")? })
    }

    /// The same below another folder than the system's for what is temporary, which may be memory.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { folder: TempDir::with_prefix_in("bugle-", folder)? })
    }

    /// The folder that everything is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder, which the program makes.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// Writes a file for the program to read; where it is.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> anyhow::Result<PathBuf> {
        let path = self.folder().join(name);
        fs::write(&path, content)?;
        Ok(path)
    }

    /// Writes an app's folder; where it is.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn app(&self, name: &str, app: &AppSource) -> anyhow::Result<PathBuf> {
        let path = self.folder().join(name);
        app.write(&path)?;
        Ok(path)
    }

    /// The program with arguments, not started yet. Its current folder is the place.
    ///
    /// # Errors
    ///
    /// It was not built.
    pub fn command<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> anyhow::Result<Command> {
        let mut command = Command::new(path()?);
        command.args(args).current_dir(self.folder()).env_clear();
        if let Some(path) = env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("HOME", self.folder())
            .env("XDG_CACHE_HOME", self.folder().join("cache"))
            .env("BUGLE_DATA", self.data());
        Ok(command)
    }

    /// Runs the program to its end, with nothing on standard input.
    ///
    /// # Errors
    ///
    /// It was not built, was killed, or said what is not UTF-8.
    pub fn bugle<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> anyhow::Result<Said> {
        Said::of(self.command(args)?.stdin(Stdio::null()).output()?)
    }

    /// Runs the program to its end, with something on standard input.
    ///
    /// # Errors
    ///
    /// As [`bugle`](Self::bugle).
    pub fn bugle_reading<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
        input: &[u8],
    ) -> anyhow::Result<Said> {
        let mut command = self.command(args)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        // It may end before it has read everything, which its exit code tells.
        let _ = child.stdin.take().context("standard input is a pipe")?.write_all(input);
        Said::of(child.wait_with_output()?)
    }
}

impl Said {
    /// What a process said that was started by other means.
    ///
    /// # Errors
    ///
    /// It was killed, or said what is not UTF-8.
    pub fn of(output: Output) -> anyhow::Result<Self> {
        Ok(Self {
            code: output.status.code().context("the program was killed")?,
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// Standard output of a program that ended well and had nothing to complain of.
    ///
    /// # Errors
    ///
    /// It did not, with all that it said.
    pub fn good(self) -> anyhow::Result<String> {
        ensure!(self.code == 0 && self.err.is_empty(), "it did not end well: {self:#?}");
        Ok(self.out)
    }

    /// Standard error of a program that ended with an exit code, and answered nothing.
    ///
    /// # Errors
    ///
    /// It ended otherwise, or answered something, with all that it said.
    pub fn refused(self, code: i32) -> anyhow::Result<String> {
        ensure!(self.code == code && self.out.is_empty(), "it did not end with {code}: {self:#?}");
        Ok(self.err)
    }

    /// Standard output as one JSON document, whatever the exit code.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_str(&self.out).with_context(|| format!("it is no JSON: {self:#?}"))
    }
}
