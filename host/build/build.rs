//! Embeds what projects of authors need of this repository: the contract, the SDKs with their
//! templates, and the crate that the Rust SDK's native tests use. The manifests of crates are
//! written out whole, since a project has no workspace to inherit from.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use toml::{Table, Value};
use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_parser::Resolve;

/// The folders that are embedded. `.bugle/` in a project mirrors them.
const FOLDERS: [&str; 3] = ["wit", "guest-sdk", "host/task"];

/// What `#[background_task]` and the SDK call. In a project it is there as code: the macro that makes
/// it brings a minute of compiling along.
const RUST_BINDINGS: &str = "guest-sdk/rust/src/bindings.rs";

/// What tools leave beside sources.
const PASSED_OVER: [&str; 4] = ["target", "node_modules", "__pycache__", "zig-out"];

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo sets OUT_DIR")?);
    let mut files = vec!["Cargo.lock".to_owned()];
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
        gather(&root, folder, &mut files)?;
    }
    println!("cargo::rerun-if-changed={}", root.join("Cargo.lock").display());
    println!("cargo::rerun-if-changed={}", root.join("Cargo.toml").display());
    files.sort();
    let workspace: Table = fs::read_to_string(root.join("Cargo.toml"))?.parse()?;
    let workspace = workspace.get("workspace").context("the top has a workspace")?;
    let mut code = String::from("pub(crate) static FILES: &[(&str, &[u8])] = &[\n");
    for file in files {
        let mut path = root.join(&file);
        if file.ends_with("/Cargo.toml") {
            let manifest = standalone(&fs::read_to_string(&path)?, &file, workspace)?;
            path = out.join(file.replace('/', "-"));
            fs::write(&path, manifest)?;
        } else if file == RUST_BINDINGS {
            path = out.join("bindings.rs");
            fs::write(&path, bindings(&root.join("wit"))?)?;
        }
        writeln!(code, "    ({file:?}, include_bytes!({:?})),", path.display().to_string())?;
    }
    code.push_str("];\n");
    fs::write(out.join("embedded.rs"), code)?;
    Ok(())
}

fn gather(root: &Path, folder: &str, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().into_string().ok().context("names are text")?;
        let path = format!("{folder}/{name}");
        let kind = entry.file_type()?;
        if name.starts_with('.') || PASSED_OVER.contains(&name.as_str()) {
            continue;
        } else if kind.is_dir() {
            gather(root, &path, files)?;
        } else if kind.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

/// The contract in Rust, as the macro in the SDK's own `bindings.rs` makes it.
fn bindings(wit: &Path) -> Result<String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some("background-task"))?;
    let options = wit_bindgen_rust::Opts {
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        generate_unused_types: true,
        pub_export_macro: true,
        ..wit_bindgen_rust::Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    let (_, code) = files.iter().next().context("there are bindings")?;
    Ok(format!("#![allow(warnings, unsafe_code)]\n\n{}", std::str::from_utf8(code)?))
}

/// A crate's manifest with what it inherits written out, and without its tests' dependencies.
fn standalone(text: &str, file: &str, workspace: &Value) -> Result<String> {
    let mut manifest: Table = text.parse()?;
    manifest.remove("dev-dependencies");
    // They are ours, not the author's; and what is generated here has `unsafe` code.
    manifest.remove("lints");
    if let Some(package) = manifest.get_mut("package").and_then(Value::as_table_mut) {
        for (key, value) in package {
            let inherited = workspace.get("package").and_then(|package| package.get(key));
            if let (Some(true), Some(inherited)) = (inherits(value), inherited) {
                *value = inherited.clone();
            }
        }
    }
    let up = "../".repeat(file.matches('/').count());
    dependencies(&mut manifest, workspace, &up)?;
    let targets = manifest.get_mut("target").and_then(Value::as_table_mut);
    for (_, target) in targets.into_iter().flatten() {
        dependencies(target.as_table_mut().context("a target is a table")?, workspace, &up)?;
    }
    Ok(toml::to_string(&manifest)?)
}

fn inherits(value: &Value) -> Option<bool> {
    value.get("workspace")?.as_bool()
}

fn dependencies(table: &mut Table, workspace: &Value, up: &str) -> Result<()> {
    let Some(dependencies) = table.get_mut("dependencies").and_then(Value::as_table_mut) else {
        return Ok(());
    };
    for (name, dependency) in dependencies {
        if inherits(dependency) != Some(true) {
            continue;
        }
        let all = workspace.get("dependencies").and_then(|all| all.get(name));
        let mut whole = match all.with_context(|| format!("the workspace has no `{name}`"))? {
            Value::Table(table) => table.clone(),
            version => Table::from_iter([("version".to_owned(), version.clone())]),
        };
        if let (Some(Value::Array(features)), "wit-bindgen") = (whole.get_mut("features"), &**name)
        {
            features.retain(|feature| feature.as_str() != Some("macros"));
        }
        if let Some(Value::String(path)) = whole.get_mut("path") {
            path.insert_str(0, up);
        }
        if let Some(features) = dependency.get("features").and_then(Value::as_array) {
            let known = whole.entry("features").or_insert_with(|| Value::Array(Vec::new()));
            known.as_array_mut().context("features are a list")?.extend(features.iter().cloned());
        }
        if let Some(optional) = dependency.get("optional") {
            whole.insert("optional".to_owned(), optional.clone());
        }
        *dependency = Value::Table(whole);
    }
    Ok(())
}
