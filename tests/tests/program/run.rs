//! `bugle run`: a task once, with nothing kept.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;
use bugle_tests::AppSource;
use serde_json::Value;

use crate::{filters, json, mail, place_with};

#[test]
fn a_push_is_a_file_standard_input_or_the_text_itself() -> anyhow::Result<()> {
    let (place, _) = place_with("raw-notification")?;
    let kept = |said: Value| said["result"]["effects"]["settings"]["sample-task"].clone();
    let text = json(&place, &["run", "raw-notification", "--push", "hello"])?;
    assert_eq!(kept(text), serde_json::json!({ "type": "text", "value": "hello" }));
    place.file("push", "from a file")?;
    let file = json(&place, &["run", "raw-notification", "--push", "push"])?;
    assert_eq!(kept(file)["value"], "from a file");
    let args = ["run", "raw-notification", "--push", "-", "--json"];
    assert_eq!(kept(place.bugle_reading(args, b"\xff")?.json()?)["type"], "bytes");
    Ok(())
}

#[test]
fn a_report_shows_what_would_change() -> anyhow::Result<()> {
    let _filters = filters();
    let (place, _) = place_with("mail")?;
    let args = ["run", "mail", "--push", &mail("1"), "--setting", "inbox/unread=3"];
    insta::assert_snapshot!(place.bugle(args)?.good()?, @r#"
    completed  new-mail of com.example.mail, [time]
    toasts
      Ada
        Lunch?
    settings
      inbox/last  "1"
      inbox/unread  3 -> 4
    badge
      4
    work for the app when it resumes
      sync  5 bytes "["1"]"
    log
      info   new mails: 1, unread: 4
    used …
    "#);
    assert!(!place.data().exists(), "a test run keeps nothing");
    Ok(())
}

#[test]
fn a_limit_that_is_near_has_a_bar() -> anyhow::Result<()> {
    let (place, _) = place_with("mail")?;
    let said = place.bugle(["run", "mail", "--push", &mail("1"), "--limits", "fuel=1000"])?;
    assert_eq!(said.code, 1);
    assert!(said.out.starts_with("out-of-fuel  new-mail of com.example.mail, "), "{}", said.out);
    let fuel = said.out.lines().find(|line| line.starts_with("  fuel"));
    let fuel = fuel.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(fuel.as_deref(), Some("fuel 1,000 of 1,000 100 % ████████████████████"));
    Ok(())
}

#[test]
fn a_run_that_is_repeated_is_the_same() -> anyhow::Result<()> {
    let (place, _) = place_with("raw-notification")?;
    let seed = "07".repeat(32);
    let args = ["run", "raw-notification", "--push", "x", "--at", "1769860800000", "--seed", &seed];
    assert_eq!(json(&place, &args)?["result"], json(&place, &args)?["result"]);
    Ok(())
}

/// The compiled components in a cache.
fn artifacts(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(artifacts(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "bugle") {
            found.push(path);
        }
    }
    Ok(found)
}

#[test]
fn a_component_is_compiled_once() -> anyhow::Result<()> {
    let (place, _) = place_with("raw-notification")?;
    let run = || place.bugle(["run", "raw-notification", "--push", "x"])?.good();
    run()?;
    let [cached] = &artifacts(&place.folder().join("cache"))?[..] else {
        bail!("not one artifact")
    };
    let first = fs::metadata(cached)?.modified()?;
    run()?;
    assert_eq!(fs::metadata(cached)?.modified()?, first, "the second run compiles nothing");
    // A damaged one is compiled again, never loaded.
    fs::write(cached, "damaged")?;
    run()?;
    assert!(fs::metadata(cached)?.len() > 1_000);
    Ok(())
}

#[test]
fn other_triggers_and_a_bare_component_run_too() -> anyhow::Result<()> {
    let (place, folder) = place_with("mail")?;
    let component = folder.join("mail.wasm");
    let component = component.to_string_lossy();
    let mails = mail("1");
    let bare = place.bugle(["run", &component, "--push", &mails])?.good()?;
    assert!(bare.starts_with("completed  task of com.example.test, "), "{bare}");
    let takes_all = AppSource::example("mail")?
        .replace(r#"["raw-notification"]"#, r#"["raw-notification", "application", "custom"]"#);
    place.app("all", &takes_all)?;
    // The example takes pushes only, and says so.
    for args in [["--application", "x"], ["--custom", "com.example.kind=x"]] {
        let said = place.bugle(["run", "all"].iter().chain(&args))?;
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.out.starts_with("rejected"), "{said:?}");
    }
    Ok(())
}
