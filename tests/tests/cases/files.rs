//! Files that are not as they must be.

use anyhow::Result;
use bugle_tests::program::Place;

use crate::Scene;

/// What a file is refused with, without where it is.
fn refusal(case: &str) -> Result<String> {
    let said = Scene::with(case)?.test(&[])?.refused(2)?;
    let message = said.lines().next().unwrap_or_default();
    let (_, message) = message.split_once("one.toml:").unwrap_or(("", message));
    Ok(message.to_owned())
}

#[test]
fn what_is_wrong_is_said_with_its_line() -> Result<()> {
    let step = "[[step]]\npush.text = \"x\"\n[step.expect]\n";
    let cases = [
        ("", "1: the case has no step, so that it could not fail; add a `[[step]]`"),
        ("a b", "1: "),
        ("[before]\ncolour = 1\n", "2: `colour` is not known here; what is known is `settings-"),
        ("[[step]]\n\n", "1: a step has a trigger: one of `push`, `application`, `custom`"),
        ("[[step]]\npush.text = 5\n", "2: this is a whole number, not text"),
        (
            "[[step]]\npush = {}\n",
            "2: there is one content: one of `text`, `json`, `file`, `base64`",
        ),
        (
            "[[step]]\npush.text = \"x\"\nsystem = \"user-away\"\n",
            "3: a step has one trigger, and this has `push` and `system`",
        ),
        ("[[step]]\npush.file = \"../x\"\n", "2: a file is beside the case, or in a folder there"),
        ("[[step]]\npush.base64 = \"?\"\n", "2: this is no base64: "),
        ("[[step]]\nafter = \"soon\"\n", "2: `soon` is no length of time, like"),
        ("[[step]]\nlimits = { speed = 1 }\n", "2: there is no limit `speed`; the limits are fuel"),
        ("[[step]]\nlimits = { fuel = 0 }\n", "2: `fuel` is 1 to 100000000000 units"),
        ("[before.settings]\n\"a//b\" = 1\n", "2: `a//b`: a name in a path has at least 1 byte"),
        ("[before]\nbadge = \"smile\"\n", "2: `smile` is not known here; what is known is `act"),
        ("[before]\ntime = 2026-01-31\n", "2: `2026-01-31` is no moment since 1970"),
        ("[[before.toasts]]\nbody = \"x\"\n", "1: the title is empty"),
        (&format!("{step}outcome = \"good\"\n"), "4: `good` is not known here; what is known is"),
        (&format!("{step}message = \"x\"\n"), "3: `message` needs an `outcome` that has one"),
        (&format!("{step}badge = {{ matches = \"x\" }}\n"), "4: `matches` is for text"),
        (
            &format!("{step}outcome = \"failed\"\nmessage = {{ matches = \"(\" }}\n"),
            "5: this is no regular expression: unclosed group",
        ),
        (&format!("{step}toasts = [\n  {{ titel = \"x\" }},\n]\n"), "5: `titel` is not known here"),
        (&format!("{step}log = {{ count = 1, includes = [] }}\n"), "4: this is a list, or either"),
        (&format!("{step}fuel-max = -1\n"), "4: -1 is out of range here"),
        (
            "[[step]]\npush.text = \"x\"\n",
            "1: no step has a `[step.expect]`, so that the case could",
        ),
    ];
    for (case, expected) in cases {
        let said = refusal(case)?;
        assert!(said.starts_with(expected), "{case}\nsaid {said}\nnot  {expected}");
    }
    Ok(())
}

#[test]
fn a_case_that_does_not_fit_its_app_is_refused_with_the_step() -> Result<()> {
    let expect = "\n[step.expect]\nbadge = \"none\"\n";
    let large = format!("push.text = \"{}\"", "x".repeat(5_001));
    let cases = [
        (
            "task = \"other\"\n[[step]]\npush.text = \"x\"",
            "2: the app `com.example.puppet` has no task",
        ),
        ("[[step]]\npush.text = \"\"", "1: the push is empty"),
        (&format!("[[step]]\n{large}"), "1: the content has 5001 bytes, and may have 5000"),
        (
            "[[step]]\ncustom = { kind = \"x\", text = \"\" }",
            "1: `x` is not a custom kind: reverse-DNS",
        ),
    ];
    for (case, expected) in cases {
        let said = refusal(&format!("{case}{expect}"))?;
        assert!(said.starts_with(expected), "{case}\nsaid {said}\nnot  {expected}");
    }
    Ok(())
}

#[test]
fn what_is_not_there_is_said() -> Result<()> {
    let place = Place::new()?;
    let refused = |args: &[&str]| place.bugle([&["test"], args].concat())?.refused(2);
    assert!(refused(&["nowhere"])?.contains("`nowhere`: "));
    assert!(refused(&[])?.contains("there is no case in `.`; write one as `tests/NAME.toml`"));
    place.file("one.toml", "[[step]]\nsystem = \"user-away\"\n[step.expect]\nbadge = 1\n")?;
    assert!(refused(&["one.toml"])?.contains("there is no `bugle.toml` above it"));
    place.file("text.toml", b"\xff")?;
    assert!(refused(&["text.toml"])?.contains("`text.toml`: it is not UTF-8 text"));
    let scene = Scene::with("[[step]]\npush.text = \"x\"\n[step.expect]\nbadge = \"none\"\n")?;
    let said = scene.test(&["--filter", "two"])?.refused(2)?;
    assert!(said.contains("no case has `two` in its name"));
    std::fs::remove_file(scene.cases.join("../puppet.wasm"))?;
    assert!(scene.test(&[])?.refused(2)?.contains("build it with `bugle build"));
    Ok(())
}
