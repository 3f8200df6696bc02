//! The senders of pushes that people use, below `target/clients`: published packages, at pinned
//! versions, for the tests that receive from them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::tool::run;

/// What the packages are chosen by, and what says that they are there.
const CHOSEN_BY: [&str; 2] = ["node/package-lock.json", "python/requirements.txt"];
const IS_THERE: &str = "installed.txt";

/// What builds the one package that comes as its source.
const BUILT_WITH: &str = "setuptools==80.9.0\n";

/// Installs the packages, unless those that are chosen are there already.
///
/// # Errors
///
/// A package cannot be had, or Node's or Python's own client is missing.
pub(crate) fn set_up(root: &Path) -> Result<()> {
    let (source, folder) = (root.join("tests/clients"), folder(root));
    let mut chosen = String::new();
    for name in CHOSEN_BY {
        chosen += &fs::read_to_string(source.join(name)).with_context(|| name.to_owned())?;
    }
    let mark = folder.join(IS_THERE);
    if fs::read_to_string(&mark).is_ok_and(|there| there == chosen) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("node"))?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(source.join("node").join(name), folder.join("node").join(name))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    run(npm.current_dir(folder.join("node")))?;
    install_python(&folder.join("python"), &source.join("python/requirements.txt"))?;
    Ok(fs::write(mark, chosen)?)
}

/// Installs a homeserver of Matrix below `target/homeserver`, unless it is there already.
///
/// # Errors
///
/// A package cannot be had, or Python's own client is missing.
pub(crate) fn set_up_homeserver(root: &Path) -> Result<()> {
    set_up_python(root, "tests/homeserver/requirements.txt", "target/homeserver")
}

/// Installs what a file names into a folder of its own, unless it is there already.
///
/// # Errors
///
/// A package cannot be had, or Python's own client is missing.
pub(crate) fn set_up_python(root: &Path, requirements: &str, folder: &str) -> Result<()> {
    let (requirements, folder) = (root.join(requirements), root.join(folder));
    let (mark, chosen) = (folder.join(IS_THERE), fs::read_to_string(&requirements)?);
    if fs::read_to_string(&mark).is_ok_and(|there| there == chosen) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    install_python(&folder, &requirements)?;
    Ok(fs::write(mark, chosen)?)
}

/// Installs packages of Python, each by its hash, into a folder that holds nothing else.
fn install_python(folder: &Path, requirements: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let constraints = folder.join("constraints.txt");
    fs::write(&constraints, BUILT_WITH)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(["--no-warn-conflicts", "--root-user-action=ignore", "--require-hashes", "--target"]);
    pip.arg(folder).arg("-r").arg(requirements);
    run(pip.env("PIP_CONSTRAINT", &constraints))
}

fn folder(root: &Path) -> PathBuf {
    root.join("target/clients")
}
