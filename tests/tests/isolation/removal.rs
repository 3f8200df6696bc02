//! A removed app leaves nothing behind, and everything of the others.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use bugle::RunFilter;
use bugle_tests::Scene;

use crate::script::Script;
use crate::{ONE, TWO, app, contents, kept, run, said, text, two};

/// Does everything of which something is kept, each time with a word that nothing else has.
fn fill(scene: &Scene, id: &str, word: &str) -> Result<()> {
    let script = Script::of("set", &["word", word])
        .then("toast", &[word, word, "tag", "group", word, word])
        .then("log", &[word])
        .then("work", &["word", word])
        .then("badge", &[[4]]);
    run(scene, id, script)?;
    scene.push(&format!("{id}/alerts"), Script::of("reject", &[word]))?.ending().wait()?;
    Ok(())
}

/// How often a word is in the files of a folder, and in which.
fn find(folder: &Path, word: &str, found: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, word, found)?;
            continue;
        }
        let bytes = fs::read(&path)?;
        let count = bytes.windows(word.len()).filter(|part| *part == word.as_bytes()).count();
        if count > 0 {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            found.push(format!("{name}: {count}"));
        }
    }
    Ok(())
}

#[test]
fn what_is_left_is_whole_and_what_is_gone_is_gone() -> Result<()> {
    let mut scene = two().on_disk().start()?;
    fill(&scene, ONE, "quince")?;
    fill(&scene, TWO, "medlar")?;
    let address = scene.open(&format!("{TWO}/inbox"))?.address().clone();
    let credentials = app(&scene, TWO)?.credentials().wait()?;
    scene.host().remove(&ONE.parse()?).wait()?;
    scene.settle();
    // What is named by the app, or by what it had, is not there.
    let reader = scene.reader();
    assert!(scene.host().app(&ONE.parse()?).is_err());
    let all = RunFilter { limit: 1_000, ..RunFilter::default() };
    let of_two = |found: &[String]| found.iter().all(|app| app == TWO);
    let runs: Vec<_> = reader.runs(&all)?.iter().map(|run| run.app.to_string()).collect();
    assert!(of_two(&runs) && runs.len() == 2, "{runs:?}");
    let toasts: Vec<_> =
        reader.toasts(None)?.iter().map(|toast| toast.app_id.to_string()).collect();
    assert!(of_two(&toasts) && toasts.len() == 1, "{toasts:?}");
    let dead: Vec<_> = reader.dead(None)?.iter().map(|dead| dead.app.to_string()).collect();
    assert!(of_two(&dead) && dead.len() == 1, "{dead:?}");
    let channels: Vec<_> = reader.channels(None)?.iter().map(|c| c.id.app.to_string()).collect();
    assert!(of_two(&channels) && channels.len() == 2, "{channels:?}");
    assert!(reader.settings(&ONE.parse()?).is_err());
    // The other has all of its own.
    assert_eq!(kept(&scene, TWO, "word")?, text("medlar"));
    assert_eq!(app(&scene, TWO)?.badge()?, Some(bugle::Mark::Number(4)));
    assert_eq!(reader.resume_work(&TWO.parse()?)?.len(), 1);
    assert_eq!(scene.open(&format!("{TWO}/inbox"))?.address(), &address);
    assert_eq!(app(&scene, TWO)?.credentials().wait()?, credentials);
    assert_eq!(said(&scene, TWO, Script::of("get", &["word"]))?, ["medlar"]);
    scene.leaves_triggers();
    scene.shut_down()
}

#[test]
fn an_app_that_comes_back_finds_nothing_of_its_former_self() -> Result<()> {
    let mut scene = two().on_disk().start()?;
    let address = scene.open(&format!("{ONE}/inbox"))?.address().clone();
    let credentials = app(&scene, ONE)?.credentials().wait()?;
    fill(&scene, ONE, "quince")?;
    scene.host().remove(&ONE.parse()?).wait()?;
    scene.install(&crate::script::app(ONE))?;
    let look = Script::of("get", &["word"]).then::<&str>("items", &[]);
    assert_eq!(said(&scene, ONE, look.then::<&str>("read badge", &[]))?, ["none", "none"]);
    assert_eq!(contents(&scene, ONE)?.len(), 1);
    assert_eq!(app(&scene, ONE)?.take_resume_work().wait()?, []);
    assert_eq!(app(&scene, ONE)?.toasts()?, []);
    assert_ne!(scene.open(&format!("{ONE}/inbox"))?.address(), &address, "it never comes back");
    assert_ne!(app(&scene, ONE)?.credentials().wait()?, credentials);
    scene.shut_down()
}

/// The places of a word in the data folder's files.
fn places(scene: &Scene, word: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    find(&scene.data(), word, &mut found)?;
    Ok(found)
}

const OF_ONE: &str = "quince-of-the-first-app";
const OF_TWO: &str = "medlar-of-the-second-app";

/// A host that has removed the first of two apps, and stopped.
fn removed() -> Result<Scene> {
    let mut scene = two().on_disk().start()?;
    fill(&scene, ONE, OF_ONE)?;
    fill(&scene, TWO, OF_TWO)?;
    ensure!(!places(&scene, OF_ONE)?.is_empty(), "the search finds what is there");
    scene.host().remove(&ONE.parse()?).wait()?;
    scene.leaves_triggers();
    scene.shut_down()?;
    Ok(scene)
}

/// Erased is erased: what a removed app kept is not for whoever reads the disk.
#[test]
fn the_database_has_no_word_of_a_removed_app() -> Result<()> {
    let scene = removed()?;
    let store = rusqlite::Connection::open(scene.data().join("bugle.db"))?;
    store.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    drop(store);
    assert!(!places(&scene, OF_TWO)?.is_empty());
    assert_eq!(places(&scene, OF_ONE)?, [""; 0], "what was erased is still in the files");
    Ok(())
}

/// Nor does the log that the store writes first keep it beyond the end of the host.
#[test]
fn a_host_that_has_stopped_leaves_no_log_with_what_was_erased() -> Result<()> {
    let scene = removed()?;
    let mut found = places(&scene, OF_ONE)?;
    found.retain(|place| !place.starts_with("bugle.db:"));
    assert_eq!(found, [""; 0]);
    Ok(())
}
