//! What the recipe of a language calls. Every command is ready but for its arguments: the program
//! is named by its whole path, and what surrounds it cannot change what it makes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::output;
use crate::machine::has_home;
use crate::pinned::{ASSEMBLYSCRIPT, GO, JAVASCRIPT, PYTHON, Pinned, ZIG};
use crate::{Error, Language, Rust, Toolchains};

/// The tools of one language.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Tools {
    /// Of Rust.
    Rust(Rust),
    /// Of JavaScript and TypeScript.
    JavaScript(JavaScript),
    /// Of Python.
    Python(Python),
    /// Of C, C++ and Zig.
    Zig(Zig),
    /// Of Go.
    Go(Go),
    /// Of AssemblyScript.
    AssemblyScript(AssemblyScript),
}

impl Tools {
    /// What they are, with their versions, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Rust(rust) => rust.name().to_owned(),
            Self::JavaScript(_) => JAVASCRIPT.what.to_owned(),
            Self::Python(_) => PYTHON.what.to_owned(),
            Self::Zig(zig) => format!("Zig {}", zig.version),
            Self::Go(go) => format!("Go {}", go.version),
            Self::AssemblyScript(_) => ASSEMBLYSCRIPT.what.to_owned(),
        }
    }
}

/// QuickJS as a component, and what bundles a task for it.
#[derive(Debug, Clone)]
pub struct JavaScript {
    node: PathBuf,
    folder: PathBuf,
}

impl JavaScript {
    pub(crate) fn find(toolchains: &Toolchains, language: Language) -> Result<Self, Error> {
        let node = toolchains.machine.node(language)?;
        let folder = ready(&JAVASCRIPT, toolchains, language)?;
        Ok(Self { node, folder })
    }

    /// `componentize-qjs`.
    #[must_use]
    pub fn componentize(&self) -> Command {
        let mut command = self.node();
        command.arg(JAVASCRIPT.entry(&self.folder));
        command
    }

    /// `esbuild`.
    #[must_use]
    pub fn esbuild(&self) -> Command {
        // The package of this machine is the only one there. The script in `esbuild` itself would
        // add a trace of its own to what the program says.
        let packages = fs::read_dir(self.folder.join("node_modules/@esbuild"));
        let package = packages.ok().and_then(|mut packages| packages.next()?.ok());
        let program = if cfg!(windows) { "esbuild.exe" } else { "bin/esbuild" };
        if let Some(package) = package {
            return Command::new(package.path().join(program));
        }
        let mut command = self.node();
        command.arg(self.folder.join("node_modules/esbuild/bin/esbuild"));
        command
    }

    /// `node`, for unit tests.
    #[must_use]
    pub fn node(&self) -> Command {
        node(&self.node)
    }

    /// The folder of the packages' programs, for the `PATH` of `npm test`.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.folder.join("node_modules/.bin")
    }
}

/// CPython as a component.
#[derive(Debug, Clone)]
pub struct Python {
    python: PathBuf,
    folder: PathBuf,
}

impl Python {
    pub(crate) fn find(toolchains: &Toolchains) -> Result<Self, Error> {
        let python = toolchains.machine.python(Language::Python)?;
        let folder = ready(&PYTHON, toolchains, Language::Python)?;
        Ok(Self { python, folder })
    }

    /// `componentize-py`.
    #[must_use]
    pub fn componentize(&self) -> Command {
        let mut command = self.python();
        command.env("PYTHONPATH", &self.folder);
        // Its own frames say nothing about a task.
        command.env_remove("RUST_BACKTRACE");
        command.args(["-c", "import componentize_py; componentize_py.script()"]);
        command
    }

    /// `python3`, for unit tests.
    #[must_use]
    pub fn python(&self) -> Command {
        let mut command = Command::new(&self.python);
        command.env_remove("PYTHONPATH").env_remove("PYTHONHOME").env("PYTHONUTF8", "1");
        command
    }
}

/// Zig, which is also a compiler of C and C++ with everything that they need for WebAssembly.
#[derive(Debug, Clone)]
pub struct Zig {
    zig: PathBuf,
    version: String,
    cache: PathBuf,
}

