//! `bugle replay` with a new build, and as a case.

use std::fs;
use std::path::Path;

use bugle_tests::program::Place;
use bugle_tests::{World, puppet};

const PUPPET: &str = "com.example.puppet";

/// A place where the puppet has run for each of some pushes.
fn place_with_runs(contents: &[&str]) -> anyhow::Result<Place> {
    let place = Place::new()?;
    place.app("puppet", &puppet(PUPPET))?;
    place.bugle(["install", "puppet"])?.good()?;
    place.bugle(["channel", "open", "com.example.puppet/inbox"])?.good()?;
    for content in contents {
        place.bugle(["push", "com.example.puppet/inbox", content])?;
    }
    Ok(place)
}

/// The puppet's component with a piece of its text replaced.
fn changed(place: &Place, from: &str, to: &str) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/puppet.wat");
    let text = fs::read_to_string(path)?;
    anyhow::ensure!(text.contains(from), "the puppet has no `{from}`");
    let component = World::load()?.encode(wat::parse_str(text.replace(from, to))?)?;
    place.file("new.wasm", component)?;
    Ok(())
}

/// Counts by two.
const STEP: (&str, &str) =
    ("(i64.add (local.get $n) (i64.const 1))", "(i64.add (local.get $n) (i64.const 2))");

/// Does the same for one more unit of fuel.
const DEARER: (&str, &str) =
    ("(func $count\n    (local $n i64)", "(func $count\n    (local $n i64) (drop (i32.const 1))");

#[test]
fn a_new_build_that_does_the_same_differs_in_fuel_only() -> anyhow::Result<()> {
    let place = place_with_runs(&["thello", "-"])?;
    changed(&place, DEARER.0, DEARER.1)?;
    let said = place.bugle(["replay", "run-1.1", "--with", "new.wasm"])?.good()?;
    insta::assert_snapshot!(said, @"");
    let said = place.bugle(["replay", "--app", PUPPET, "--since", "1h", "--with", "new.wasm"])?;
    insta::assert_snapshot!(said.good()?, @"");
    Ok(())
}

#[test]
fn a_replay_with_a_new_build_names_what_would_change() -> anyhow::Result<()> {
    let place = place_with_runs(&["thello", "-", "rno"])?;
    changed(&place, STEP.0, STEP.1)?;
    let said = place.bugle(["replay", "run-2.1", "--with", "new.wasm"])?;
    assert_eq!(said.code, 1, "{said:#?}");
    insta::assert_snapshot!(said.out, @"");
    let said = place.bugle(["replay", "--app", PUPPET, "--with", "new.wasm"])?;
    assert_eq!(said.code, 1, "{said:#?}");
    insta::assert_snapshot!(said.out, @"");
    let said = place.bugle(["replay", "--app", PUPPET, "--with", "new.wasm", "--json"])?.json()?;
    assert_eq!(said["different"][0]["run"], "run-1.1");
    assert_eq!(said["different"][1]["is-same"], false);
    let said = place.bugle(["replay", "--app", PUPPET, "--with", "puppet"])?.good()?;
    assert!(said.starts_with("3 runs of com.example.puppet: 3 the same, 0 different\n"), "{said}");
    Ok(())
}

#[test]
fn a_trial_reads_beside_a_daemon_and_changes_nothing() -> anyhow::Result<()> {
    let place = place_with_runs(&["thello"])?;
    changed(&place, STEP.0, STEP.1)?;
    let daemon = place.serve()?;
    let before = place.bugle(["runs", "--json"])?.good()?;
    let settings = place.bugle(["settings", "list", PUPPET])?.good()?;
    assert_eq!(place.bugle(["replay", "--app", PUPPET, "--with", "new.wasm"])?.code, 1);
    assert_eq!(place.bugle(["runs", "--json"])?.good()?, before);
    assert_eq!(place.bugle(["settings", "list", PUPPET])?.good()?, settings);
    drop(daemon);
    Ok(())
}

#[test]
fn a_kept_run_becomes_a_case() -> anyhow::Result<()> {
    let place = place_with_runs(&["thello", "fno network"])?;
    fs::create_dir(place.folder().join("puppet/tests"))?;
    for (run, file) in [("run-1.1", "shown.toml"), ("run-2.1", "failed.toml")] {
        let path = format!("puppet/tests/{file}");
        let said = place.bugle(["replay", run, "--export", &path])?.good()?;
        assert!(said.starts_with(&format!("wrote {path}: {run}, ")), "{said}");
        let refused = place.bugle(["replay", run, "--export", &path])?.refused(2)?;
        assert!(refused.contains("is there already"), "{refused}");
    }
    let app = bugle::TestApp::open(&place.folder().join("puppet"), compiler(), None)?;
    for file in ["shown.toml", "failed.toml"] {
        let case = bugle_cases::Case::read(&place.folder().join("puppet/tests").join(file))?;
        case.prepare(&app)?;
        let report = case.run(&app, &|task, input| app.run(task, input), 1)?;
        assert!(report.is_passed(), "{file}: {report:#?}");
    }
    Ok(())
}

fn compiler() -> bugle::Compiler {
    bugle::Compiler::InProcess
}

#[test]
fn what_cannot_be_tried_is_refused() -> anyhow::Result<()> {
    let place = place_with_runs(&["-"])?;
    let refused = |args: &[&str]| place.bugle(args)?.refused(2);
    assert!(refused(&["replay"])?.contains("required"));
    assert!(refused(&["replay", "--app", PUPPET])?.contains("--with"));
    assert!(refused(&["replay", "run-1.1", "--since", "1d"])?.contains("--app"));
    place.file("module.wasm", b"\0asm\x01\0\0\0")?;
    let module = refused(&["replay", "run-1.1", "--with", "module.wasm"])?;
    assert!(module.contains("core module, not a component"), "{module}");
    let (other, _) = crate::place_with("mail")?;
    let mail = other.folder().join("mail");
    let mail = mail.to_str().unwrap_or_default();
    let foreign = refused(&["replay", "run-1.1", "--with", mail])?;
    assert!(foreign.contains("the new build is of `com.example.mail`"), "{foreign}");
    let empty = Place::new()?;
    let nothing = empty.bugle(["replay", "--app", PUPPET, "--with", "x.wasm"])?.refused(2)?;
    assert!(nothing.contains("nothing is kept"), "{nothing}");
    Ok(())
}
