//! What is in a component: names of functions, modules, imports and sections are its author's.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::Place;
use bugle_tests::{AppSource, World};
use serde_json::Value;

use crate::script;
use crate::strings::{HOSTILE, assert_plain, word};
use crate::{APP, json, say_plainly};

/// Names of functions that would end a line of a report, or an element of a picture, and go on with another.
const BREAKING: [&str; 3] = [
    "evil\nend_of_record\nSF:forged",
    "</title></g><script>alert(1)</script>evil",
    "evil;evil 1\nevil",
];

/// Text as WebAssembly's text writes it, whatever it is.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        let _ = write!(quoted, "\\{byte:02x}");
    }
    quoted + "\""
}

fn names() -> impl Iterator<Item = &'static str> {
    HOSTILE.into_iter().chain(BREAKING)
}

/// A task of functions with hostile names, each of which calls the next; the last one traps if what is
/// pushed begins with a `t`.
fn named() -> Result<AppSource> {
    let count = names().count();
    let mut functions = String::new();
    for (at, name) in names().enumerate() {
        let call = if at + 1 < count {
            format!("(call {} (local.get 0))", at + 1)
        } else {
            "(if (i32.eq (local.get 0) (i32.const 0x74)) (then (unreachable)))".to_owned()
        };
        let name = quoted(name);
        let _ = writeln!(functions, "(func (@name {name}) (param i32) {call})");
    }
    let module = quoted(HOSTILE[0]);
    let text = format!(
        r#"(module (@name {module})
  {functions}
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $free))
    (global.set $free
      (i32.and (i32.add (i32.add (local.get $at) (local.get 3)) (i32.const 7)) (i32.const -8)))
    (local.get $at))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call 0 (i32.load8_u (i32.wrap_i64 (local.get 3))))
    (i32.const 0)))"#
    );
    let component = World::load()?.encode(wat::parse_str(&text)?)?;
    Ok(script::app(APP).with_component(&component))
}

fn place() -> Result<Place> {
    let place = Place::new()?;
    place.app("named", &named()?)?;
    Ok(place)
}

#[test]
fn a_trace_and_a_profile_name_functions_plainly() -> Result<()> {
    let place = place()?;
    let trapped = say_plainly(&place, &["run", "named", "--push", "trap"])?;
    ensure!(trapped.contains("trapped") && trapped.contains("evil"), "{trapped}");
    json(&place, &["run", "named", "--push", "trap"])?;
    let profile = say_plainly(&place, &["profile", "named", "--push", "x", "--limit", "100"])?;
    for text in HOSTILE {
        ensure!(profile.contains(word(text)), "{}: {profile}", word(text));
    }
    let profile = json(&place, &["profile", "named", "--push", "x"])?.to_string();
    ensure!(profile.contains("evil"), "{profile}");
    Ok(())
}

#[test]
fn a_flame_graph_is_a_picture_and_no_more() -> Result<()> {
    let place = place()?;
    place.bugle(["profile", "named", "--push", "x", "--output", "fuel.svg"])?.good()?;
    let picture = std::fs::read_to_string(place.folder().join("fuel.svg"))?;
    ensure!(!picture.contains("<script"), "a picture runs nothing");
    assert_plain("fuel.svg", &picture)
}

#[test]
fn a_profile_in_a_file_has_the_names_themselves() -> Result<()> {
    let place = place()?;
    place.bugle(["profile", "named", "--push", "x", "--output", "fuel.json"])?.good()?;
    let graph = std::fs::read_to_string(place.folder().join("fuel.json"))?;
    assert_plain("fuel.json", &graph)?;
    let read: Value = serde_json::from_str(&graph)?;
    let frames = read["shared"]["frames"].as_array().context("speedscope's form")?;
    for name in names() {
        let is_there = frames.iter().any(|frame| frame["name"] == name);
        ensure!(is_there, "{name:?} is not among {frames:?}");
    }
    Ok(())
}

#[test]
fn coverage_in_a_file_has_a_line_for_a_line() -> Result<()> {
    let place = place()?;
    place.file(
        "case.toml",
        "[[step]]\npush.text = \"x\"\n[step.expect]\noutcome = \"completed\"\n",
    )?;
    let test = ["test", "case.toml", "--app", "named"];
    let said = say_plainly(&place, &[&test[..], &["--coverage"]].concat())?;
    ensure!(said.contains("1 passed"), "{said}");
    place.bugle([&test[..], &["--lcov", "lcov.info"]].concat())?.good()?;
    let lcov = std::fs::read_to_string(place.folder().join("lcov.info"))?;
    assert_plain("lcov.info", &lcov)?;
    ensure!(!lcov.lines().any(|line| line == "SF:forged"), "{lcov}");
    Ok(())
}

#[test]
fn a_module_is_inspected_plainly() -> Result<()> {
    let place = Place::new()?;
    let mut text = format!("(module (@name {})", quoted(HOSTILE[0]));
    for name in HOSTILE {
        let name = quoted(name);
        let _ = write!(text, "(import {name} {name} (func))");
    }
    text += "(func)";
    for name in HOSTILE {
        let name = quoted(name);
        let _ = write!(text, "(export {name} (func 0))(@custom {name} \"x\")");
    }
    place.file("module.wasm", wat::parse_str(text + ")")?)?;
    let said = say_plainly(&place, &["inspect", "module.wasm"])?;
    for text in HOSTILE {
        ensure!(said.matches(word(text)).count() >= 2, "{}: {said}", word(text));
    }
    let answer = json(&place, &["inspect", "module.wasm"])?.to_string();
    ensure!(answer.contains("evil"), "{answer}");
    // What cannot be installed is refused plainly, too.
    place.app("named", &script::app(APP).with_component(&wat::parse_str("(module)")?))?;
    say_refused(&place, &["install", "named"])?;
    for name in HOSTILE {
        let text = format!("(component (import {} (func)))", quoted(name));
        let Ok(component) = wat::parse_str(&text) else {
            // No import of a component may be called so.
            continue;
        };
        place.app("named", &script::app(APP).with_component(&component))?;
        say_refused(&place, &["install", "named"])?;
    }
    Ok(())
}

fn say_refused(place: &Place, args: &[&str]) -> Result<()> {
    for more in [&[][..], &["--json"]] {
        let said = place.bugle(args.iter().chain(more))?.refused(2)?;
        assert_plain(&format!("{args:?}"), &said)?;
    }
    Ok(())
}
