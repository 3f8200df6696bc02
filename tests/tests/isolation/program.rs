//! The program's commands, by app: what is asked for of one app has nothing of another.

use anyhow::{Result, ensure};
use bugle_tests::program::Place;
use serde_json::Value;

use crate::script::{self, Script};
use crate::{ONE, TWO};

/// A place where both apps have done the same, each with a word of its own.
fn place() -> Result<Place> {
    let place = Place::new()?;
    for (folder, id, word) in [("one", ONE, "quince"), ("two", TWO, "medlar")] {
        place.app(folder, &script::app(id))?;
        place.bugle(["install", folder])?.good()?;
        let inbox = format!("{id}/inbox");
        place.bugle(["channel", "open", &inbox])?.good()?;
        let script = Script::of("set", &["fruit", word])
            .then("log", &[word])
            .then("toast", &[word, "", "tag", "group"])
            .then("work", &["fruit", word]);
        let content = Vec::from(script);
        place.bugle_reading(["push", &inbox, "--wait"], &content)?.good()?;
        let rejected = Vec::from(Script::of("reject", &[word]));
        let said = place.bugle_reading(["push", &inbox, "--wait"], &rejected)?;
        ensure!(said.code == 1, "{said:?}");
    }
    Ok(place)
}

#[test]
fn commands_that_name_an_app_tell_of_that_app() -> Result<()> {
    let place = place()?;
    for (id, word, other) in [(ONE, "quince", TWO), (TWO, "medlar", ONE)] {
        let word_of_other = if word == "quince" { "medlar" } else { "quince" };
        for args in [
            &["runs", "--app", id][..],
            &["runs", "--dead", "--app", id],
            &["toasts", "--app", id],
            &["settings", "list", id],
            &["settings", "get", id, "fruit"],
            &["channel", "list", "--app", id],
        ] {
            for json in [&[][..], &["--json"]] {
                let said = place.bugle(args.iter().chain(json))?.good()?;
                ensure!(said.contains(id) || said.contains(word), "{args:?}: {said}");
                ensure!(!said.contains(other), "{args:?} tells of {other}: {said}");
                ensure!(!said.contains(word_of_other), "{args:?} has another's word: {said}");
            }
        }
    }
    Ok(())
}

#[test]
fn an_apps_runs_are_replayed_with_its_own_settings() -> Result<()> {
    let place = place()?;
    for (id, folder, word) in [(ONE, "one", "quince"), (TWO, "two", "medlar")] {
        let said = place.bugle(["replay", "--app", id, "--with", folder, "--json"])?;
        ensure!(said.code == 0, "{said:?}");
        let word_of_other = if word == "quince" { "medlar" } else { "quince" };
        ensure!(!said.out.contains(word_of_other), "{said:?}");
    }
    // Another app's component is not what its runs were made with: the words are told apart.
    let look = Vec::from(Script::of("get", &["fruit"]));
    let inbox = format!("{ONE}/inbox");
    place.bugle_reading(["push", &inbox, "--wait"], &look)?.good()?;
    let runs: Value = place.bugle(["runs", "--app", ONE, "--json"])?.json()?;
    let newest = runs[0]["run"].as_str().unwrap_or_default().to_owned();
    let replayed = place.bugle(["replay", &newest, "--json"])?.json()?;
    let log = &replayed["replayed"]["result"]["log"];
    assert_eq!(log["lines"][0]["message"], "quince", "{replayed}");
    Ok(())
}
