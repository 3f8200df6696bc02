//! Packages at exact versions, fetched by the ordinary clients of their registries, which check
//! what they fetch against the hashes in `pins/`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::output;
use crate::machine::{has_home, install};
use crate::slot::{Slot, create};
use crate::{Error, Language, Toolchains};

/// One set of packages.
#[derive(Debug)]
pub(crate) struct Pinned {
    /// Its folder.
    name: &'static str,
    /// What it is, with its version, for people.
    pub(crate) what: &'static str,
    /// How much is downloaded: people like to know before.
    megabytes: u32,
    client: Client,
    /// The file that is started, without the ending of a program.
    entry: &'static str,
}

/// Who fetches, and from what list.
#[derive(Debug)]
enum Client {
    Npm { package: &'static str, lock: &'static str },
    Pip { requirements: &'static str },
}

pub(crate) const JAVASCRIPT: Pinned = Pinned {
    name: "javascript",
    what: "componentize-qjs 0.4.5 with esbuild 0.28.2",
    megabytes: 22,
    client: Client::Npm {
        package: include_str!("../pins/javascript/package.json"),
        lock: include_str!("../pins/javascript/package-lock.json"),
    },
    entry: "node_modules/componentize-qjs/cli.mjs",
};

pub(crate) const ASSEMBLYSCRIPT: Pinned = Pinned {
    name: "assemblyscript",
    what: "AssemblyScript 0.28.20",
    megabytes: 28,
    client: Client::Npm {
        package: include_str!("../pins/assemblyscript/package.json"),
        lock: include_str!("../pins/assemblyscript/package-lock.json"),
    },
    entry: "node_modules/assemblyscript/bin/asc.js",
};

pub(crate) const PYTHON: Pinned = Pinned {
    name: "python",
    what: "componentize-py 0.25.1",
    megabytes: 17,
    client: Client::Pip { requirements: include_str!("../pins/python.txt") },
    entry: "componentize_py/__init__.py",
};

pub(crate) const ZIG: Pinned = Pinned {
    name: "zig",
    what: "Zig 0.17.1",
    megabytes: 101,
    client: Client::Pip { requirements: include_str!("../pins/zig.txt") },
    entry: "ziglang/zig",
};

pub(crate) const GO: Pinned = Pinned {
    name: "go",
    what: "Go 1.27.3",
    megabytes: 75,
    client: Client::Pip { requirements: include_str!("../pins/go.txt") },
    entry: "go/bin/go",
};

impl Pinned {
    /// Where it is, if it is there.
    pub(crate) fn folder(&self, toolchains: &Toolchains) -> Option<PathBuf> {
        let slot = self.slot(toolchains);
        slot.note().map(|_| slot.folder().to_owned())
    }

    /// The file that is started, of the packages in this folder.
    pub(crate) fn entry(&self, folder: &Path) -> PathBuf {
        folder.join(self.relative_entry())
    }

    fn relative_entry(&self) -> PathBuf {
        let path = PathBuf::from(self.entry);
        let is_script = path.extension().is_some();
        if is_script { path } else { path.with_extension(env::consts::EXE_EXTENSION) }
    }

    fn slot(&self, toolchains: &Toolchains) -> Slot {
        let pins = match self.client {
            Client::Npm { lock, .. } => lock,
            Client::Pip { requirements } => requirements,
        };
        Slot::new(&toolchains.folder, self.name, pins, self.relative_entry())
    }

    /// That it is not there.
    pub(crate) fn missing(&self, language: Language) -> Error {
        Error::Missing {
            language,
            what: format!("needs {}, which is not set up", self.what),
            command: "bugle build --setup".to_owned(),
        }
    }

    /// Fetches it, for a language that has asked.
    pub(crate) fn set_up(
        &self,
        toolchains: &Toolchains,
        language: Language,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        let client = self.client.find(toolchains, language)?;
        self.slot(toolchains).make(say, |folder, say| {
            say(&format!("fetching {}, about {} MB", self.what, self.megabytes));
            self.fetch(client, folder)?;
            let entry = self.entry(folder);
            if entry.is_file() {
                return Ok(String::new());
            }
            let why = format!("there is no `{}` in what was fetched", entry.display());
            Err(Error::unexpected(&format!("set up {}", self.what), why))
        })
    }

    fn fetch(&self, mut client: Command, folder: &Path) -> Result<(), Error> {
        // Beside what is fetched, so that no other disk fills up and a move is a rename.
        let scratch = folder.join("tmp");
        create(&scratch)?;
        client.env("TMPDIR", &scratch).current_dir(folder);
        if !has_home() {
            client.env("HOME", &scratch);
        }
        match self.client {
            Client::Npm { package, lock } => {
                write(&folder.join("package.json"), package)?;
                write(&folder.join("package-lock.json"), lock)?;
            }
            Client::Pip { requirements } => {
                write(&folder.join("requirements.txt"), requirements)?;
                client.arg("--target").arg(folder).args(["--requirement", "requirements.txt"]);
            }
        }
        output(&format!("fetch {}", self.what), &mut client)?;
        crate::slot::clear(&scratch)
    }
}

impl Client {
    /// The program with what is the same for all packages.
    fn find(&self, toolchains: &Toolchains, language: Language) -> Result<Command, Error> {
        match self {
            Self::Npm { .. } => npm(toolchains, language),
            Self::Pip { .. } => pip(toolchains, language),
        }
    }
}

/// Nothing that a package brings is run while it is fetched.
fn npm(toolchains: &Toolchains, language: Language) -> Result<Command, Error> {
    let machine = &toolchains.machine;
    machine.node(language)?;
    let npm = machine.program("npm").ok_or_else(|| Error::Missing {
        language,
        what: "there is no `npm` in PATH".to_owned(),
        command: install("npm", "node", "OpenJS.NodeJS"),
    })?;
    let mut npm = machine.command(&npm);
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    Ok(npm)
}

/// Into a folder, not an environment: Debian's Python has neither `venv` nor leave to install.
fn pip(toolchains: &Toolchains, language: Language) -> Result<Command, Error> {
    let machine = &toolchains.machine;
    let python = machine.python(language)?;
    let ask = output("ask `pip`", machine.command(&python).args(["-m", "pip", "--version"]));
    ask.map_err(|_| Error::Missing {
        language,
        what: format!("`{}` has no pip", python.display()),
        command: install("python3-pip", "python", "Python.Python.3.13"),
    })?;
    let mut pip = machine.command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--no-compile"]);
    pip.args(["--only-binary=:all:", "--disable-pip-version-check", "--no-input"]);
    // What people set for their own environments does not go together with a folder. Older clients
    // do not know all of these, which is no error in the environment.
    pip.envs([("PIP_USER", "0"), ("PIP_REQUIRE_VIRTUALENV", "0")]);
    pip.env("PIP_ROOT_USER_ACTION", "ignore");
    Ok(pip)
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|error| Error::io("write", path, error))
}

/// What a language is built with. Rust has a way of its own.
pub(crate) fn of(language: Language) -> Option<&'static Pinned> {
    match language {
        Language::Rust => None,
        Language::JavaScript | Language::TypeScript => Some(&JAVASCRIPT),
        Language::Python => Some(&PYTHON),
        Language::C | Language::Cpp | Language::Zig => Some(&ZIG),
        Language::Go => Some(&GO),
        Language::AssemblyScript => Some(&ASSEMBLYSCRIPT),
    }
}
