//! What cannot be built is refused with one clear line; what was built before stays.

use std::fs;

use anyhow::{Result, ensure};
use bugle_tests::program::{Place, Said, with_compilers};

use crate::authoring::{by_hand, manifest, project};
use crate::filters;

/// The error and the hint of a command that is refused.
fn refused(place: &Place, args: &[&str]) -> Result<String> {
    place.bugle(args)?.refused(2)
}

#[test]
fn a_project_has_a_name_that_is_free_and_a_language() -> Result<()> {
    let place = Place::new()?;
    place.file("taken", "a file")?;
    let new = |name: &str, language: &str| refused(&place, &["new", name, "--lang", language]);
    insta::assert_snapshot!(new("Hello World", "rust")?, @"error: `Hello World` is not a project's name: 1 to 64 of `a-z 0-9 -`, a letter first, no `-` at the end or beside another");
    insta::assert_snapshot!(new("../up", "rust")?, @"error: `../up` is not a project's name: 1 to 64 of `a-z 0-9 -`, a letter first, no `-` at the end or beside another");
    insta::assert_snapshot!(new("bugle-x", "rust")?, @"error: `bugle-x` is a name of bugle's own; choose one that does not begin with `bugle`");
    insta::assert_snapshot!(new("taken", "rust")?, @"error: `taken` is there already; choose another name, or remove it");
    let cobol = new("hello", "cobol")?;
    ensure!(cobol.contains("cobol") && cobol.contains("assemblyscript"), "{cobol}");
    let names: Vec<_> = fs::read_dir(place.folder())?.flatten().map(|e| e.file_name()).collect();
    assert_eq!(names, ["taken"], "nothing was written");
    Ok(())
}

