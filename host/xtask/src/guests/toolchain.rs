use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use super::{TARGET, bootstrap, output, run};

/// Where the compiler for guests comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Toolchain {
    /// The first of the others that works, in their order.
    #[default]
    Auto,
    /// The installed compiler, which has the target already.
    Installed,
    /// The installed compiler, to which rustup adds the target. Needs a network once.
    Rustup,
    /// A compiler and its standard library from Debian's packages, below `target/`, without root.
    /// Needs a network once.
    Bootstrap,
}

/// A compiler that can build guests.
#[derive(Debug, Clone)]
pub(super) struct Compiler {
    /// What it is, in words.
    pub(super) name: String,
    /// What its output is called, so that two compilers do not mix theirs.
    pub(super) folder: &'static str,
    /// The program, where it is not the one that Cargo takes by itself.
    rustc: Option<PathBuf>,
    /// The linker, whose output is a component.
    linker: PathBuf,
    /// The linker for core modules, which the other one calls.
    wasm_ld: PathBuf,
}

impl Toolchain {
    /// Finds, or makes, the compiler. `target` is the repository's build folder.
    pub(super) fn compiler(self, target: &Path) -> Result<Compiler> {
        match self {
            Self::Installed => {
                ensure!(
                    is_installed()?,
                    "the target {TARGET} is not installed: run `rustup target add {TARGET}`, or \
                     choose `--toolchain bootstrap`"
                );
                Compiler::installed("the installed toolchain")
            }
            Self::Rustup => {
                add_target()?;
                Compiler::installed("the installed toolchain, with a target from rustup")
            }
            Self::Bootstrap => Compiler::bootstrapped(target),
            Self::Auto => Self::first_that_works(target),
        }
    }

    fn first_that_works(target: &Path) -> Result<Compiler> {
        if is_installed()? {
            return Self::Installed.compiler(target);
        }
        // What was bootstrapped once is nearer than a download.
        if bootstrap::is_ready(target) {
            return Self::Bootstrap.compiler(target);
        }
        match Self::Rustup.compiler(target) {
            Ok(compiler) => Ok(compiler),
            Err(error) => {
                eprintln!("guests: no target from rustup ({error:#}); bootstrapping a compiler");
                Self::Bootstrap.compiler(target)
            }
        }
    }
}

/// Memory for the allocator to begin on: what it takes at a time, so that a small run need not grow
/// its memory.
const HEAP: &str = "-Clink-arg=--initial-heap=65536";

impl Compiler {
    fn installed(name: &str) -> Result<Self> {
        let (linker, wasm_ld) = linkers()?;
        let name = name.to_owned();
        Ok(Self { name, folder: "installed", rustc: None, linker, wasm_ld })
    }

    fn bootstrapped(target: &Path) -> Result<Self> {
        // Asked first: without the linker the bootstrap would be in vain.
        let (linker, wasm_ld) = linkers()?;
        let ready = bootstrap::prepare(target)?;
        let name = format!("a bootstrapped toolchain, {}", ready.version);
        Ok(Self { name, folder: "bootstrap", rustc: Some(ready.rustc), linker, wasm_ld })
    }

    /// Tells Cargo to use this compiler, and what surrounds a build to stay out of it.
    pub(super) fn prepare(&self, cargo: &mut Command, root: &Path) -> Result<()> {
        clear_environment(cargo);
        if let Some(rustc) = &self.rustc {
            cargo.env("RUSTC", rustc);
        }
        let mut wasm_ld = OsString::from("-Clink-arg=--wasm-ld-path=");
        wasm_ld.push(&self.wasm_ld);
        // Panics name their place: it must be the same on every machine.
        let flags = [wasm_ld, HEAP.into(), remap(root, "."), remap(&cargo_home()?, "/cargo")];
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join(OsString::from("\u{1f}").as_os_str()));
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &self.linker);
        Ok(())
    }
}

/// The Cargo that runs this program, or the one that is found.
pub(super) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Takes away what is meant for builds of the host.
pub(super) fn clear_environment(cargo: &mut Command) {
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_BOOTSTRAP"] {
        cargo.env_remove(name);
    }
}

/// A flag that writes one folder as another wherever a path is kept.
pub(super) fn remap(from: &Path, to: &str) -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}

fn cargo_home() -> Result<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let default = || Some(Path::new(&env::var_os("HOME")?).join(".cargo"));
    home.or_else(default).context("neither CARGO_HOME nor HOME is set")
}

fn rustc() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

fn is_installed() -> Result<bool> {
    let folder = output(rustc().args(["--print", "target-libdir", "--target", TARGET]))?;
    Ok(Path::new(folder.trim()).is_dir())
}

fn add_target() -> Result<()> {
    // One try: where there is no such download, a second one is no better.
    run(Command::new("rustup").args(["target", "add", TARGET]).env("RUSTUP_MAX_RETRIES", "0"))
        .with_context(|| {
            format!("rustup cannot add {TARGET}; `--toolchain bootstrap` does without it")
        })?;
    ensure!(is_installed()?, "rustup added {TARGET}, but not to the compiler that `rustc` is");
    Ok(())
}

/// The linkers that come with every Rust toolchain of rustup.
fn linkers() -> Result<(PathBuf, PathBuf)> {
    let about = output(rustc().arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("`rustc -vV` names no host")?;
    let sysroot = output(rustc().args(["--print", "sysroot"]))?;
    let tools = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin");
    let found = (tools.join("wasm-component-ld"), tools.join("gcc-ld").join("wasm-ld"));
    for linker in [&found.0, &found.1] {
        if !linker.is_file() {
            bail!(
                "there is no `{}`, which comes with Rust from rustup: install Rust with rustup",
                linker.display()
            );
        }
    }
    Ok(found)
}
