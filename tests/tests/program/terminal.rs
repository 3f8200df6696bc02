//! What reaches a terminal: nothing that a guest or a sender wrote for it, and colours when wanted.

use std::path::Path;

use anyhow::ensure;
use bugle_tests::fixtures;
use bugle_tests::program::Place;

use crate::{INBOX, MAIL, app_of, mail, place_with, place_with_mail};

/// Whether a terminal would do something else with it than show it.
fn is_obeyed(c: char) -> bool {
    let turns_text =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && c != '\n') || turns_text
}

fn assert_plain(what: &str, text: &str) -> anyhow::Result<()> {
    ensure!(!text.contains(is_obeyed), "{what}: {text:?}");
    Ok(())
}

/// A place with a task that says everywhere what a terminal would obey.
fn place_with_loud() -> anyhow::Result<Place> {
    let place = Place::new()?;
    place.app("loud", &app_of(Path::new(fixtures::LOUD))?)?;
    place.bugle(["install", "loud"])?.good()?;
    place.bugle(["channel", "open", INBOX])?.good()?;
    Ok(place)
}

#[test]
fn nothing_that_a_guest_says_is_obeyed() -> anyhow::Result<()> {
    let place = place_with_loud()?;
    let plain = |args: &[&str]| -> anyhow::Result<()> {
        for json in [&[][..], &["--json"]] {
            let said = place.bugle(args.iter().chain(json))?;
            ensure!(said.code < 2, "{args:?}: {said:?}");
            ensure!(said.out.contains("evil"), "{args:?} does not show it: {said:?}");
            assert_plain(&args.join(" "), &(said.out + &said.err))?;
        }
        Ok(())
    };
    plain(&["run", "loud", "--push", "x"])?;
    plain(&["run", "loud", "--push", "fail"])?;
    plain(&["push", INBOX, "x", "--wait"])?;
    plain(&["push", INBOX, "fail", "--ttl", "0", "--wait"])?;
    plain(&["toasts"])?;
    plain(&["settings", "list", MAIL])?;
    plain(&["settings", "get", MAIL, "text"])?;
    plain(&["runs", "--dead"])?;
    plain(&["runs", "show", "run-1.1"])?;
    Ok(())
}

#[test]
fn a_daemon_shows_toasts_that_nobody_obeys() -> anyhow::Result<()> {
    let place = place_with_loud()?;
    let daemon = place.serve()?;
    place.bugle(["push", INBOX, "x", "--wait"])?.good()?;
    let line = daemon.line()?;
    assert!(line.contains("evil"), "{line}");
    assert_plain("serve", &line)?;
    let (lines, log) = daemon.kill()?;
    assert_plain("serve", &lines.join("\n"))?;
    assert_plain("log", &log)
}

#[test]
fn what_a_caller_says_is_not_obeyed_either() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let evil = "a\u{1b}[2J\u{202e}b";
    for args in [
        &["settings", "get", MAIL, evil][..],
        &["settings", "set", MAIL, evil, "1"],
        &["run", evil, "--push", "x"],
        &["install", evil],
        &["push", INBOX, evil, "--wait"],
    ] {
        let said = place.bugle(args)?;
        assert_plain(&format!("{args:?}"), &(said.out + &said.err))?;
    }
    Ok(())
}

#[test]
fn colours_are_for_those_who_want_them() -> anyhow::Result<()> {
    let (place, _) = place_with("mail")?;
    let mails = mail("1");
    let args = ["run", "mail", "--push", &mails];
    assert_plain("a pipe", &place.bugle(args)?.good()?)?;
    let always = place.bugle(args.iter().chain(&["--color", "always"]))?.good()?;
    assert!(always.starts_with("\u{1b}[32m"), "{always:?}");
    let never = place.bugle(args.iter().chain(&["--color", "never"]))?.good()?;
    assert_plain("never", &never)?;
    let refused =
        place.bugle(["run", "nowhere", "--push", "x", "--color", "always"])?.refused(2)?;
    assert!(refused.starts_with("\u{1b}[31merror:\u{1b}[0m "), "{refused:?}");
    Ok(())
}

#[test]
fn every_command_has_help_with_an_example() -> anyhow::Result<()> {
    let place = Place::new()?;
    for command in [
        "run",
        "profile",
        "serve",
        "install",
        "list",
        "remove",
        "push",
        "channel",
        "settings",
        "toasts",
        "runs",
        "replay",
        "doctor",
        "completions",
    ] {
        let help = place.bugle([command, "--help"])?.good()?;
        assert!(help.contains("Example: "), "{command}: {help}");
        assert!(help.contains(&format!("bugle {command}")), "{command}: {help}");
    }
    let help = place.bugle(["--help"])?.good()?;
    assert!(help.contains("Exit codes: 0 done, 1 a task did not complete, 2 wrong usage, 3"));
    assert_eq!(
        place.bugle(["--version"])?.good()?,
        concat!("bugle ", env!("CARGO_PKG_VERSION"), "\n")
    );
    Ok(())
}

#[test]
fn shells_get_completions() -> anyhow::Result<()> {
    let place = Place::new()?;
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.bugle(["completions", shell])?.good()?;
        assert!(script.contains("settings"), "{shell}");
    }
    assert_eq!(place.bugle(["completions", "none"])?.code, 2);
    Ok(())
}
