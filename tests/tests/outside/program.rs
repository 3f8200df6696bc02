//! The program's commands, of everything that a task said.

use std::sync::OnceLock;

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::{Place, Said};
use serde_json::Value;

use crate::script::Script;
use crate::strings::{HOSTILE, assert_all_shown, assert_plain, without_colours};
use crate::{APP, INBOX, everywhere, json, place, say_plainly};

/// A place where a task has said each text everywhere, and has rejected and failed with each.
fn said_everything() -> Result<&'static Place> {
    static PLACE: OnceLock<Place> = OnceLock::new();
    if let Some(place) = PLACE.get() {
        return Ok(place);
    }
    let place = place()?;
    let daemon = place.serve()?;
    for text in HOSTILE {
        for (script, code) in [(everywhere(text), 0), (Script::of("reject", &[text]), 1)] {
            let push = ["push", INBOX, "--wait", "--json"];
            let pushed = place.bugle_reading(push, &Vec::from(script))?;
            ensure!(pushed.code == code, "{text:?}: {pushed:?}");
            assert_plain("push --wait --json", &(pushed.out + &pushed.err))?;
        }
    }
    drop(daemon);
    Ok(PLACE.get_or_init(|| place))
}

/// The runs, oldest first: of each text one that completed, and one that rejected it.
fn runs(place: &Place) -> Result<Vec<String>> {
    let runs = json(place, &["runs", "--limit", "1000"])?;
    let ids = runs.as_array().context("a list")?.iter().rev();
    let ids = ids.map(|run| run["run"].as_str().map(str::to_owned).context("it has an id"));
    ids.collect()
}

#[test]
fn lists_show_everything_and_obey_nothing() -> Result<()> {
    let place = said_everything()?;
    for args in [
        &["toasts"][..],
        &["toasts", "--app", APP],
        &["settings", "list", APP],
        &["runs", "--dead", "--limit", "1000"],
    ] {
        let said = say_plainly(place, args)?;
        assert_all_shown(&format!("{args:?}"), &said)?;
        // A guest's colour is no colour: our own are gone from what was said.
        ensure!(said.contains("[31mevil01"), "{args:?} shows a guest's colour: {said}");
    }
    for args in [&["list"][..], &["runs"], &["channel", "list"], &["doctor"]] {
        say_plainly(place, args)?;
    }
    Ok(())
}

#[test]
fn each_run_is_shown_whole_and_plain() -> Result<()> {
    let place = said_everything()?;
    for (run, text) in runs(place)?.chunks(2).zip(HOSTILE) {
        for id in run {
            let said = say_plainly(place, &["runs", "show", id])?;
            ensure!(said.contains(crate::strings::word(text)), "{id} of {text:?}: {said}");
        }
    }
    Ok(())
}

#[test]
fn json_gives_every_text_back() -> Result<()> {
    let place = said_everything()?;
    let settings = json(place, &["settings", "list", APP])?;
    let toasts = json(place, &["toasts"])?;
    let dead = json(place, &["runs", "--dead", "--limit", "1000"])?;
    let has = |list: &Value, text: &str, of: &dyn Fn(&Value) -> Value| {
        list.as_array().is_some_and(|list| list.iter().any(|item| of(item) == text))
    };
    for (run, text) in runs(place)?.chunks(2).zip(HOSTILE) {
        assert_eq!(settings["values"][text]["value"], text, "a setting and its path");
        for field in ["title", "body", "attribution"] {
            let of = |live: &Value| live["toast"][field].clone();
            assert!(has(&toasts, text, &of), "{field} of a toast: {text:?}");
        }
        let label = |live: &Value| live["toast"]["actions"][0]["label"].clone();
        assert!(has(&toasts, text, &label), "an action of a toast: {text:?}");
        assert!(has(&dead, text, &|dead| dead["message"].clone()), "a dead letter: {text:?}");
        let shown = json(place, &["runs", "show", &run[0]])?;
        let result = &shown["report"]["result"];
        assert_eq!(result["log"]["lines"][0]["message"], text, "a line of the log");
        assert_eq!(result["effects"]["settings"]["path"]["value"], text, "an effect");
    }
    Ok(())
}

#[test]
fn one_setting_is_printed_alone() -> Result<()> {
    let place = said_everything()?;
    for text in HOSTILE.iter().filter(|text| !text.contains('\0')) {
        let said = say_plainly(place, &["settings", "get", APP, text])?;
        ensure!(said.contains(crate::strings::word(text)), "{text:?}: {said}");
        assert_eq!(json(place, &["settings", "get", APP, text])?["value"], *text);
    }
    Ok(())
}

