//! What `bugle new` writes builds, is tested, and runs at once, in every language.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use bugle_tests::program::{Place, Said, with_compilers};
use serde_json::Value;

/// Writes a project, builds it, runs its cases, and wakes it once.
fn works_at_once(language: &str) -> Result<Place> {
    let place = Place::new()?;
    place.bugle(["new", "first", "--lang", language])?.good()?;
    let built = Said::of(with_compilers(&mut place.command(["build", "first"])?).output()?)?;
    // What compilers say is on standard error.
    ensure!(built.code == 0 && built.out.starts_with("built com.example.first: "), "{built:#?}");
    no_folder_of_the_machine_is_named(&place)?;
    let tested = place.bugle(["test", "first"])?.good()?;
    ensure!(tested.ends_with("2 passed\n"), "{tested}");
    let run = place.bugle(["run", "first", "--push", "hello", "--json"])?.json()?;
    assert_eq!(run["result"]["outcome"], "completed", "{run:#}");
    let toasts = &run["result"]["effects"]["toasts"];
    assert_eq!(toasts[0]["toast"]["body"], "hello", "{run:#}");
    Ok(place)
}

fn no_folder_of_the_machine_is_named(place: &Place) -> Result<()> {
    let component = fs::read(place.folder().join("first/first.wasm"))?;
    let folder = place.folder().to_string_lossy().into_owned();
    let is_named = component.windows(folder.len()).any(|bytes| bytes == folder.as_bytes());
    ensure!(!is_named, "the component names this machine's folders");
    Ok(())
}

fn imports_nothing_but_the_contract(place: &Place) -> Result<()> {
    let found = place.bugle(["inspect", "first/first.wasm", "--json"])?.json()?;
    let imports: Vec<&str> =
        found["imports"].as_array().into_iter().flatten().flat_map(Value::as_str).collect();
    let is_contract = |import: &&str| import.starts_with("bugle:task/");
    ensure!(!imports.is_empty() && imports.iter().all(is_contract), "{found:#}");
    Ok(())
}

fn runs(command: &mut Command, project: &Path) -> Result<()> {
    let output = with_compilers(command.current_dir(project)).output()?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[test]
fn rust() -> Result<()> {
    let place = works_at_once("rust")?;
    let bytes = fs::metadata(place.folder().join("first/first.wasm"))?.len();
    ensure!(bytes < 60_000, "it has {bytes} bytes");
    let mut tests = Command::new(env!("CARGO"));
    runs(tests.args(["test", "--quiet", "--lib"]), &place.folder().join("first"))
}

#[test]
fn javascript() -> Result<()> {
    let place = works_at_once("js")?;
    imports_nothing_but_the_contract(&place)?;
    runs(Command::new("npm").arg("test"), &place.folder().join("first"))
}

#[test]
fn typescript() -> Result<()> {
    works_at_once("ts").map(drop)
}

#[test]
fn python() -> Result<()> {
    let place = works_at_once("python")?;
    let mut tests = Command::new("python3");
    let sdk = place.folder().join("first/.bugle/guest-sdk/python");
    tests.args(["-m", "unittest"]).env("PYTHONPATH", sdk);
    runs(&mut tests, &place.folder().join("first"))
}

#[test]
fn c() -> Result<()> {
    works_at_once("c").map(drop)
}

#[test]
fn cpp() -> Result<()> {
    works_at_once("cpp").map(drop)
}

#[test]
fn go() -> Result<()> {
    works_at_once("go").map(drop)
}

#[test]
fn zig() -> Result<()> {
    works_at_once("zig").map(drop)
}

#[test]
fn assemblyscript() -> Result<()> {
    works_at_once("assemblyscript").map(drop)
}
