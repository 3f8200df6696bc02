//! A compiler for guests from Debian's packages: `rustc-web` is newer than the distribution's Rust,
//! and its source package has all that the standard library is built from. All of it is below
//! `target/guest-toolchain`; nothing is installed.

use std::env::consts::ARCH;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::toolchain::{cargo, clear_environment, remap};
use super::{TARGET, output, run};

/// Raised when the steps below change, so that what older ones made is made anew.
const RECIPE: &str = "recipe 1";

/// The compiler that is ready.
pub(super) struct Ready {
    /// The program to call.
    pub(super) rustc: PathBuf,
    /// Its packages' version.
    pub(super) version: String,
}

/// Whether the compiler is there already.
pub(super) fn is_ready(target: &Path) -> bool {
    Folder::of(target).ready().is_some()
}

/// The compiler, made at the first call. Later calls need no network.
///
/// # Errors
///
/// Names the tool or the package that is missing, or the step that failed.
pub(super) fn prepare(target: &Path) -> Result<Ready> {
    let folder = Folder::of(target);
    fs::create_dir_all(&folder.0)?;
    // Two builds at once make one compiler.
    let lock = File::create(folder.0.join("lock"))?;
    lock.lock().context("cannot lock the folder of the guest toolchain")?;
    if let Some(ready) = folder.ready() {
        return Ok(ready);
    }
    eprintln!("guests: bootstrapping a compiler, once; this takes a minute or two");
    folder.clear()?;
    let version = step("download", || folder.download())?;
    step("unpack", || folder.unpack())?;
    step("build the standard library", || folder.build_std())?;
    // What the compiler does not need is half of the space.
    for leftover in ["apt", "packages", "std"] {
        fs::remove_dir_all(folder.0.join(leftover))?;
    }
    fs::write(folder.stamp(), format!("{RECIPE}\n{version}\n"))?;
    folder.ready().context("the compiler was made, but is not where it should be")
}

/// Says how long a step takes.
fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    let value = work().with_context(|| format!("cannot {name}"))?;
    eprintln!("guests: {name}: {:.1} s", started.elapsed().as_secs_f64());
    Ok(value)
}

/// The folder in which all of it is.
struct Folder(PathBuf);

impl Folder {
    fn of(target: &Path) -> Self {
        Self(target.join("guest-toolchain"))
    }

    /// Written last: it says which recipe made what is here, from which version.
    fn stamp(&self) -> PathBuf {
        self.0.join("stamp")
    }

    fn rustc(&self) -> PathBuf {
        self.0.join("rustc")
    }

    fn root(&self) -> PathBuf {
        self.0.join("root")
    }

    fn ready(&self) -> Option<Ready> {
        let stamp = fs::read_to_string(self.stamp()).ok()?;
        let (recipe, version) = stamp.split_once('\n')?;
        let is_whole = recipe == RECIPE && self.rustc().is_file();
        is_whole.then(|| Ready { rustc: self.rustc(), version: version.trim().to_owned() })
    }

    /// Takes away what an earlier recipe, or a call that was broken off, left.
    fn clear(&self) -> Result<()> {
        for name in ["apt", "packages", "root", "std"] {
            let path = self.0.join(name);
            if path.exists() {
                fs::remove_dir_all(&path)?;
            }
        }
        Ok(())
    }

    /// A command of apt's that keeps its lists and archives here, so that any user may call it.
    fn apt(&self, program: &str) -> Result<Command> {
        let lists = self.0.join("apt/lists");
        let cache = self.0.join("apt/cache");
        fs::create_dir_all(lists.join("partial"))?;
        fs::create_dir_all(cache.join("archives/partial"))?;
        let mut apt = Command::new(program);
        apt.arg("-o").arg(format!("Dir::State::lists={}", lists.display()));
        apt.arg("-o").arg(format!("Dir::Cache={}", cache.display()));
        // Root would be made another user, who may not write here.
        apt.args(["-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none"]);
        apt.stdin(Stdio::null());
        Ok(apt)
    }

    /// Downloads the packages of one version, and gives the version.
    fn download(&self) -> Result<String> {
        output(self.apt("apt-get")?.arg("update"))
            .context("the bootstrap takes packages of Debian 12 or newer, with `apt-get`")?;
        let compiler = self.describe("rustc-web")?;
        let version = compiler.field("Version")?.to_owned();
        let std_dev = self.describe(&format!("libstd-rust-web-dev={version}"))?;
        let std = std_dev.dependency("libstd-rust-web-")?;
        let llvm = self.describe(&format!("{std}={version}"))?.dependency("libllvm")?;
        let packages = self.0.join("packages");
        fs::create_dir_all(&packages)?;
        let mut apt = self.apt("apt-get")?;
        apt.current_dir(&packages).arg("download").arg(llvm);
        for package in ["rustc-web", "rust-web-src", "libstd-rust-web-dev", &std] {
            apt.arg(format!("{package}={version}"));
        }
        output(&mut apt)?;
        Ok(format!("rustc-web {version}"))
    }

