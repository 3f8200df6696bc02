//! `bugle profile`: where a run's fuel goes.

use std::fs;

use bugle_tests::program::Place;
use serde_json::Value;

use crate::{mail, place_with};

/// A task that calls one function ten times and another never; the third is the host's.
const SQUARES: &str = r#"(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func $square (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
  (func $never (nop))
  (func $work (local $i i32)
    (loop $again
      (drop (call $square (local.get $i)))
      (br_if $again
        (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
    (if (i32.eqz (local.get $i)) (then (call $never))))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $work)
    (call $log (i32.const 2) (i32.const 0) (i32.const 0))
    (i32.const 0)))"#;

fn squares(place: &Place) -> anyhow::Result<()> {
    let component = bugle_tests::World::load()?.encode(wat::parse_str(SQUARES)?)?;
    place.file("squares.wasm", component)?;
    Ok(())
}

#[test]
fn a_profile_says_what_each_function_used() -> anyhow::Result<()> {
    let place = Place::new()?;
    squares(&place)?;
    let said = place.bugle(["profile", "squares.wasm", "--push", "hi"])?.good()?;
    insta::assert_snapshot!(said, @"");
    let said = place.bugle(["profile", "squares.wasm", "--push", "hi", "--limit", "1"])?.good()?;
    assert!(said.ends_with("more functions; `--limit` shows them\n"), "{said}");
    Ok(())
}

#[test]
fn a_profile_adds_up_to_the_runs_fuel() -> anyhow::Result<()> {
    let (place, _) = place_with("mail")?;
    let content = mail("1");
    let wake = ["mail", "--push", &content, "--at", "2026-01-31T12:00:00Z", "--json"];
    let run = place.bugle(["run"].iter().chain(&wake))?.json()?;
    let profile = place.bugle(["profile"].iter().chain(&wake))?.json()?;
    let fuel = run["result"]["usage"]["fuel"].as_u64();
    assert!(fuel.is_some_and(|fuel| fuel > 1_000), "{run}");
    assert_eq!(profile["fuel"].as_u64(), fuel);
    let functions = profile["functions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own: u64 = functions.iter().filter_map(|function| function["own"].as_u64()).sum();
    assert_eq!(Some(own), fuel);
    assert_eq!(profile["is-exact"], true);
    assert_eq!(profile["outcome"], "completed");
    Ok(())
}

#[test]
fn a_flame_graph_is_a_picture_or_a_file_for_a_tool() -> anyhow::Result<()> {
    let place = Place::new()?;
    squares(&place)?;
    for file in ["p.svg", "p.json"] {
        place.bugle(["profile", "squares.wasm", "--push", "hi", "--output", file])?.good()?;
    }
    let svg = fs::read_to_string(place.folder().join("p.svg"))?;
    assert!(svg.starts_with("<svg ") && svg.contains("<title>square: "), "{svg}");
    let json: Value = serde_json::from_slice(&fs::read(place.folder().join("p.json"))?)?;
    let weights = json["profiles"][0]["weights"].as_array().map(Vec::as_slice).unwrap_or_default();
    let sum: u64 = weights.iter().filter_map(Value::as_u64).sum();
    assert_eq!(json["profiles"][0]["endValue"].as_u64(), Some(sum));
    Ok(())
}

#[test]
fn what_cannot_be_profiled_is_refused_before_anything_is_written() -> anyhow::Result<()> {
    let place = Place::new()?;
    squares(&place)?;
    let refused = place.bugle(["profile", "squares.wasm", "--push", "hi", "--output", "p.png"])?;
    assert!(refused.refused(2)?.contains("ends in `.svg` or in `.json`"));
    let nowhere = ["profile", "squares.wasm", "--push", "hi", "--output", "no/p.svg"];
    assert!(place.bugle(nowhere)?.refused(2)?.contains("`no/p.svg` cannot be written"));
    let none = place.bugle(["profile", "none.wasm", "--push", "hi", "--output", "p.svg"])?;
    none.refused(2)?;
    assert!(!place.folder().join("p.svg").exists());
    Ok(())
}

#[test]
fn a_run_that_fails_is_profiled_too() -> anyhow::Result<()> {
    let (place, _) = place_with("mail")?;
    let said = place.bugle(["profile", "mail", "--push", "no json"])?;
    assert_eq!(said.code, 1);
    assert!(said.out.starts_with("rejected  new-mail of com.example.mail, "), "{}", said.out);
    Ok(())
}