impl Zig {
    pub(crate) fn find(toolchains: &Toolchains, language: Language) -> Result<Self, Error> {
        let zig = ZIG.folder(toolchains).map(|folder| ZIG.entry(&folder));
        let ask = |zig: PathBuf| {
            let version = output("ask `zig`", Command::new(&zig).arg("version")).ok()?;
            let cache = toolchains.folder.join("cache/zig");
            // Zig is not 1.0: another series reads other sources.
            version.starts_with("0.17.").then_some(Self { zig, version, cache })
        };
        let found = zig.and_then(ask);
        found
            .or_else(|| toolchains.machine.program("zig").and_then(ask))
            .ok_or_else(|| ZIG.missing(language))
    }

    /// `zig`: add `cc`, `c++`, `build-exe`, `test`, ….
    #[must_use]
    pub fn zig(&self) -> Command {
        let mut command = Command::new(&self.zig);
        // What it builds of its own libraries is kept for the next project.
        command.env("ZIG_GLOBAL_CACHE_DIR", &self.cache);
        for name in ["ZIG_LIB_DIR", "ZIG_LIBC", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"] {
            command.env_remove(name);
        }
        command
    }
}

/// Go itself, which compiles for WASI.
#[derive(Debug, Clone)]
pub struct Go {
    go: PathBuf,
    version: String,
    cache: PathBuf,
}

impl Go {
    pub(crate) fn find(toolchains: &Toolchains) -> Result<Self, Error> {
        let cache = toolchains.folder.join("cache/go");
        let ask = |go: PathBuf| {
            let mut found = Self { go, version: String::new(), cache: cache.clone() };
            let said = output("ask `go`", found.go().arg("version")).ok()?;
            let version = said.split_whitespace().find_map(|word| word.strip_prefix("go1."))?;
            found.version = format!("1.{version}");
            version.starts_with("27.").then_some(found)
        };
        GO.folder(toolchains)
            .and_then(|folder| ask(GO.entry(&folder)))
            .or_else(|| toolchains.machine.program("go").and_then(ask))
            .ok_or_else(|| GO.missing(Language::Go))
    }

    /// `go`, which fetches nothing, whatever is set around it.
    #[must_use]
    pub fn go(&self) -> Command {
        let mut command = Command::new(&self.go);
        command.envs([("GOENV", "off"), ("GOFLAGS", ""), ("GOWORK", "off")]);
        command.envs([("GOPROXY", "off"), ("GOTOOLCHAIN", "local"), ("CGO_ENABLED", "0")]);
        command.env("GOCACHE", self.cache.join("build"));
        if !has_home() {
            // Otherwise modules that the user has already can be used.
            command.env("GOPATH", self.cache.join("path"));
        }
        for name in ["GOROOT", "GOEXPERIMENT", "GOWASM", "GO111MODULE"] {
            command.env_remove(name);
        }
        command
    }
}

/// The compiler of AssemblyScript.
#[derive(Debug, Clone)]
pub struct AssemblyScript {
    node: PathBuf,
    folder: PathBuf,
    node_modules: PathBuf,
}

impl AssemblyScript {
    pub(crate) fn find(toolchains: &Toolchains) -> Result<Self, Error> {
        let language = Language::AssemblyScript;
        let node = toolchains.machine.node(language)?;
        let folder = ready(&ASSEMBLYSCRIPT, toolchains, language)?;
        let node_modules = folder.join("node_modules");
        Ok(Self { node, folder, node_modules })
    }

    /// `asc`.
    #[must_use]
    pub fn asc(&self) -> Command {
        let mut command = self.node();
        command.arg(ASSEMBLYSCRIPT.entry(&self.folder));
        command
    }

    /// `node`, for unit tests.
    #[must_use]
    pub fn node(&self) -> Command {
        node(&self.node)
    }

    /// The folder in which `assemblyscript` is.
    #[must_use]
    pub fn node_modules(&self) -> &Path {
        &self.node_modules
    }
}

fn ready(pinned: &Pinned, toolchains: &Toolchains, language: Language) -> Result<PathBuf, Error> {
    pinned.folder(toolchains).ok_or_else(|| pinned.missing(language))
}

fn node(node: &Path) -> Command {
    let mut command = Command::new(node);
    for name in ["NODE_OPTIONS", "NODE_PATH", "NAPI_RS_NATIVE_LIBRARY_PATH"] {
        command.env_remove(name);
    }
    command
}
