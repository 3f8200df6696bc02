//! Rust: the installed compiler if it has the target or rustup can add it, or one from Debian.

mod bootstrap;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::output;
use crate::machine::{Machine, install};
use crate::{Error, Language, Toolchains};
use bootstrap::Ready;

/// What a task allocates from before its memory has to grow: two pages, of which the allocator asks for
/// one at a time. Pages that a run does not touch cost nothing.
const INITIAL_HEAP_BYTES: u32 = 2 * 64 * 1024;

/// Where the compiler comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RustSource {
    /// The first of the others that works. What was bootstrapped once is tried before a download.
    #[default]
    Auto,
    /// The installed compiler, which has the target already.
    Installed,
    /// The installed compiler, to which rustup adds the target. Needs a network once.
    Rustup,
    /// A compiler and its standard library from Debian's packages, in the folder, without root.
    /// Needs a network once.
    Bootstrap,
}

/// A compiler of Rust that makes components.
#[derive(Debug, Clone)]
pub struct Rust {
    name: String,
    source: &'static str,
    cargo: PathBuf,
    /// The compiler, where it is not the one that Cargo takes by itself.
    rustc: Option<PathBuf>,
    linkers: Linkers,
}

/// Both come with every Rust of rustup.
#[derive(Debug, Clone)]
struct Linkers {
    /// Its output is a component.
    component: PathBuf,
    /// The linker of core modules, which the other one calls.
    module: PathBuf,
}

impl Rust {
    /// What tasks are compiled for. A task needs no WASI, so the target has none.
    pub const TARGET: &str = "wasm32-unknown-unknown";

    /// What it is, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A word for the folder of what it builds, so that two compilers do not mix theirs: Cargo does
    /// not see that a standard library was built anew.
    #[must_use]
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// `cargo` in the folder `root`. What is built for [`Rust::TARGET`] is a component, the same to
    /// the byte wherever `root` is.
    #[must_use]
    pub fn cargo(&self, root: &Path) -> Command {
        let mut cargo = Command::new(&self.cargo);
        cargo.current_dir(root);
        clear_environment(&mut cargo);
        if let Some(rustc) = &self.rustc {
            cargo.env("RUSTC", rustc);
        }
        let mut wasm_ld = OsString::from("-Clink-arg=--wasm-ld-path=");
        wasm_ld.push(&self.linkers.module);
        // Panics name their place: it must be the same on every machine.
        let heap = OsString::from(format!("-Clink-arg=--initial-heap={INITIAL_HEAP_BYTES}"));
        let mut flags = vec![wasm_ld, heap, remap(root, ".")];
        flags.extend(cargo_home().map(|home| remap(&home, "/cargo")));
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join(OsString::from("\u{1f}").as_os_str()));
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &self.linkers.component);
        cargo
    }

    fn installed(installed: Installed, how: &str) -> Result<Self, Error> {
        let name = format!("{}, {how}", installed.version);
        let linkers = installed.linkers()?;
        Ok(Self { name, source: "installed", cargo: installed.cargo, rustc: None, linkers })
    }

    fn bootstrapped(installed: Installed, ready: Ready) -> Result<Self, Error> {
        let name = format!("a bootstrapped toolchain, {}", ready.version);
        let linkers = installed.linkers()?;
        let rustc = Some(ready.rustc);
        Ok(Self { name, source: bootstrap::WORD, cargo: installed.cargo, rustc, linkers })
    }
}

pub(crate) fn find(toolchains: &Toolchains) -> Result<Rust, Error> {
    let installed = Installed::ask(&toolchains.machine)?;
    if installed.has_target()? {
        return Rust::installed(installed, "which has the target");
    }
    let ready = bootstrap::find(toolchains).ok_or_else(missing_target)?;
    Rust::bootstrapped(installed, ready)
}

pub(crate) fn set_up(
    toolchains: &Toolchains,
    source: RustSource,
    say: &mut dyn FnMut(&str),
) -> Result<Rust, Error> {
    if source == RustSource::Auto {
        return first_that_works(toolchains, say);
    }
    let installed = Installed::ask(&toolchains.machine)?;
    if source == RustSource::Bootstrap {
        // Asked first: without the linkers the bootstrap would be in vain.
        installed.linkers()?;
        let ready = bootstrap::prepare(toolchains, &installed.cargo, say)?;
        return Rust::bootstrapped(installed, ready);
    }
    if source == RustSource::Rustup {
        installed.add_target(&toolchains.machine)?;
    }
    if installed.has_target()? {
        return Rust::installed(installed, "which has the target");
    }
    Err(missing_target())
}

