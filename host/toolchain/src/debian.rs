//! Debian's packages, downloaded and unpacked into a folder. Nothing is installed, so any user may.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::output;
use crate::machine::Machine;
use crate::slot::{Slot, create};
use crate::{Error, Toolchains};

/// apt, with its lists and archives in a folder of its own.
pub(crate) struct Apt<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) machine: &'a Machine,
    /// What the packages are for, in words that follow `cannot`.
    pub(crate) step: &'a str,
}

impl Apt<'_> {
    pub(crate) fn command(&self, program: &str) -> Result<Command, Error> {
        let lists = self.folder.join("apt/lists");
        let cache = self.folder.join("apt/cache");
        create(&lists.join("partial"))?;
        create(&cache.join("archives/partial"))?;
        let no_debian = || {
            let why = format!("it takes packages of Debian 12 or newer, with `{program}`");
            Error::unexpected(self.step, why)
        };
        let program = self.machine.program(program).ok_or_else(no_debian)?;
        let mut apt = self.machine.command(&program);
        apt.arg("-o").arg(format!("Dir::State::lists={}", lists.display()));
        apt.arg("-o").arg(format!("Dir::Cache={}", cache.display()));
        // Root would be made another user, who may not write here.
        apt.args(["-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none"]);
        apt.stdin(Stdio::null());
        Ok(apt)
    }

    /// Reads what packages there are.
    pub(crate) fn update(&self) -> Result<(), Error> {
        let mut update = self.command("apt-get")?;
        output("read the lists of Debian's packages", update.arg("update")).map(drop)
    }

    /// Downloads packages into a folder, which is made; each is a name, or a name and `=VERSION`.
    pub(crate) fn download(&self, packages: &[String], into: &Path) -> Result<(), Error> {
        create(into)?;
        let mut apt = self.command("apt-get")?;
        apt.current_dir(into).arg("download").args(packages);
        output("download packages of Debian's", &mut apt).map(drop)
    }
}

impl Apt<'_> {
    /// Downloads packages, and those that they need and this machine lacks, into the cache. Those that are
    /// named are downloaded also if they are here. Nothing is installed; the machine's own list of what it
    /// has is copied, since apt locks what is beside it.
    fn download_with_needs(&self, packages: &[&str]) -> Result<PathBuf, Error> {
        let state = self.folder.join("apt/state");
        create(&state)?;
        let (has, copy) = (Path::new("/var/lib/dpkg/status"), state.join("status"));
        std::fs::copy(has, &copy).map_err(|error| Error::io("copy", has, error))?;
        let mut apt = self.command("apt-get")?;
        for (name, path) in [("Dir::State", &state), ("Dir::State::status", &copy)] {
            apt.arg("-o").arg(format!("{name}={}", path.display()));
        }
        apt.arg("-o").arg(format!("Dir::Log={}", self.folder.join("apt").display()));
        apt.args(["-y", "--no-install-recommends", "--reinstall", "--download-only", "install"]);
        output("download packages of Debian's", apt.args(packages))?;
        Ok(self.folder.join("apt/cache/archives"))
    }
}

/// Unpacks a package below a folder, as if that were `/`.
pub(crate) fn unpack(package: &Path, root: &Path) -> Result<(), Error> {
    let mut dpkg = Command::new("dpkg-deb");
    output("unpack a package", dpkg.arg("-x").arg(package).arg(root)).map(drop)
}

impl Toolchains {
    /// A program of one of Debian's packages that needs no other: unpacked at the first call, whichever
    /// version the distribution has. `program` is its path below `/`; what it is here is given back.
    ///
    /// # Errors
    ///
    /// The machine has no apt, or the package cannot be had.
    pub fn debian_program(
        &self,
        package: &str,
        program: &str,
        say: &mut dyn FnMut(&str),
    ) -> Result<PathBuf, Error> {
        let slot = Slot::new(&self.folder, package, "recipe 1\n", Path::new("files").join(program));
        let root = self.unpacked(&slot, &[package], say, |apt| {
            let packages = apt.folder.join("apt/packages");
            apt.download(&[package.to_owned()], &packages)?;
            Ok(packages)
        })?;
        Ok(root.join(program))
    }

    /// Programs of Debian's packages, with all that they need and this machine lacks: unpacked below a folder
    /// at the first call, as if that were `/`. They find their libraries by [`libraries`]. `needs` is the
    /// path of a file below `/` without which they are not whole; the folder is given back.
    ///
    /// # Errors
    ///
    /// The machine has no apt, or a package cannot be had.
    pub fn debian_programs(
        &self,
        name: &str,
        packages: &[&str],
        needs: &str,
        say: &mut dyn FnMut(&str),
    ) -> Result<PathBuf, Error> {
        let pins = format!("recipe 1\n{}\n", packages.join(" "));
        let slot = Slot::new(&self.folder, name, &pins, Path::new("files").join(needs));
        self.unpacked(&slot, packages, say, |apt| apt.download_with_needs(packages))
    }

    /// The folder that packages are unpacked in, which `download` puts into the folder that it names.
    fn unpacked(
        &self,
        slot: &Slot,
        packages: &[&str],
        say: &mut dyn FnMut(&str),
        download: impl FnOnce(&Apt<'_>) -> Result<PathBuf, Error>,
    ) -> Result<PathBuf, Error> {
        let files = slot.folder().join("files");
        if slot.note().is_some() {
            return Ok(files);
        }
        let names = packages.join(", ");
        slot.make(say, |folder, say| {
            say(&format!("unpacking Debian's packages: {names}"));
            let step = format!("unpack {names}");
            let apt = Apt { folder, machine: &self.machine, step: &step };
            apt.update()?;
            let root = folder.join("files");
            create(&root)?;
            for package in crate::slot::files(&download(&apt)?)? {
                // Beside them is what apt keeps for itself.
                if package.extension().is_some_and(|ending| ending == "deb") {
                    unpack(&package, &root)?;
                }
            }
            crate::slot::clear(&folder.join("apt"))?;
            Ok(String::new())
        })?;
        Ok(files)
    }
}

/// The folders below an unpacked root that have libraries, as `LD_LIBRARY_PATH` has them.
///
/// # Errors
///
/// The root cannot be read.
pub fn libraries(root: &Path) -> Result<String, Error> {
    let mut folders = Vec::new();
    for base in ["usr/lib", "lib"].map(|base| root.join(base)).iter().filter(|base| base.is_dir()) {
        // One folder a machine's architecture, and some in it that programs name by their own paths.
        for architecture in crate::slot::files(base)?.into_iter().filter(|path| is_triplet(path)) {
            let inner = crate::slot::files(&architecture)?.into_iter().filter(|path| path.is_dir());
            folders.extend(inner.filter(|path| has_libraries(path)));
            folders.push(architecture);
        }
    }
    folders.reverse();
    let names: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
    Ok(names.join(":"))
}

fn is_triplet(path: &Path) -> bool {
    path.is_dir() && path.to_string_lossy().ends_with("-linux-gnu")
}

fn has_libraries(folder: &Path) -> bool {
    let is_library = |path: &PathBuf| path.to_string_lossy().contains(".so");
    crate::slot::files(folder).is_ok_and(|files| files.iter().any(is_library))
}