#[test]
fn a_folder_without_a_sound_recipe_is_not_built() -> Result<()> {
    let place = Place::new()?;
    let folder = project(&place, "module = \"task.wat\"")?;
    let build = || refused(&place, &["build", "hand"]);
    let with = |text: &[u8]| -> Result<String> {
        fs::write(folder.join("bugle.toml"), text)?;
        build()
    };
    insta::assert_snapshot!(with(manifest("language = \"cobol\"").as_bytes())?, @"error: hand/bugle.toml:16: `cobol` is not a language that bugle can build; choose one of `rust`, `js`, `ts`, `python`, `c`, `cpp`, `go`, `zig`, `assemblyscript`, or set `command` and `module` for any other");
    insta::assert_snapshot!(with(manifest("module = \"../x\"").as_bytes())?, @"error: hand/bugle.toml:16: a module is a path inside the app's folder, like `task.wasm`");
    insta::assert_snapshot!(with(b"[app]\nid = \"\xff\"\n")?, @"error: `hand/bugle.toml` cannot be used: it is not UTF-8 text");
    let whole = manifest("module = \"x\"");
    let without = whole.split("[build]").next().unwrap_or_default();
    insta::assert_snapshot!(with(without.as_bytes())?, @r#"
    error: hand/bugle.toml has no `[build]` table
    hint: add one, like `[build]` with `language = "rust"`; see AUTHORING.md
    "#);
    fs::remove_file(folder.join("bugle.toml"))?;
    insta::assert_snapshot!(build()?, @"
    error: there is no `bugle.toml` in `hand`
    hint: an app is a folder with a bugle.toml that names it and its tasks
    ");
    Ok(())
}

#[test]
fn a_missing_compiler_is_named_with_the_command_that_brings_it() -> Result<()> {
    let place = Place::new()?;
    let folder = project(&place, "module = \"task.wat\"")?;
    for language in bugle::LANGUAGES {
        fs::write(folder.join("bugle.toml"), manifest(&format!("language = \"{language}\"")))?;
        let mut build = place.command(["build", "hand", "--json"])?;
        let output = build.env("PATH", place.folder()).output()?;
        assert_eq!(output.status.code(), Some(2), "{language}: {output:?}");
        let said: serde_json::Value = serde_json::from_slice(&output.stderr)?;
        assert_eq!(said["error"]["code"], "tools-missing", "{language}: {said}");
        let message = said["error"]["message"].as_str().unwrap_or_default();
        ensure!(message.contains("; run `"), "{language}: {message}");
        ensure!(!message.contains("build --setup"), "{language}: of another folder: {message}");
        ensure!(!folder.join(".bugle").exists(), "{language}: something was written");
    }
    Ok(())
}

#[test]
fn a_command_that_fails_leaves_the_old_component() -> Result<()> {
    let _filters = filters();
    let place = Place::new()?;
    let folder = project(&place, "module = \"task.wat\"")?;
    place.bugle(["build", "hand"])?.good()?;
    let before = fs::read(folder.join("task.wasm"))?;
    let with = |command: &str| -> Result<String> {
        let build = format!("command = {command}\nmodule = \"made\"");
        fs::write(folder.join("bugle.toml"), manifest(&build))?;
        let said = refused(&place, &["build", "hand"])?;
        ensure!(fs::read(folder.join("task.wasm"))? == before, "the component was replaced");
        Ok(said)
    };
    insta::assert_snapshot!(with(r#"["sh", "-c", "echo task.c:3: oops >&2; exit 7"]"#)?, @"
    task.c:3: oops
    error: `sh` ended with exit status: 7; what it said is above
    ");
    insta::assert_snapshot!(with(r#"["no-such-compiler"]"#)?, @"
    error: `no-such-compiler` cannot be started: No such file or directory (os error 2)
    hint: the first word of `command` is a program in your PATH
    ");
    insta::assert_snapshot!(with(r#"["true"]"#)?, @"
    error: the build made no `hand/made`
    hint: `module` in `[build]` of bugle.toml names what the command makes
    ");
    Ok(())
}

#[test]
fn a_module_that_does_not_fit_is_refused_in_words() -> Result<()> {
    let _filters = filters();
    let place = Place::new()?;
    let folder = project(&place, "module = \"task.wat\"")?;
    let with = |content: &[u8]| -> Result<String> {
        fs::write(folder.join("task.wat"), content)?;
        let said = refused(&place, &["build", "hand"])?;
        ensure!(!folder.join("task.wasm").exists(), "a component was written");
        Ok(said)
    };
    let replaced = |from: &str, to: &str| -> Result<String> {
        let text = by_hand()?;
        ensure!(text.contains(from), "the task has no `{from}`");
        with(text.replace(from, to).as_bytes())
    };
    insta::assert_snapshot!(with(b"\x7fELF\x02\x01")?, @"error: `hand/task.wat`: it is not WebAssembly; give a core module or a component, the `.wasm` file that the build wrote");
    insta::assert_snapshot!(with(b"int main() {}")?, @"error: `hand/task.wat`: it is not WebAssembly; give a core module or a component, the `.wasm` file that the build wrote");
    insta::assert_snapshot!(with(b"(module\n  (fnc))")?, @"error: `hand/task.wat`: its text is not WebAssembly: line 2: expected valid module field");
    insta::assert_snapshot!(with(b"\0asm\x01\0\0\0\x01")?, @"error: `hand/task.wat`: it is damaged at byte 9: unexpected end-of-file");
    insta::assert_snapshot!(replaced("bugle:task/log@0.1.0", "env")?, @"error: `hand/task.wat`: the module imports `env` `write`, and a background task may import `bugle:task` and a part of WASI; leave it out");
    insta::assert_snapshot!(replaced("@0.1.0", "@0.0.3")?, @"error: `hand/task.wat`: the module is made for version 0.0.3 of `bugle:task`, and this bugle has 0.1.0; make its bindings anew from the `wit/` of this bugle");
    insta::assert_snapshot!(replaced("task/log@", "task/window@")?, @"error: `hand/task.wat`: the module imports `bugle:task/window@0.1.0`, which `bugle:task` does not have; see its `wit/`");
    insta::assert_snapshot!(replaced("entry@0.1.0#run", "entry@0.1.0#walk")?, @"
    error: `hand/task.wat`: the module does not export `bugle:task/entry@0.1.0#run`, the function that a trigger wakes
    hint: the page ANY-LANGUAGE.md shows what a module must have
    ");
    insta::assert_snapshot!(replaced("(param $level i32) ", "")?, @"
    error: `hand/task.wat`: the module cannot be made a component: failed to resolve import `bugle:task/log@0.1.0::write`: failed to validate import interface `bugle:task/log@0.1.0`: type mismatch for function `write`: expected `[I32, I32, I32] -> []` but found `[I32, I32] -> []`
    hint: the page ANY-LANGUAGE.md shows what a module must have
    ");
    // A component is taken as it is, and then it has to be one of ours.
    insta::assert_snapshot!(with(b"(component)")?, @"error: `hand/task.wasm`: the component does not export `bugle:task/entry@0.1.0`; build it for the world `bugle:task/background-task`");
    let other = "(component (import \"bugle:task/log@0.2.0\" (instance)))";
    insta::assert_snapshot!(with(other.as_bytes())?, @"error: `hand/task.wasm`: the component imports `bugle:task/log@0.2.0`: this host has version 0.1 of the contract; build it against that");
    Ok(())
}

#[test]
fn a_build_replaces_a_component_and_no_other_file() -> Result<()> {
    let place = Place::new()?;
    let folder = project(&place, "module = \"task.wat\"")?;
    let text = manifest("module = \"task.wat\"");
    for file in ["task.wat", "bugle.toml"] {
        let named = text.replace("task.wasm", file);
        ensure!(named != text, "the manifest names its component");
        fs::write(folder.join("bugle.toml"), &named)?;
        let said = refused(&place, &["build", "hand"])?;
        ensure!(said.contains("would write over it") && said.contains("hint: name"), "{said}");
        assert_eq!(fs::read_to_string(folder.join("bugle.toml"))?, named);
        assert_eq!(fs::read_to_string(folder.join("task.wat"))?, by_hand()?);
    }
    Ok(())
}

#[test]
fn a_project_that_was_not_built_says_so() -> Result<()> {
    let place = Place::new()?;
    project(&place, "module = \"task.wat\"")?;
    for args in [
        &["run", "hand", "--push", "x"][..],
        &["install", "hand"],
        &["profile", "hand", "--push", "x"],
    ] {
        let said = refused(&place, args)?;
        let parts = ["hand/task.wasm` is not there yet; build it with `bugle build ", "hand`\n"];
        ensure!(parts.iter().all(|part| said.contains(part)), "{args:?}: {said}");
    }
    Ok(())
}

/// What `bugle build` says of a new project after something was done to its source.
fn spoiled(language: &str, source: &str, content: Option<&[u8]>) -> Result<String> {
    let place = Place::new()?;
    place.bugle(["new", "hello", "--lang", language])?.good()?;
    let path = place.folder().join("hello").join(source);
    match content {
        Some(content) => fs::write(path, content)?,
        None => fs::remove_file(path)?,
    }
    let build = Said::of(with_compilers(&mut place.command(["build", "hello"])?).output()?)?;
    ensure!(!place.folder().join("hello/hello.wasm").exists(), "{language}: there is a component");
    build.refused(2)
}

#[test]
fn a_source_that_cannot_be_a_task_is_told_with_its_place() -> Result<()> {
    insta::assert_snapshot!(spoiled("ts", "src/task.ts", Some(b"let a;\nlet b = \"\xff\";\n"))?, @"
    error: `hello/src/task.ts`, line 2: this is no text in UTF-8
    hint: save the file as UTF-8
    ");
    insta::assert_snapshot!(spoiled("python", "task.py", None)?, @"
    error: there is no `hello/task.py`, which the task is built from
    hint: name it by `source` in `[build]` of bugle.toml
    ");
    insta::assert_snapshot!(spoiled("go", "go.mod", None)?, @"
    error: there is no `hello/go.mod`, which the task is built from
    hint: `bugle new` writes one: see what it has in a new project of the language
    ");
    let no_run = spoiled("js", "src/task.js", Some(b"export const walk = () => {};\n"))?;
    ensure!(no_run.contains("\"run\"") && no_run.contains("task.js"), "{no_run}");
    Ok(())
}
