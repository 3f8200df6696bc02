//! Cargo, with the linker that makes a component by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bugle_toolchain::Rust;
use toml::{Table, Value};

use super::Work;
use crate::BuildError;
use crate::error::at;
use crate::steps::{Steps, run};

/// What a task's release profile has where its Cargo.toml does not say otherwise: small first, a
/// panic that traps, and the lines that `bugle profile` and `bugle test --coverage` show, which are
/// not shipped.
const PROFILE: [(&str, &str); 6] = [
    ("opt-level", "\"s\""),
    ("lto", "true"),
    ("codegen-units", "1"),
    ("panic", "\"abort\""),
    ("debug", "\"line-tables-only\""),
    ("strip", "false"),
];

pub(super) fn compile(
    work: &Work<'_>,
    tools: &Rust,
    steps: &mut dyn Steps,
) -> Result<PathBuf, BuildError> {
    let manifest = work.source()?;
    let module = format!("{}.wasm", library_name(&manifest)?);
    let target = work.layout.output().join(format!("rust-{}", tools.source()));
    let mut cargo = cargo(work, tools)?;
    cargo.env("CARGO_TARGET_DIR", work.inside(&target));
    cargo.args(["build", "--release", "--lib", "--target", Rust::TARGET]);
    cargo.args(["--color", if steps.is_terminal() { "always" } else { "never" }]);
    for setting in profile(work, tools)? {
        cargo.arg("--config").arg(setting);
    }
    run(&mut cargo, "compiling", steps)?;
    let made = target.join(Rust::TARGET).join("release").join(module);
    if made.is_file() {
        return Ok(made);
    }
    let what = "the library is no component; add `crate-type = [\"cdylib\", \"rlib\"]` to `[lib]`";
    Err(BuildError::CargoManifest { path: manifest, what: what.to_owned() })
}

/// Cargo in the project's folder, whose real path it takes out of what it makes.
fn cargo(work: &Work<'_>, tools: &Rust) -> Result<Command, BuildError> {
    let root = work.folder.canonicalize().map_err(at(work.folder))?;
    let mut cargo = tools.cargo(&root);
    cargo.current_dir(&root);
    Ok(cargo)
}

/// The name that Cargo gives to what the library compiles to.
fn library_name(manifest: &Path) -> Result<String, BuildError> {
    let table = read(manifest)?;
    let name =
        |part: &str| table.get(part)?.get("name")?.as_str().map(|name| name.replace('-', "_"));
    name("lib").or_else(|| name("package")).ok_or_else(|| BuildError::CargoManifest {
        path: manifest.to_owned(),
        what: "it is the manifest of no package".to_owned(),
    })
}

/// The settings of the profile that the manifest leaves open.
fn profile(work: &Work<'_>, tools: &Rust) -> Result<Vec<String>, BuildError> {
    let mut locate = cargo(work, tools)?;
    let located =
        locate.args(["locate-project", "--workspace", "--message-format", "plain"]).output();
    let program = || locate.get_program().to_string_lossy().into_owned();
    let located = located.map_err(|source| BuildError::Start { program: program(), source })?;
    let root = PathBuf::from(String::from_utf8_lossy(&located.stdout).trim());
    // If it does not know, the build that follows says why.
    let table = if root.is_file() { read(&root)? } else { Table::new() };
    let said = table.get("profile").and_then(|profiles| profiles.get("release"));
    let is_open = |key: &str| said.and_then(|profile| profile.get(key)).is_none();
    let open = PROFILE.iter().filter(|(key, _)| is_open(key));
    Ok(open.map(|(key, value)| format!("profile.release.{key}={value}")).collect())
}

fn read(manifest: &Path) -> Result<Table, BuildError> {
    let text = fs::read_to_string(manifest).map_err(at(manifest))?;
    match toml::from_str::<Value>(&text) {
        Ok(Value::Table(table)) => Ok(table),
        Ok(_) => Ok(Table::new()),
        Err(error) => Err(BuildError::CargoManifest {
            path: manifest.to_owned(),
            what: error.message().replace('\n', ", "),
        }),
    }
}
