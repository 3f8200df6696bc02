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
        let path = slot.folder().join("files").join(program);
        if slot.note().is_some() {
            return Ok(path);
        }
        slot.make(say, |folder, say| {
            say(&format!("unpacking Debian's package {package}"));
            let step = format!("unpack {package}");
            let apt = Apt { folder, machine: &self.machine, step: &step };
            apt.update()?;
            let packages = folder.join("packages");
            apt.download(&[package.to_owned()], &packages)?;
            let root = folder.join("files");
            create(&root)?;
            for package in crate::slot::files(&packages)? {
                unpack(&package, &root)?;
            }
            crate::slot::clear(&folder.join("apt"))?;
            crate::slot::clear(&packages)?;
            Ok(String::new())
        })?;
        Ok(path)
    }
}