    fn describe(&self, package: &str) -> Result<Description> {
        let text = output(self.apt("apt-cache")?.args(["show", "--no-all-versions", package]))
            .with_context(|| format!("apt knows no package `{package}`"))?;
        Ok(Description { package: package.to_owned(), text })
    }

    fn unpack(&self) -> Result<()> {
        let root = self.root();
        fs::create_dir_all(&root)?;
        for entry in fs::read_dir(self.0.join("packages"))? {
            let path = entry?.path();
            if path.to_string_lossy().contains("rust-web-src") {
                unpack_library(&path, &root)?;
            } else {
                run(Command::new("dpkg-deb").arg("-x").arg(&path).arg(&root))?;
            }
        }
        self.write_wrapper()?;
        output(Command::new(self.rustc()).arg("-vV"))
            .context("the unpacked compiler does not start")?;
        Ok(())
    }

    /// The compiler's own libraries are not where the system looks for them.
    fn write_wrapper(&self) -> Result<()> {
        let root = self.root();
        let libraries = root.join(format!("usr/lib/{ARCH}-linux-gnu"));
        let script = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
            libraries.display(),
            root.join("usr/bin/rustc").display()
        );
        fs::write(self.rustc(), script)?;
        fs::set_permissions(self.rustc(), fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    /// Builds the standard library for the target, as the dependency of a crate of nothing, and
    /// puts it where the compiler looks. The source has its own dependencies with it.
    fn build_std(&self) -> Result<()> {
        let library = self.root().join("usr/lib/rustlib/src/rust/library").canonicalize()?;
        let empty = self.0.join("std");
        fs::create_dir_all(empty.join("src"))?;
        fs::write(empty.join("src/lib.rs"), "#![no_std]\n")?;
        fs::write(
            empty.join("Cargo.toml"),
            "[package]\nname = \"empty\"\nedition = \"2024\"\n\n[workspace]\n",
        )?;
        let mut cargo = cargo();
        clear_environment(&mut cargo);
        let remapped = remap(&library, "/rustc/library");
        let mut flags = "-Cembed-bitcode=yes\u{1f}-Zforce-unstable-if-unmarked\u{1f}".to_owned();
        flags.push_str(&remapped.to_string_lossy());
        let vendor = library.join("vendor");
        cargo
            .current_dir(&empty)
            .env("RUSTC", self.rustc())
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_ENCODED_RUSTFLAGS", flags)
            .env("CARGO_TARGET_DIR", empty.join("target"))
            .args(["build", "--quiet", "--offline", "--release", "--target", TARGET])
            .arg("-Zbuild-std=std,panic_abort")
            .args(["--config", "source.crates-io.replace-with='vendored'", "--config"])
            .arg(format!("source.vendored.directory='{}'", vendor.display()));
        run(&mut cargo)?;
        self.install_std(&empty.join("target").join(TARGET).join("release/deps"))
    }

    fn install_std(&self, built: &Path) -> Result<()> {
        let folder = self.root().join("usr/lib/rustlib").join(TARGET).join("lib");
        fs::create_dir_all(&folder)?;
        let mut has_std = false;
        for entry in fs::read_dir(built)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_library = path.extension().is_some_and(|extension| extension == "rlib");
            if !is_library || name.starts_with("libempty-") {
                continue;
            }
            has_std |= name.starts_with("libstd-");
            fs::copy(&path, folder.join(&name))?;
        }
        ensure!(has_std, "the build made no `libstd`");
        Ok(())
    }
}

/// What apt says of a package.
struct Description {
    package: String,
    text: String,
}

impl Description {
    fn field(&self, name: &str) -> Result<&str> {
        self.text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .with_context(|| format!("the package `{}` has no field `{name}`", self.package))
    }

    /// The package it needs whose name starts like this; the rest of the name moves with versions.
    fn dependency(&self, prefix: &str) -> Result<String> {
        self.field("Depends")?
            .split([',', '|'])
            .filter_map(|dependency| dependency.split_whitespace().next())
            .find(|name| name.starts_with(prefix))
            .map(str::to_owned)
            .with_context(|| format!("the package `{}` needs no `{prefix}…`", self.package))
    }
}

/// Unpacks the standard library only: the compiler's own source is ten times as much.
fn unpack_library(package: &Path, root: &Path) -> Result<()> {
    let mut archive = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start `dpkg-deb`")?;
    let content = archive.stdout.take().context("`dpkg-deb` has no output")?;
    let unpacked = run(Command::new("tar")
        .arg("-x")
        .arg("-C")
        .arg(root)
        .args(["--wildcards", "./usr/src/*/library", "./usr/lib/rustlib"])
        .stdin(content));
    let status = archive.wait()?;
    unpacked?;
    ensure!(status.success(), "`dpkg-deb` ended with {status}");
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
