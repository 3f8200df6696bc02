//! What an app, its author or a sender says, as the outside sees it: harmless in a terminal, and the same
//! text in JSON and in files. One file an idea; `program/terminal.rs` has the first of these tests.

mod build;
mod doors;
mod files;
mod forged;
mod long;
mod manifest;
mod program;
#[path = "../isolation/script.rs"]
mod script;
mod sinks;
mod strings;
mod surrogates;

use anyhow::{Result, ensure};
use bugle_tests::program::Place;
use serde_json::Value;

use crate::script::Script;
use crate::strings::{assert_plain, without_colours};

const APP: &str = "com.example.loud";
const INBOX: &str = "com.example.loud/inbox";

/// A place where the app that does what it is told is installed, and its channel open.
fn place() -> Result<Place> {
    let place = Place::new()?;
    place.app("loud", &script::app(APP))?;
    place.bugle(["install", "loud"])?.good()?;
    place.bugle(["channel", "open", INBOX])?.good()?;
    Ok(place)
}

/// A text of at most 64 bytes, as tags and groups are: it, or another.
fn tag(text: &str) -> &str {
    if text.len() <= 64 { text } else { "tag" }
}

/// Says a text wherever a task can say something, and completes.
fn everywhere(text: &str) -> Script {
    Script::of("log", &[text])
        .then("set", &[text, text])
        .then("set", &["path", text])
        .then("toast", &[text, text, tag(text), tag(text), text, text])
        .then("update", &[tag(text), tag(text), text])
        .then("work", &[tag(text), text])
        .then("badge", &[[7]])
        .then("progress", &[[50]])
}

/// What a command says to a terminal: plain, once our own colours are taken away; all three streams of it.
fn say_plainly(place: &Place, args: &[&str]) -> Result<String> {
    let mut all = String::new();
    for more in [&[][..], &["--color", "always"], &["-v", "--color", "always"]] {
        let said = place.bugle(args.iter().chain(more))?;
        ensure!(said.code < 2, "{args:?}: {said:?}");
        let text = without_colours(&(said.out + &said.err));
        assert_plain(&format!("{args:?}"), &text)?;
        all = text;
    }
    Ok(all)
}

/// What a command answers in JSON, which is plain as well.
fn json(place: &Place, args: &[&str]) -> Result<Value> {
    let said = place.bugle(args.iter().chain(&["--json"]))?;
    ensure!(said.code < 2, "{args:?}: {said:?}");
    assert_plain(&format!("{args:?} --json"), &(said.out.clone() + &said.err))?;
    said.json()
}
