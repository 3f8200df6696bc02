//! Builds the guests: tasks written in Rust, as components, and ready app folders of the examples.
//!
//! Nothing of it is kept in the repository: components are in `target/guests/components`, apps in
//! `target/guests/apps/<example>`, which is what `bugle install` takes. Works without a network
//! once the toolchain is there.

mod component;

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use bugle_toolchain::{Rust, RustSource};

use crate::tool::{self, run};

/// Where the compiler of Rust comes from.
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

impl From<Toolchain> for RustSource {
    fn from(toolchain: Toolchain) -> Self {
        match toolchain {
            Toolchain::Auto => Self::Auto,
            Toolchain::Installed => Self::Installed,
            Toolchain::Rustup => Self::Rustup,
            Toolchain::Bootstrap => Self::Bootstrap,
        }
    }
}

/// A package of this workspace that is a task.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Package {
    /// Its name in `Cargo.toml`.
    pub name: &'static str,
    /// The most bytes that its component may have.
    pub bytes_max: u64,
    /// The folder with its manifest, if it is an app.
    pub app: Option<&'static str>,
}

/// The examples in Rust. Their sizes are a promise: a task is small enough to be sent to a device.
pub(crate) const EXAMPLES: &[Package] = &[
    Package { name: "raw-notification", bytes_max: 40_000, app: Some("examples/raw-notification") },
    Package { name: "mail", bytes_max: 100_000, app: Some("examples/mail") },
    Package { name: "chat", bytes_max: 70_000, app: Some("examples/chat") },
];

/// What was built.
#[derive(Debug, Clone)]
pub(crate) struct Guests {
    /// A component for every package, in the order in which they were asked for.
    pub components: Vec<Component>,
}

/// A component that was built and checked.
#[derive(Debug, Clone)]
pub(crate) struct Component {
    /// The component.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// The app's folder, ready to be installed, if the package is an app.
    pub app: Option<PathBuf>,
}

/// Builds the examples, from the repository at `root`.
///
/// # Errors
///
/// Names the tool that is missing or that failed, and what to do about it.
pub(crate) fn build(toolchain: Toolchain, root: &Path) -> Result<Guests> {
    build_packages(toolchain, root, EXAMPLES)
}

/// Builds packages of the workspace at `root`, and says on stderr what it does and how long it
/// takes.
///
/// # Errors
///
/// As for [`build`].
pub(crate) fn build_packages(
    toolchain: Toolchain,
    root: &Path,
    packages: &[Package],
) -> Result<Guests> {
    let rust = tool::toolchains(root)
        .rust(toolchain.into(), &mut |line| eprintln!("guests: {line}"))
        .map_err(tool::told)?;
    eprintln!("guests: {}", rust.name());
    let started = Instant::now();
    let build_dir = tool::guests(root);
    compile(&rust, root, &build_dir, packages)?;
    eprintln!("guests: compiled in {:.1} s", started.elapsed().as_secs_f64());
    let components = packages
        .iter()
        .map(|package| collect(*package, root, &build_dir))
        .collect::<Result<Vec<_>>>()?;
    for component in &components {
        eprintln!("guests: {} has {} bytes", component.path.display(), component.bytes);
    }
    Ok(Guests { components })
}

/// One call of Cargo for all packages, so that what they share is compiled once.
fn compile(rust: &Rust, root: &Path, build_dir: &Path, packages: &[Package]) -> Result<()> {
    let mut cargo = rust.cargo(root);
    cargo.args(["build", "--profile", "guest", "--target", Rust::TARGET]);
    if !std::io::stderr().is_terminal() {
        cargo.arg("--quiet");
    }
    for package in packages {
        cargo.args(["--package", package.name]);
    }
    let target_dir = build_dir.join(rust.source());
    cargo.env("CARGO_TARGET_DIR", &target_dir);
    run(&mut cargo).context("the guests do not compile")?;
    fs::create_dir_all(build_dir.join("components"))?;
    for package in packages {
        let file = file_name(*package);
        let built = target_dir.join(Rust::TARGET).join("guest").join(&file);
        copy(&built, &build_dir.join("components").join(&file))?;
    }
    Ok(())
}

/// Checks a component, and lays the folder of its app.
fn collect(package: Package, root: &Path, build_dir: &Path) -> Result<Component> {
    let file = file_name(package);
    let path = build_dir.join("components").join(&file);
    let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    component::check(&content).with_context(|| format!("{} is not a task", path.display()))?;
    let bytes = content.len() as u64;
    ensure!(
        bytes <= package.bytes_max,
        "{} has {bytes} bytes, and may have {}: look for what formats numbers or panics",
        path.display(),
        package.bytes_max
    );
    let app = package.app.map(|source| -> Result<PathBuf> {
        let app = build_dir.join("apps").join(package.name);
        fs::create_dir_all(&app)?;
        copy(&root.join(source).join("bugle.toml"), &app.join("bugle.toml"))?;
        copy(&path, &app.join(&file))?;
        for entry in fs::read_dir(root.join(source))? {
            let picture = entry?.path();
            if let (true, Some(name)) =
                (picture.extension() == Some("png".as_ref()), picture.file_name())
            {
                copy(&picture, &app.join(name))?;
            }
        }
        Ok(app)
    });
    Ok(Component { bytes, app: app.transpose()?, path })
}

/// The name that Cargo gives to what a package compiles to.
fn file_name(package: Package) -> String {
    format!("{}.wasm", package.name.replace('-', "_"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}
