//! What is installed on this machine.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::output;
use crate::{Error, Language};

/// The programs that can be started by their names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Machine {
    /// The folders to look in, if not those of `PATH`.
    path: Option<OsString>,
}

impl Machine {
    pub(crate) fn with_path(path: OsString) -> Self {
        Self { path: Some(path) }
    }

    /// Where a program is.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.path.clone().or_else(|| env::var_os("PATH"))?;
        let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
        env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .flat_map(|folder| endings.iter().map(move |end| folder.join(format!("{name}{end}"))))
            .find(|file| file.is_file())
    }

    /// A program that sees the same folders as this one.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        command
    }

    /// Node itself, which a version switch may stand before.
    pub(crate) fn node(&self, language: Language) -> Result<PathBuf, Error> {
        // What the pinned packages ask for.
        // The oldest that all packages were tried on.
        let oldest = 20;
        let print = "process.versions.node + '\\n' + process.execPath";
        let found = self.program("node").and_then(|node| {
            let said = output("ask `node`", self.command(&node).args(["-p", print])).ok()?;
            newer(&said, &[oldest])
        });
        found.ok_or_else(|| Error::Missing {
            language,
            what: format!("there is no Node {oldest} or newer in PATH"),
            command: install("nodejs npm", "node", "OpenJS.NodeJS"),
        })
    }

    /// Python itself, which a version switch may stand before.
    pub(crate) fn python(&self, language: Language) -> Result<PathBuf, Error> {
        let print = "import platform, sys; print(platform.python_version()); print(sys.executable)";
        let ask = |name| {
            let python = self.program(name)?;
            let said = output("ask `python3`", self.command(&python).args(["-c", print])).ok()?;
            // What componentize-py's library is built for.
            newer(&said, &[3, 9])
        };
        // Windows knows it by the other name.
        ask("python3").or_else(|| ask("python")).ok_or_else(|| Error::Missing {
            language,
            what: "there is no Python 3.9 or newer in PATH".to_owned(),
            command: install("python3 python3-pip", "python", "Python.Python.3.13"),
        })
    }
}

/// Whether the user has a home. Those of services have none, and most tools keep a cache there.
pub(crate) fn has_home() -> bool {
    env::home_dir().is_some_and(|home| home.is_dir())
}

/// The program on the second line, if the version on the first is new enough.
fn newer(said: &str, oldest: &[u32]) -> Option<PathBuf> {
    let (version, program) = said.split_once('\n')?;
    let version: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
    (version.as_slice() >= oldest).then(|| PathBuf::from(program.trim()))
}

/// The one command that installs something, by the system's own packages.
pub(crate) fn install(debian: &str, homebrew: &str, winget: &str) -> String {
    if cfg!(windows) {
        format!("winget install {winget}")
    } else if cfg!(target_os = "macos") {
        format!("brew install {homebrew}")
    } else {
        format!("sudo apt-get install {debian}")
    }
}
