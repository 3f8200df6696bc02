//! Other programs, as this one starts them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use bugle_toolchain::Toolchains;

/// The Cargo that started this program, in the repository.
pub(crate) fn cargo(root: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root);
    // What Cargo says of this program to this program, build scripts would take for a change of theirs.
    let said = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(said)) {
        command.env_remove(name);
    }
    command
}

/// A program of the workspace, where the build puts it.
pub(crate) fn built(root: &Path, name: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    root.join(target).join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Where guests are built.
pub(crate) fn guests(root: &Path) -> PathBuf {
    root.join("target/guests")
}

/// The compilers of guests: the machine's, or pinned ones below `target/`.
pub(crate) fn toolchains(root: &Path) -> Toolchains {
    Toolchains::new(tools(root))
}

/// Where pinned compilers are kept.
pub(crate) fn tools(root: &Path) -> PathBuf {
    root.join("target/tools")
}

/// An error of setting a compiler up, once what the failed program said is shown.
pub(crate) fn told(error: bugle_toolchain::Error) -> anyhow::Error {
    if let Some(words) = error.words() {
        eprintln!("{words}");
    }
    error.into()
}

/// Builds all programs of the workspace. Always all, so that what they share is built once: Cargo
/// builds a dependency again when another choice of packages wants other features of it.
pub(crate) fn build(root: &Path) -> Result<()> {
    run(cargo(root).args(["build", "--workspace", "--all-targets", "--locked"]))
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let words = words(command);
    let status = command.status().with_context(|| format!("`{words}` cannot be started"))?;
    ensure!(status.success(), "`{words}` ended with {status}; what it says is above");
    Ok(())
}

/// Runs a command to its end, and gives what it writes.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let words = words(command);
    let output = command.output().with_context(|| format!("`{words}` cannot be started"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{words}` ended with {}: {}", output.status, errors.trim());
    Ok(String::from_utf8(output.stdout)?)
}

fn words(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(name).chain(args).collect::<Vec<_>>().join(" ")
}
