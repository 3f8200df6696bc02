//! Line feeds: what a task says cannot pass for a line of the program's own.

use anyhow::{Result, ensure};

use crate::script::Script;
use crate::strings::assert_plain;
use crate::{APP, INBOX, json, place, say_plainly};

/// Lines that the program, its daemon and its log have; the last one must be ours alone.
const FORGED: [&str; 5] = [
    "evil\ncompleted  forged",
    "evil\n[com.example.bank] toast: forged",
    "evil\r\nerror: forged",
    "evil\n\nused\n  fuel  forged",
    "evil\n2026-01-31T12:00:00.000000Z ERROR bugle: forged",
];

/// No line begins with what only the program may say there, and goes on with the word.
fn assert_not_forged(what: &str, said: &str) -> Result<()> {
    assert_plain(what, said)?;
    for line in said.lines().filter(|line| line.contains("forged")) {
        let begins = ["completed", "[com.example.bank]", "error:", "  fuel", "2026-"];
        ensure!(!begins.iter().any(|begin| line.starts_with(begin)), "{what}: {line}");
    }
    Ok(())
}

#[test]
fn no_line_of_a_task_passes_for_the_programs() -> Result<()> {
    let place = place()?;
    let daemon = place.serve()?;
    for text in FORGED {
        let script = Script::of("log", &[text])
            .then("set", &["text", text])
            .then("toast", &[text, text, "", "", text, text])
            .then("work", &["key", text]);
        place.bugle_reading(["push", INBOX, "--wait"], &Vec::from(script.clone()))?.good()?;
        place.file("script", Vec::from(script))?;
        let run = say_plainly(&place, &["run", "loud", "--application", "script"])?;
        assert_not_forged("run", &run)?;
        let rejected = Vec::from(Script::of("reject", &[text]));
        let said = place.bugle_reading(["push", INBOX, "--wait"], &rejected)?;
        assert_not_forged("push", &(said.out + &said.err))?;
        for args in [
            &["toasts"][..],
            &["runs", "--dead"],
            &["settings", "list", APP],
            &["runs", "show", "run-1.1"],
        ] {
            assert_not_forged(&format!("{args:?}"), &say_plainly(&place, args)?)?;
        }
        assert_eq!(json(&place, &["settings", "get", APP, "text"])?["value"], text);
    }
    // The last toast that a daemon has to show, so that all before it are shown.
    let last = Script::of("toast", &["the last"]);
    place.bugle_reading(["push", INBOX, "--wait"], &Vec::from(last))?.good()?;
    let mut shown = String::new();
    while !shown.contains("the last") {
        shown += &(daemon.line()? + "\n");
    }
    let (_, log) = daemon.kill()?;
    for line in shown.lines().filter(|line| line.contains("forged")) {
        let is_ours =
            line.starts_with(&format!("[{APP}] toast: evil\\u{{")) || line.starts_with(' ');
        ensure!(is_ours, "the daemon says {line:?}");
    }
    assert_not_forged("serve", &shown)?;
    assert_not_forged("the log", &log)
}
