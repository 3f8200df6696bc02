//! Words without an end: what is kept and shown of them has one.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::script::Script;
use crate::strings::assert_plain;
use crate::{APP, INBOX, json, place, say_plainly};

/// A megabyte.
const LONG: usize = 1024 * 1024;

/// What the largest trigger has room for, beside the acts of a script.
const TRIGGER: usize = 64 * 1024 - 64;

/// The most that a command shows of what one task said: its whole log, which may have 64 KiB, twice over.
const SHOWN_MAX: usize = 128 * 1024;

#[test]
fn what_a_task_says_at_length_is_cut_or_refused() -> Result<()> {
    let place = place()?;
    let run = |name: &str, script: Script| -> Result<Value> {
        place.file("script", Vec::from(script))?;
        let said = say_plainly(&place, &["run", "loud", "--application", "script"])?;
        ensure!(said.len() < SHOWN_MAX, "{name} shows {} bytes", said.len());
        json(&place, &["run", "loud", "--application", "script"])
    };
    let word = "x".repeat(TRIGGER);
    let log = run("a log", Script::of("log", &[word.as_str()]))?;
    let message = log["result"]["log"]["lines"][0]["message"].as_str().context("a line")?;
    ensure!(message.len() <= 2_048, "a line is cut to 2 KiB: {}", message.len());
    for (act, words) in [
        ("set", vec!["path", &word]),
        ("set", vec![&word, "x"]),
        ("toast", vec![&word]),
        ("toast", vec!["x", "x", &word]),
        ("work", vec!["key", &word]),
        ("work", vec![&word, "x"]),
    ] {
        let done = run(act, Script::of(act, &words))?;
        assert_eq!(done["result"]["outcome"], "completed", "{done}");
        let refused = &done["result"]["log"]["lines"][0]["message"];
        ensure!(refused.as_str().is_some_and(|line| line.starts_with("refused")), "{act}: {done}");
    }
    for act in ["fail", "reject"] {
        let done = run(act, Script::of(act, &[word.as_str()]))?;
        let message = done["result"]["message"].as_str().context("it says why")?;
        ensure!(message.len() <= 4_096, "an error is cut to 4 KiB: {}", message.len());
    }
    Ok(())
}

#[test]
fn what_a_sender_says_at_length_is_refused_and_the_next_is_taken() -> Result<()> {
    let place = place()?;
    let address = json(&place, &["channel", "open", INBOX])?;
    let address = address["path"].as_str().context("it has a path")?.to_owned();
    let daemon = place.serve()?;
    let word = "x".repeat(LONG);
    let short = Vec::from(Script::of("log", &["short"]));
    let requests = [
        format!("POST {address} HTTP/1.1\r\nhost: t\r\ncontent-length: {LONG}\r\n\r\n{word}"),
        format!(
            "POST {address} HTTP/1.1\r\nhost: t\r\nx-note: {word}\r\ncontent-length: 1\r\n\r\nx"
        ),
        format!(
            "POST {address} HTTP/1.1\r\nhost: t\r\ncontent-type: {word}\r\ncontent-length: 1\r\n\r\nx"
        ),
        format!("POST /push/{word} HTTP/1.1\r\nhost: t\r\ncontent-length: 1\r\n\r\nx"),
        format!("{word} {address} HTTP/1.1\r\nhost: t\r\ncontent-length: 1\r\n\r\nx"),
        format!("POST {address} HTTP/1.1\r\nhost: {word}\r\ncontent-length: 1\r\n\r\nx"),
        format!("POST {address} HTTP/1.1\r\nhost: t\r\ncontent-length: {word}\r\n\r\nx"),
    ];
    for request in requests {
        let start = request.get(..request.len().min(80)).unwrap_or_default().to_owned();
        let mut connection = daemon.connect()?;
        // The door may close before it has read everything; then there may be no answer either.
        if connection.send(&request).is_ok()
            && let Ok(answer) = connection.answer()
        {
            ensure!((400..500).contains(&answer.status), "{start}: {answer:?}");
            ensure!(answer.body.len() < 1_024, "{start}: {} bytes", answer.body.len());
        }
        assert_eq!(daemon.connect()?.push(&address, &short)?.status, 201, "after {start}");
    }
    let (_, _, log) = daemon.terminate()?;
    assert_plain("the log", &log)?;
    ensure!(log.len() < 8 * 1_024, "a log of {} bytes: {log:.400}", log.len());
    Ok(())
}

/// Installs the app with a word of 200 KB for a value of its manifest, which is refused in a few words.
fn assert_refused_in_a_few_words(keys: &[(&str, &str)]) -> Result<()> {
    let place = place()?;
    let word = "x".repeat(200_000);
    for (key, usual) in keys {
        let app = crate::script::app(APP);
        let app = app.replace(&format!("{key} = \"{usual}\""), &format!("{key} = \"{word}\""));
        let folder = format!("long-{key}");
        place.app(&folder, &app)?;
        for more in [&[][..], &["--json"]] {
            let said = place.bugle(["install", &folder].iter().chain(more))?.refused(2)?;
            ensure!(said.len() < 4_096, "{key}: an error of {} bytes", said.len());
        }
    }
    Ok(())
}

#[test]
fn what_an_author_says_at_length_is_refused_in_a_few_words() -> Result<()> {
    assert_refused_in_a_few_words(&[("id", APP), ("name", "Puppet"), ("version", "1.0.0")])
}

#[test]
fn the_path_of_a_component_is_refused_in_a_few_words() -> Result<()> {
    assert_refused_in_a_few_words(&[("component", "puppet.wasm")])
}

#[test]
fn what_a_caller_says_at_length_is_refused() -> Result<()> {
    let place = place()?;
    // As long as an argument of a program may be on Linux.
    let argument = "x".repeat(100_000);
    for args in [
        &["settings", "get", APP, &argument][..],
        &["settings", "set", APP, &argument, "1"],
        &["push", &argument, "x"],
        &["install", &argument],
        &["runs", "show", &argument],
    ] {
        let said = place.bugle(args)?;
        ensure!(said.code == 2, "{:?}: {}", args[0], said.code);
        // A caller is shown its own words at most once or twice.
        ensure!(said.err.len() < 250_000, "{:?}: an error of {} bytes", args[0], said.err.len());
        assert_plain(args[0], &said.err)?;
    }
    Ok(())
}
