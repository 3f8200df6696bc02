//! A compiler of Rust from Debian's packages: `rustc-web` is newer than the distribution's Rust,
//! and its source package has all that the standard library is built from. Nothing is installed.

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::{Rust, clear_environment, remap};
use crate::debian::{self, Apt};
use crate::error::output;
use crate::machine::Machine;
use crate::slot::{Slot, clear, create, files};
use crate::{Error, Toolchains};

/// Raised when the steps below change, so that what older ones made is made anew.
const RECIPE: &str = "recipe 3\n";

/// The same for what was built with it: Cargo does not see that a standard library is another.
pub(super) const WORD: &str = "bootstrap-3";

/// The compiler that is ready.
pub(super) struct Ready {
    /// The program to call.
    pub(super) rustc: PathBuf,
    /// Its packages' version.
    pub(super) version: String,
}

/// The compiler, if it is there already.
pub(super) fn find(toolchains: &Toolchains) -> Option<Ready> {
    let slot = slot(toolchains);
    Some(Ready { version: slot.note()?, rustc: slot.folder().join("rustc") })
}

/// The compiler, made at the first call. Later calls need no network.
pub(super) fn prepare(
    toolchains: &Toolchains,
    cargo: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<Ready, Error> {
    slot(toolchains).make(say, |folder, say| {
        say("bootstrapping a compiler, once: about 130 MB, and a minute or two");
        let bootstrap = Bootstrap { folder, cargo, machine: &toolchains.machine };
        let version = step(say, "downloaded", || bootstrap.download())?;
        step(say, "unpacked", || bootstrap.unpack())?;
        step(say, "built the standard library", || bootstrap.build_std())?;
        // What the compiler does not need is half of the space.
        for leftover in ["apt", "packages", "std"] {
            clear(&folder.join(leftover))?;
        }
        Ok(version)
    })?;
    let lost = || Error::unexpected("bootstrap a compiler", "it was made, and is gone again");
    find(toolchains).ok_or_else(lost)
}

fn slot(toolchains: &Toolchains) -> Slot {
    Slot::new(&toolchains.folder, "rust", RECIPE, "rustc")
}

/// Says how long a step took.
fn step<T>(
    say: &mut dyn FnMut(&str),
    done: &str,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let started = Instant::now();
    let value = work()?;
    say(&format!("{done} in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(value)
}

struct Bootstrap<'a> {
    /// Everything is below it. It is moved when all is done.
    folder: &'a Path,
    cargo: &'a Path,
    machine: &'a Machine,
}

impl Bootstrap<'_> {
    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    fn rustc(&self) -> PathBuf {
        self.folder.join("rustc")
    }

    fn apt(&self) -> Apt<'_> {
        Apt { folder: self.folder, machine: self.machine, step: "bootstrap a compiler" }
    }

    /// Downloads the packages of one version, and gives the version.
    fn download(&self) -> Result<String, Error> {
        let apt = self.apt();
        apt.update()?;
        let compiler = self.describe("rustc-web")?;
        let version = compiler.field("Version")?.to_owned();
        let std_dev = self.describe(&format!("libstd-rust-web-dev={version}"))?;
        let std = std_dev.dependency("libstd-rust-web-")?;
        let llvm = self.describe(&format!("{std}={version}"))?.dependency("libllvm")?;
        let pinned = ["rustc-web", "rust-web-src", "libstd-rust-web-dev", &std];
        let mut packages: Vec<String> =
            pinned.iter().map(|package| format!("{package}={version}")).collect();
        packages.push(llvm);
        apt.download(&packages, &self.folder.join("packages"))?;
        Ok(format!("rustc-web {version}"))
    }

    fn describe(&self, package: &str) -> Result<Description, Error> {
        let step = format!("find Debian's package {package}");
        let mut apt = self.apt().command("apt-cache")?;
        let text = output(&step, apt.args(["show", "--no-all-versions", package]))?;
        Ok(Description { package: package.to_owned(), text })
    }

    fn unpack(&self) -> Result<(), Error> {
        let (packages, root) = (self.folder.join("packages"), self.root());
        create(&root)?;
        for path in files(&packages)? {
            if path.to_string_lossy().contains("rust-web-src") {
                unpack_library(&path, &root)?;
            } else {
                debian::unpack(&path, &root)?;
            }
        }
        self.write_wrapper()?;
        output("start the unpacked compiler", Command::new(self.rustc()).arg("-vV"))?;
        Ok(())
    }

    /// The compiler's own libraries are not where the system looks for them.
    fn write_wrapper(&self) -> Result<(), Error> {
        let script = format!(
            "#!/bin/sh\nroot=\"${{0%/*}}/root\"\n\
             LD_LIBRARY_PATH=\"$root/usr/lib/{ARCH}-linux-gnu\" exec \"$root/usr/bin/rustc\" \"$@\"\n"
        );
        let path = self.rustc();
        fs::write(&path, script).map_err(|error| Error::io("write", &path, error))?;
        executable(&path).map_err(|error| Error::io("make a program of", &path, error))
    }

    /// Builds the standard library for the target, as the dependency of a crate of nothing, and
    /// puts it where the compiler looks. The source has its own dependencies with it.
    fn build_std(&self) -> Result<(), Error> {
        let linked = self.root().join("usr/lib/rustlib/src/rust/library");
        let library = linked.canonicalize().map_err(|error| Error::io("find", &linked, error))?;
        let empty = self.folder.join("std");
        write(&empty.join("src/lib.rs"), "#![no_std]\n")?;
        let manifest = "[package]\nname = \"empty\"\nedition = \"2024\"\n\n[workspace]\n";
        write(&empty.join("Cargo.toml"), manifest)?;
        let mut cargo = self.machine.command(self.cargo);
        clear_environment(&mut cargo);
        let mut flags = "-Cembed-bitcode=yes\u{1f}-Zforce-unstable-if-unmarked".to_owned();
        // Cargo names it by the link. A task must not name this machine's folders.
        for folder in [&library, &linked] {
            flags.push('\u{1f}');
            flags.push_str(&remap(folder, "/rustc/library").to_string_lossy());
        }
        let vendor = library.join("vendor");
        cargo
            .current_dir(&empty)
            .env("RUSTC", self.rustc())
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_ENCODED_RUSTFLAGS", flags)
            .env("CARGO_TARGET_DIR", empty.join("target"))
            .args(["build", "--quiet", "--offline", "--release", "--target", Rust::TARGET])
            .arg("-Zbuild-std=std,panic_abort")
            .args(["--config", "source.crates-io.replace-with='vendored'", "--config"])
            .arg(format!("source.vendored.directory='{}'", vendor.display()));
        output("build the standard library", &mut cargo)?;
        self.install_std(&empty.join("target").join(Rust::TARGET).join("release/deps"))
    }

    fn install_std(&self, built: &Path) -> Result<(), Error> {
        let folder = self.root().join("usr/lib/rustlib").join(Rust::TARGET).join("lib");
        create(&folder)?;
        let mut has_std = false;
        for path in files(built)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_library = path.extension().is_some_and(|extension| extension == "rlib");
            if !is_library || name.starts_with("libempty-") {
                continue;
            }
            has_std |= name.starts_with("libstd-");
            fs::copy(&path, folder.join(&name)).map_err(|error| Error::io("copy", &path, error))?;
        }
        let nothing = || Error::unexpected("build the standard library", "there is no `libstd`");
        has_std.then_some(()).ok_or_else(nothing)
    }
}

