//! Any kept run can be run again, to the byte.

use std::time::Duration;

use anyhow::Result;
use bugle::{RunId, TriggerId, Value};
use bugle_tests::{AppSource, Scene, puppet};

fn run_of(trigger: TriggerId) -> RunId {
    RunId { trigger, claim: 1 }
}

#[test]
fn every_kept_run_gives_the_same_bytes_again() -> Result<()> {
    let mut scene = Scene::builder()
        .app(puppet("com.example.one"))
        .app(AppSource::example("mail")?)
        .limits("fuel=2_000_000")
        .on_disk()
        .start()?;
    for content in ["t1", "f", "x", "w", "r", "l", "p", "owork", "t2"] {
        scene.push("inbox", content)?;
    }
    for id in 1..=5 {
        let mail = format!(r#"[{{"id":"{id}","from":"Ada","subject":"{id}"}}]"#);
        scene.push("com.example.mail/inbox", mail)?;
        scene.app().settings().set("between", Value::Integer(id)).wait()?;
    }
    scene.settle();
    scene.pass(Duration::from_secs(2));
    scene.shut_down()?;
    scene.start_again()?;
    let runs = scene.runs();
    assert!(runs.len() > 14, "{}", runs.len());
    for run in runs {
        let replay = scene.host().replay(run.run).wait()?;
        assert_eq!(replay.not_comparable, None, "{}", run.run);
        assert!(replay.is_same, "{}: {:?} {:?}", run.run, replay.kept, replay.replayed);
    }
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn a_replay_changes_nothing() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let id = scene.push("inbox", "t1")?.id();
    scene.settle();
    scene.host().replay(run_of(id)).wait()?;
    scene.settle();
    scene.assert_toasts(&["1"]);
    assert_eq!(scene.count("com.example.one"), 1);
    assert_eq!(scene.runs().len(), 1);
    Ok(())
}

#[test]
fn a_replay_starts_from_the_settings_of_then() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let id = scene.push("inbox", "-")?.id();
    scene.settle();
    scene.app().settings().set("n", Value::Integer(1_000)).wait()?;
    let replay = scene.host().replay(run_of(id)).wait()?;
    assert!(replay.is_same);
    assert_eq!(replay.replayed.result.effects.settings.get("n"), Some(&Some(Value::Integer(1))));
    Ok(())
}

#[test]
fn an_update_leaves_older_runs_replayable() -> Result<()> {
    let scene = Scene::builder().app(AppSource::example("mail")?).start()?;
    let id = scene.push("inbox", r#"[{"id":"1","from":"Ada","subject":"Notes"}]"#)?.id();
    scene.settle();
    // Another component takes its place.
    let other = puppet("com.example.one").files[0].1.clone();
    scene.install(&AppSource::example("mail")?.replace("1.0.0", "2.0.0").with_component(&other))?;
    assert_eq!(scene.reader().totals()?.components, 2, "the run names the old one");
    assert!(scene.host().replay(run_of(id)).wait()?.is_same);
    Ok(())
}

#[test]
fn a_run_that_the_outside_ended_says_that_it_is_not_comparable() -> Result<()> {
    let mut scene = Scene::builder()
        .app(puppet("com.example.one"))
        .limits("fuel=300_000_000,time-ms=600_000,watchdog-ms=20")
        .start()?;
    let id = scene.push("inbox", "l")?.id();
    scene.settle();
    let replay = scene.host().replay(run_of(id)).wait()?;
    assert_eq!(replay.kept.result.outcome.code(), "cut");
    assert_eq!(
        replay.not_comparable.as_deref(),
        Some("the outside ended the run, or told it to end")
    );
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn a_run_that_is_not_kept_cannot_be_replayed() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let error = scene.host().replay(run_of(TriggerId(99))).wait().expect_err("there is none");
    assert_eq!(error.to_string(), "there is no kept run `run-99.1`");
    Ok(())
}

#[test]
fn runs_are_kept_for_a_week() -> Result<()> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    scene.push("inbox", "-")?;
    scene.settle();
    scene.pass(6 * DAY);
    assert_eq!(scene.runs().len(), 1);
    scene.pass(DAY + Duration::from_secs(120));
    scene.pass(Duration::from_secs(120));
    assert_eq!(scene.runs().len(), 0);
    assert_eq!(scene.count("com.example.one"), 1, "what it did stays");
    Ok(())
}
