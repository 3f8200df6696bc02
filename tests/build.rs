//! Names the fixtures: a constant with the path of each guest, and macros that call another macro
//! with the name of each guest and of each example. `tests/fixtures.rs` uses them, so that a fixture
//! without a test does not compile.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where guests are, from the package's folder. Those of `probes/` are no less tested: each file
/// there is a trial of its own.
const GUESTS: [&str; 2] = ["guests", "crash"];

/// The workspace's manifest; an example in Rust has to be a member.
const WORKSPACE: &str = "../Cargo.toml";

fn main() -> io::Result<()> {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let guests = guests(&package)?;
    let examples = examples(&fs::read_to_string(package.join(WORKSPACE))?);
    let mut code = String::new();
    for (name, path) in &guests {
        let constant = name.to_uppercase();
        let _ = writeln!(code, "/// Where the guest `{name}` is.");
        let _ = writeln!(code, "pub const {constant}: &str = {:?};\n", path.display().to_string());
    }
    let names = guests.iter().map(|(name, _)| name.as_str());
    write_macro(&mut code, "guest", names);
    write_macro(&mut code, "example", examples.iter().map(String::as_str));
    for path in GUESTS.into_iter().chain([WORKSPACE, "build.rs"]) {
        println!("cargo:rerun-if-changed={path}");
    }
    fs::write(out.join("fixtures.rs"), code)
}

/// The names and paths of all guests, in the order of the names.
fn guests(package: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut guests = Vec::new();
    for folder in GUESTS {
        for entry in fs::read_dir(package.join(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wat") {
                guests.push((identifier(&path), path));
            }
        }
    }
    guests.sort();
    Ok(guests)
}

/// The names of the examples that are members of the workspace.
fn examples(manifest: &str) -> Vec<String> {
    let members = manifest.split('"').filter(|text| text.starts_with("examples/"));
    members.map(|member| identifier(Path::new(member))).collect()
}

/// A file's name without its ending, as Rust writes names.
fn identifier(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_")
}

fn write_macro<'a>(code: &mut String, what: &str, names: impl Iterator<Item = &'a str>) {
    let calls: String = names.map(|name| format!("        $call!({name});\n")).collect();
    let _ = writeln!(
        code,
        "/// Calls a macro with the name of each {what}.\n#[macro_export]\n\
         macro_rules! for_each_{what} {{\n    ($call:ident) => {{\n{calls}    }};\n}}\n"
    );
}
