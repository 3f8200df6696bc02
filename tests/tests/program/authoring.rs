//! What authors do: begin a project, build it, look at what came of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::Place;
use insta::internals::SettingsBindDropGuard;

use crate::filters;

/// Takes out of snapshots what another version of the contract or of a tool would change.
fn sizes_left_out() -> SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\b[\d,]+ bytes", "[bytes] bytes");
    settings.add_filter(r"(?m)^ +[\d,]+  ([a-z])", "  [bytes]  $1");
    settings.add_filter(r"wit-component [\d.]+", "wit-component [version]");
    settings.bind_to_scope()
}

/// A manifest whose `[build]` table is as given.
pub(crate) fn manifest(build: &str) -> String {
    format!(
        r#"[app]
id = "com.example.by-hand"
name = "By hand"
version = "1.0.0"

[[task]]
name = "wake"
component = "task.wasm"
triggers = ["raw-notification"]

[[channel]]
name = "inbox"
task = "wake"

[build]
{build}
"#
    )
}

/// The task of the page on other languages.
pub(crate) fn by_hand() -> Result<String> {
    Ok(fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/by-hand.wat"))?)
}

/// A project in the place's folder `hand`, with the task by hand as `task.wat`.
pub(crate) fn project(place: &Place, build: &str) -> Result<PathBuf> {
    let folder = place.folder().join("hand");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("bugle.toml"), manifest(build))?;
    fs::write(folder.join("task.wat"), by_hand()?)?;
    Ok(folder)
}