fn first_that_works(toolchains: &Toolchains, say: &mut dyn FnMut(&str)) -> Result<Rust, Error> {
    match find(toolchains) {
        Err(Error::Missing { .. }) => {}
        found => return found,
    }
    set_up(toolchains, RustSource::Rustup, say).or_else(|error| {
        say(&format!("no target from rustup ({error}); bootstrapping a compiler"));
        set_up(toolchains, RustSource::Bootstrap, say)
    })
}

fn missing_target() -> Error {
    Error::Missing {
        language: Language::Rust,
        what: format!("the compiler lacks the target {}", Rust::TARGET),
        command: "bugle build --setup".to_owned(),
    }
}

fn missing_rust(what: String) -> Error {
    let command = install("rustup", "rustup", "Rustlang.Rustup");
    Error::Missing { language: Language::Rust, what, command }
}

/// The Rust of this machine.
#[derive(Debug)]
struct Installed {
    cargo: PathBuf,
    rustc: PathBuf,
    version: String,
    /// What it compiles for when nothing else is asked.
    host: String,
}

impl Installed {
    fn ask(machine: &Machine) -> Result<Self, Error> {
        let find = |name: &str| {
            machine
                .program(name)
                .ok_or_else(|| missing_rust(format!("there is no `{name}` in PATH")))
        };
        let cargo = find("cargo")?;
        let rustc = match env::var_os("RUSTC") {
            Some(rustc) => rustc.into(),
            None => find("rustc")?,
        };
        let about = output("ask `rustc`", Command::new(&rustc).arg("-vV"))?;
        let field = |name: &str| about.lines().find_map(|line| line.strip_prefix(name));
        let (Some(release), Some(host)) = (field("release: "), field("host: ")) else {
            let why = "`rustc -vV` names no release and host";
            return Err(Error::unexpected("find the compiler of Rust", why));
        };
        Ok(Self { version: format!("Rust {release}"), host: host.to_owned(), cargo, rustc })
    }

    fn print(&self, args: &[&str]) -> Result<PathBuf, Error> {
        output("ask `rustc`", Command::new(&self.rustc).arg("--print").args(args)).map(Into::into)
    }

    fn has_target(&self) -> Result<bool, Error> {
        Ok(self.print(&["target-libdir", "--target", Rust::TARGET])?.is_dir())
    }

    fn add_target(&self, machine: &Machine) -> Result<(), Error> {
        let missing = || missing_rust("there is no `rustup` in PATH".to_owned());
        let mut rustup = machine.command(&machine.program("rustup").ok_or_else(missing)?);
        // One try: where there is no such download, a second one is no better.
        rustup.args(["target", "add", Rust::TARGET]).env("RUSTUP_MAX_RETRIES", "0");
        output("add the target", &mut rustup)?;
        if self.has_target()? {
            return Ok(());
        }
        let why = "rustup added it, but not to the compiler that `rustc` is";
        Err(Error::unexpected("add the target", why))
    }

    fn linkers(&self) -> Result<Linkers, Error> {
        let tools = self.print(&["sysroot"])?.join("lib/rustlib").join(&self.host).join("bin");
        let file = |path: PathBuf| {
            let path = path.with_extension(env::consts::EXE_EXTENSION);
            let missing =
                || format!("`{}`, which is part of rustup's Rust, is missing", path.display());
            if path.is_file() { Ok(path) } else { Err(missing_rust(missing())) }
        };
        let component = file(tools.join("wasm-component-ld"))?;
        Ok(Linkers { component, module: file(tools.join("gcc-ld/wasm-ld"))? })
    }
}

/// Takes away what is meant for builds of other things than tasks.
fn clear_environment(cargo: &mut Command) {
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_BOOTSTRAP"] {
        cargo.env_remove(name);
    }
}

/// A flag that writes one folder as another wherever a path is kept.
fn remap(from: &Path, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}

fn cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(env::home_dir()?.join(".cargo")))
}