/// What apt says of a package.
struct Description {
    package: String,
    text: String,
}

impl Description {
    fn field(&self, name: &str) -> Result<&str, Error> {
        let fields = self.text.lines();
        let mut values = fields.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        values.next().ok_or_else(|| self.lacks(&format!("there is no field `{name}`")))
    }

    /// The package it needs whose name starts like this; the rest of the name moves with versions.
    fn dependency(&self, prefix: &str) -> Result<String, Error> {
        self.field("Depends")?
            .split([',', '|'])
            .filter_map(|dependency| dependency.split_whitespace().next())
            .find(|name| name.starts_with(prefix))
            .map(str::to_owned)
            .ok_or_else(|| self.lacks(&format!("it needs no `{prefix}…`")))
    }

    fn lacks(&self, what: &str) -> Error {
        Error::unexpected(&format!("read about the package {}", self.package), what)
    }
}

/// Unpacks the standard library only: the compiler's own source is ten times as much.
fn unpack_library(package: &Path, root: &Path) -> Result<(), Error> {
    let mut archive = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Error::io("start", Path::new("dpkg-deb"), error))?;
    let content = archive.stdout.take().map_or_else(Stdio::null, Stdio::from);
    let mut tar = Command::new("tar");
    tar.arg("-x").arg("-C").arg(root);
    tar.args(["--wildcards", "./usr/src/*/library", "./usr/lib/rustlib"]).stdin(content);
    let unpacked = output("unpack the source of the standard library", &mut tar);
    let status = archive.wait().map_err(|error| Error::io("read", package, error))?;
    unpacked?;
    let broken =
        || Error::unexpected("unpack a package", format!("`dpkg-deb` ended with {status}"));
    status.success().then_some(()).ok_or_else(broken)
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    create(path.parent().unwrap_or(path))?;
    fs::write(path, text).map_err(|error| Error::io("write", path, error))
}

#[cfg(unix)]
fn executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// There are no packages of Debian's to be unpacked.
#[cfg(not(unix))]
fn executable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_with_versions_is_read_from_the_packages() {
        let text = "Package: libstd-rust-web-1.96\nVersion: 1.96.0+dfsg1\n\
                    Depends: libc6 (>= 2.34), libllvm22, libstdc++6 (>= 11)\n";
        let package = "libstd-rust-web-1.96".to_owned();
        let description = Description { package, text: text.to_owned() };
        assert_eq!(description.field("Version").ok(), Some("1.96.0+dfsg1"));
        assert_eq!(description.dependency("libllvm").ok().as_deref(), Some("libllvm22"));
        assert!(description.dependency("libstd-rust").is_err());
    }
}
