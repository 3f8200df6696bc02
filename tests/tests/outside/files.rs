//! Files that commands write: cases of kept runs, and reports of tests.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::Place;

use crate::script::Script;
use crate::strings::{HOSTILE, assert_plain, word};
use crate::{APP, INBOX, json, place, say_plainly, tag};

#[test]
fn a_run_becomes_a_case_with_the_same_texts() -> Result<()> {
    let place = place()?;
    let daemon = place.serve()?;
    for (at, text) in HOSTILE.into_iter().enumerate() {
        let script = Script::of("log", &[text])
            .then("set", &[text, text])
            .then("toast", &[text, text, tag(text), tag(text), text, text])
            .then("work", &[tag(text), text]);
        let push = ["push", INBOX, "--wait", "--json"];
        let pushed = place.bugle_reading(push, &Vec::from(script))?;
        ensure!(pushed.code == 0, "{text:?}: {pushed:?}");
        let newest = json(&place, &["runs", "--limit", "1"])?;
        let run = newest[0]["run"].as_str().context("it has an id")?.to_owned();
        let case = format!("case{at}.toml");
        say_plainly_once(&place, &["replay", &run, "--export", &case])?;
        let written = fs::read_to_string(place.folder().join(&case))?;
        ensure!(written.contains(word(text)), "{text:?}: {written}");
        assert_plain(&format!("{case} of {text:?}"), &written)?;
        // The case expects all that the run did, and the task does it again.
        let tested = say_plainly(&place, &["test", &case, "--app", "loud"])?;
        ensure!(tested.contains("1 passed"), "{text:?}: {tested}");
    }
    drop(daemon);
    Ok(())
}

fn say_plainly_once(place: &Place, args: &[&str]) -> Result<()> {
    let said = place.bugle(args)?;
    ensure!(said.code == 0, "{said:?}");
    assert_plain(&format!("{args:?}"), &(said.out + &said.err))
}

/// A case that fails, because something else is expected than the text.
fn failing(text: &str) -> Result<String> {
    let content = Vec::from(Script::of("log", &[text]).then("set", &["path", text]));
    let content = serde_json::to_value(bugle::task::Bytes(content))?;
    let expected = serde_json::to_string(&format!("not {text}"))?.replace('\x7f', "\\u007F");
    Ok(format!(
        "[[step]]\npush.base64 = {content}\n[step.expect]\nsettings = {{ path = {expected} }}\n"
    ))
}

/// A place with such a case of each text.
fn place_with_failing() -> Result<Place> {
    let place = place()?;
    let folder = place.folder().join("cases");
    fs::create_dir(&folder)?;
    for (at, text) in HOSTILE.into_iter().enumerate() {
        fs::write(folder.join(format!("case{at:02}.toml")), failing(text)?)?;
    }
    Ok(place)
}

const TEST: [&str; 4] = ["test", "cases", "--app", "loud"];

#[test]
fn what_failing_cases_say_is_plain() -> Result<()> {
    let place = place_with_failing()?;
    let said = say_plainly(&place, &[&TEST[..], &["--github"]].concat())?;
    for text in HOSTILE {
        ensure!(said.contains(word(text)), "{}: {said}", word(text));
    }
    let answer = json(&place, &TEST)?;
    assert_eq!(answer["failed"], HOSTILE.len());
    Ok(())
}

#[test]
fn a_report_in_xml_is_plain_and_whole() -> Result<()> {
    let place = place_with_failing()?;
    let reported = place.bugle([&TEST[..], &["--junit", "junit.xml"]].concat())?;
    ensure!(reported.code == 1, "{reported:?}");
    let xml = fs::read_to_string(place.folder().join("junit.xml"))?;
    assert_plain("junit.xml", &xml)?;
    ensure!(!xml.contains("<script"), "{xml}");
    // A declaration, and two tags of each of suites, suite, case and failure.
    assert_eq!(xml.matches('<').count(), 1 + 4 + 4 * HOSTILE.len(), "{xml}");
    assert_eq!(xml.matches('<').count(), xml.matches('>').count(), "{xml}");
    Ok(())
}

#[test]
fn a_case_that_is_accepted_has_the_text_itself() -> Result<()> {
    let place = place()?;
    for text in HOSTILE {
        let case = place.file("case.toml", failing(text)?)?;
        let accepted = place.bugle(["test", "case.toml", "--app", "loud", "--accept"])?;
        ensure!(accepted.code == 0, "{text:?}: {accepted:?}");
        assert_plain("test --accept", &(accepted.out + &accepted.err))?;
        assert_plain("case.toml", &fs::read_to_string(case)?)?;
        let tested = say_plainly(&place, &["test", "case.toml", "--app", "loud"])?;
        ensure!(tested.contains("1 passed"), "{text:?}: {tested}");
    }
    ensure!(place.bugle(["settings", "list", APP])?.code == 0);
    Ok(())
}