#[test]
fn a_module_by_hand_becomes_a_task() -> Result<()> {
    let _filters = filters();
    let _sizes = sizes_left_out();
    let place = Place::new()?;
    let folder = project(&place, "module = \"task.wat\"")?;
    insta::assert_snapshot!(place.bugle(["build", "hand"])?.good()?, @"
    built com.example.by-hand: hand/task.wasm, [bytes] bytes
    imports
      bugle:task/types@0.1.0
      bugle:task/local-settings@0.1.0
      bugle:task/toasts@0.1.0
      bugle:task/log@0.1.0
      bugle:task/trigger-details@0.1.0
    ");
    let run = ["run", "hand", "--push", "hello", "--setting", "unread=2"];
    insta::assert_snapshot!(place.bugle(run)?.good()?, @"
    completed  wake of com.example.by-hand, [time]
    toasts
      New message
        hello
    settings
      unread  2 -> 3
    log
      info   New message
    used …
    ");
    // From the project's own folder as from outside, and the same to the byte.
    let first = fs::read(folder.join("task.wasm"))?;
    let mut again = place.command(["build"])?;
    ensure!(again.current_dir(&folder).status()?.success());
    ensure!(fs::read(folder.join("task.wasm"))? == first, "a second build differs");
    Ok(())
}

#[test]
fn the_page_on_other_languages_has_the_task_by_hand() -> Result<()> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/docs/ANY-LANGUAGE.md");
    let page = fs::read_to_string(page)?;
    ensure!(page.contains(&format!("```wat\n{}```", by_hand()?)), "the page has another task");
    Ok(())
}

#[test]
fn a_command_makes_the_module_and_its_words_are_passed_on() -> Result<()> {
    let place = Place::new()?;
    let command = "command = [\"sh\", \"-c\", \"echo compiling; cp task.wat made\"]";
    let folder = project(&place, &format!("{command}\nmodule = \"made\""))?;
    let said = place.bugle(["build", "hand", "--json"])?;
    ensure!(said.code == 0 && said.err == "compiling\n", "{said:#?}");
    let json = said.json()?;
    assert_eq!(json["imports"][1], "bugle:task/local-settings@0.1.0");
    let symbols = format!("hand/.bugle/symbols/{}.wasm", json["sha256"].as_str().unwrap_or(""));
    assert_eq!(json["symbols"], symbols);
    ensure!(place.folder().join(symbols).is_file(), "the symbols are not where they should be");
    ensure!(folder.join(".bugle/wit/world.wit").is_file(), "the contract is not laid out");
    Ok(())
}

#[test]
fn a_component_keeps_its_names_and_debug_information_beside_it() -> Result<()> {
    let place = Place::new()?;
    let folder = project(&place, "module = \"task.wat\"")?;
    let named = by_hand()?.replace("(module", "(module $by-hand (@custom \".debug_line\" \"x\")");
    fs::write(folder.join("task.wat"), named)?;
    let json = place.bugle(["build", "hand", "--json"])?.json()?;
    let symbols = json["symbols"].as_str().context("symbols have a path")?;
    let custom = |file: &str| -> Result<Vec<String>> {
        let found = place.bugle(["inspect", file, "--json"])?.json()?;
        let custom = found["parts"]["custom"].as_object().context("parts are told")?.clone();
        Ok(custom.into_iter().map(|(name, _)| name).collect())
    };
    assert_eq!(custom(symbols)?, [".debug_line", "component-name", "name", "producers"]);
    assert_eq!(custom("hand/task.wasm")?, ["producers"]);
    Ok(())
}

#[test]
fn what_a_component_is_can_be_looked_at() -> Result<()> {
    let _filters = filters();
    let _sizes = sizes_left_out();
    let place = Place::new()?;
    project(&place, "module = \"task.wat\"")?;
    place.bugle(["build", "hand"])?.good()?;
    insta::assert_snapshot!(place.bugle(["inspect", "hand/task.wasm"])?.good()?, @"
    component  [bytes] bytes
      this host admits it
      sha256 [digest]
      world bugle:task/background-task@0.1.0
    imports
      bugle:task/types@0.1.0
      bugle:task/local-settings@0.1.0
      bugle:task/toasts@0.1.0
      bugle:task/log@0.1.0
      bugle:task/trigger-details@0.1.0
    exports
      bugle:task/entry@0.1.0
    needs
      memory          128 KiB, in 1
      table elements  4, in 1
      core instances  3
      functions       6
    bytes
      [bytes]  code
      [bytes]  data
      [bytes]  producers
      [bytes]  types, imports, exports and framing
      [bytes]  module 0, 2 functions
      [bytes]  module 1, 4 functions
      [bytes]  module 2, 0 functions
    made by
      processed-by  wit-component [version]
    ");
    place.file("core.wasm", b"\0asm\x01\0\0\0")?;
    insta::assert_snapshot!(place.bugle(["inspect", "core.wasm"])?.good()?, @"
    core module  [bytes] bytes
      this host refuses it: the file is a core module, not a component; build it as a component of the world `bugle:task/background-task`
      sha256 [digest]
    needs
      memory          0 B, in 0
      table elements  0, in 0
      core instances  1
      functions       0
    bytes
      [bytes]  code
      [bytes]  data
      [bytes]  types, imports, exports and framing
    ");
    Ok(())
}

#[test]
fn every_language_has_a_template() -> Result<()> {
    let place = Place::new()?;
    for language in bugle::LANGUAGES {
        let name = format!("new-{language}");
        place.bugle(["new", &name, "--lang", language])?.good()?;
        let folder = place.folder().join(&name);
        for file in ["bugle.toml", "README.md", ".gitignore", ".bugle/wit/world.wit"] {
            ensure!(folder.join(file).is_file(), "{language} has no {file}");
        }
        let cases = fs::read_dir(folder.join("tests"))?.flatten();
        let is_case = |path: &Path| path.extension().is_some_and(|ending| ending == "toml");
        ensure!(cases.map(|case| case.path()).any(|path| is_case(&path)), "{language} has no case");
        let manifest = fs::read_to_string(folder.join("bugle.toml"))?;
        ensure!(manifest.contains(&format!("com.example.{name}")), "{manifest}");
        ensure!(manifest.contains(&format!("language = \"{language}\"")), "{manifest}");
        no_placeholder_is_left(&folder)?;
    }
    Ok(())
}

fn no_placeholder_is_left(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.to_string_lossy().into_owned();
        ensure!(!name.ends_with(".in") && !name.contains("{{"), "{name}");
        if name.ends_with("/.bugle") {
            continue;
        } else if path.is_dir() {
            no_placeholder_is_left(&path)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            ensure!(!text.contains("{{name}}") && !text.contains("{{app-id}}"), "{name}");
        }
    }
    Ok(())
}