#[test]
fn a_test_run_says_everything_plainly() -> Result<()> {
    let place = place()?;
    let all = |start: Script, texts: &[&str]| {
        let say = |script: Script, text: &&str| {
            script.then("log", &[text]).then("set", &[text, text]).then("toast", &[text, text])
        };
        Vec::from(texts.iter().fold(start, say))
    };
    // Eight toasts a run.
    for texts in HOSTILE.chunks(8) {
        place.file("all", all(Script::default(), texts))?;
        let said = say_plainly(&place, &["run", "loud", "--application", "all"])?;
        for text in texts {
            ensure!(said.contains(crate::strings::word(text)), "{text:?}: {said}");
        }
        let answer = json(&place, &["run", "loud", "--application", "all"])?;
        let lines = answer["result"]["log"]["lines"].as_array().context("it has a log")?;
        let messages: Vec<&str> =
            lines.iter().filter_map(|line| line["message"].as_str()).collect();
        assert_eq!(messages, texts);
    }
    for text in HOSTILE {
        for act in ["fail", "reject"] {
            place.file("all", Vec::from(Script::of(act, &[text])))?;
            let said = say_plainly(&place, &["run", "loud", "--application", "all"])?;
            ensure!(said.contains(crate::strings::word(text)), "{act} {text:?}: {said}");
        }
    }
    Ok(())
}

#[test]
fn what_a_caller_says_is_kept_as_it_is() -> Result<()> {
    let place = place()?;
    for text in HOSTILE.iter().filter(|text| !text.contains('\0')) {
        let header = format!("x-note={text}");
        let script = Vec::from(Script::of("log", &["x"]));
        let push = ["push", INBOX, "--wait", "--json", "--content-type", text, "--header", &header];
        let pushed = place.bugle_reading(push, &script)?;
        assert_plain("push", &(pushed.out.clone() + &pushed.err))?;
        ensure!(pushed.code == 0, "{text:?}: {pushed:?}");
        let newest = json(&place, &["runs", "--limit", "1"])?;
        let run = newest[0]["run"].as_str().context("it has an id")?.to_owned();
        say_plainly(&place, &["runs", "show", &run])?;
        let trigger = &json(&place, &["runs", "show", &run])?["input"]["trigger"];
        assert_eq!(trigger["content-type"], *text);
        assert_eq!(trigger["headers"][0]["value"], *text);
        let set = say_plainly(&place, &["settings", "set", APP, text, text])?;
        ensure!(set.contains(crate::strings::word(text)), "{set}");
        assert_eq!(json(&place, &["settings", "get", APP, text])?["value"], *text);
    }
    Ok(())
}

/// Names things that there are not, as a script does that hands on what it was given.
fn assert_not_obeyed(commands: &[fn(&str) -> Vec<&str>]) -> Result<()> {
    let place = place()?;
    for text in HOSTILE.iter().filter(|text| !text.contains('\0')) {
        for args in commands.iter().map(|args| args(text)) {
            for more in [&[][..], &["--color", "always"], &["--json"]] {
                // As on a terminal, where what is said of the command line has styles of its own.
                let mut command = place.command(args.iter().chain(more))?;
                let said = Said::of(command.env("CLICOLOR_FORCE", "1").output()?)?;
                let said = without_colours(&without_styles(&(said.out + &said.err)));
                assert_plain(&format!("{args:?}"), &said)?;
            }
        }
    }
    Ok(())
}

#[test]
fn names_of_things_that_there_are_not_are_not_obeyed() -> Result<()> {
    assert_not_obeyed(&[
        |text| vec!["settings", "get", APP, text],
        |text| vec!["install", text],
        |text| vec!["run", text, "--push", "x"],
        |text| vec!["inspect", text],
        |text| vec!["test", text],
        |text| vec!["build", text],
        |text| vec!["new", text, "--lang", "js"],
        |text| vec!["--host-limits", text, "run", "loud", "--push", "x"],
    ])
}

#[test]
fn arguments_that_are_none_are_not_obeyed() -> Result<()> {
    assert_not_obeyed(&[
        |text| vec!["runs", "show", text],
        |text| vec!["push", text, "x"],
        |text| vec!["remove", text],
        |text| vec!["channel", "open", text],
        |text| vec!["replay", text],
        |text| vec!["serve", "--listen", text],
        |text| vec!["run", "loud", "--push", "x", "--limits", text],
        |text| vec![text],
    ])
}

/// What is said of the command line, without its styles: bold, underlined, coloured.
fn without_styles(text: &str) -> String {
    let styles = ["4", "1m\x1b[4", "1m\x1b[31", "1m\x1b[32", "1m\x1b[33"];
    styles.iter().fold(text.to_owned(), |text, code| text.replace(&format!("\x1b[{code}m"), ""))
}
