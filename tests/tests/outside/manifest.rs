//! What an author writes in a manifest: names and versions are shown to people.

use anyhow::{Result, ensure};
use bugle_tests::program::Place;

use crate::script;
use crate::strings::{HOSTILE, assert_plain, is_obeyed, without_colours};
use crate::{APP, json, say_plainly};

/// The app with another line in its manifest: a key and its value, as TOML writes texts.
fn with(key: &str, usual: &str, text: &str) -> Result<bugle_tests::AppSource> {
    // A text of TOML is one of JSON, but that DEL is written as an escape there.
    let quoted = serde_json::to_string(text)?.replace('\x7f', "\\u007F");
    Ok(script::app(APP).replace(&format!("{key} = \"{usual}\""), &format!("{key} = {quoted}")))
}

#[test]
fn names_and_versions_are_plain_or_shown_plainly() -> Result<()> {
    for (key, usual) in [("name", "Puppet"), ("version", "1.0.0")] {
        for text in HOSTILE {
            let place = Place::new()?;
            place.app("loud", &with(key, usual, text)?)?;
            let installed = place.bugle(["install", "loud", "--color", "always"])?;
            let said = installed.out.clone() + &installed.err;
            assert_plain("install", &without_colours(&said))?;
            if text.contains(char::is_control) {
                ensure!(installed.code == 2, "{key} {text:?}: {installed:?}");
                ensure!(installed.err.contains("no control characters"), "{installed:?}");
                continue;
            }
            ensure!(installed.code == 0, "{key} {text:?}: {installed:?}");
            say_plainly(&place, &["list"])?;
            assert_eq!(json(&place, &["list"])?[0][key], text);
            place.bugle(["install", "loud", "--json"])?.good()?;
        }
    }
    Ok(())
}

#[test]
fn what_is_no_name_is_refused_in_plain_words() -> Result<()> {
    let keys = [
        ("id", APP),
        ("name", "act"),
        ("component", "puppet.wasm"),
        ("task", "act"),
        ("name", "inbox"),
    ];
    for (key, usual) in keys {
        for text in HOSTILE.into_iter().filter(|text| text.contains(is_obeyed)) {
            let place = Place::new()?;
            place.app("loud", &with(key, usual, text)?)?;
            for more in [&[][..], &["--json"], &["-v", "--color", "always"]] {
                let said = place.bugle(["install", "loud"].iter().chain(more))?;
                ensure!(said.code == 2, "{key} {text:?}: {said:?}");
                assert_plain("install", &without_colours(&(said.out + &said.err)))?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_key_that_there_is_not_is_named_plainly() -> Result<()> {
    for text in HOSTILE {
        let quoted = serde_json::to_string(text)?.replace('\x7f', "\\u007F");
        let place = Place::new()?;
        let mut app = script::app(APP);
        app.manifest.push_str(&format!("{quoted} = 1\n"));
        place.app("loud", &app)?;
        for more in [&[][..], &["--json"]] {
            let said = place.bugle(["install", "loud"].iter().chain(more))?;
            ensure!(said.code == 2, "{text:?}: {said:?}");
            assert_plain("install", &(said.out + &said.err))?;
        }
    }
    Ok(())
}
