//! After anything, a host starts again by itself, and nothing that was accepted is lost or done twice.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use bugle::{DeadReason, Ending, Host, Reader, RunFilter, Value};
use bugle_tests::{Scene, puppet};

/// The file of the store.
const STORE: &str = "bugle.db";

const ENDLESS: &str = "fuel=100_000_000_000,time-ms=600_000,watchdog-ms=3_600_000,grace-ms=10";

fn scene() -> Result<Scene> {
    Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        .limits(ENDLESS)
        .on_disk()
        .host(|builder| builder.workers(1))
        .start()
}

/// Pushes a loop, and waits until it runs.
fn push_loop(scene: &Scene) -> Result<bugle::TriggerId> {
    let id = scene.push("inbox", "l")?.id();
    scene.until_it_runs(id, "com.example.two/inbox")?;
    Ok(id)
}

#[test]
fn what_was_accepted_is_there_after_a_clean_stop() -> Result<()> {
    let mut scene = scene()?;
    scene.push("inbox", "t1")?;
    scene.settle();
    scene.shut_down()?;
    scene.start_again()?;
    scene.push("inbox", "t2")?;
    scene.settle();
    assert_eq!(scene.setting("n"), Some(Value::Integer(2)));
    assert_eq!(scene.app().toasts()?.len(), 2);
    assert_eq!(scene.app().version(), "1.0.0");
    Ok(())
}

#[test]
fn what_ran_when_the_host_was_killed_runs_alone() -> Result<()> {
    let mut killed = scene()?;
    let looping = push_loop(&killed)?;
    for at in 0..3 {
        killed.push("inbox", format!("t{at}"))?;
    }
    let started = Instant::now();
    let mut scene = killed.killed_now()?;
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    scene.until(|reader| Ok(reader.totals()?.claimed == 1))?;
    // Nothing else runs beside it, not even another app's.
    scene.push("com.example.two/inbox", "tother")?;
    let totals = scene.reader().totals()?;
    assert_eq!((totals.claimed, totals.waiting), (1, 4));
    scene.assert_toasts(&[]);
    scene.leaves_triggers();
    scene.shut_down()?;
    let runs =
        Reader::open(&scene.data())?.runs(&RunFilter { limit: 9, ..RunFilter::default() })?;
    let run = runs.into_iter().find(|run| run.run.trigger == looping);
    // It may have been claimed and not begun when the host was stopped.
    assert!(run.is_none_or(|run| run.attempt == 1), "neither the kill nor the stop is an attempt");
    killed.leaves_triggers();
    killed.shut_down()
}

#[test]
fn suspects_that_end_let_everything_else_go_on() -> Result<()> {
    let killed = Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        .on_disk()
        .start()?;
    let mut foreground = killed.app().enter_foreground();
    // Claimed and offered: where the host is when it is killed.
    killed.push("inbox", "tsuspect")?;
    let offer = foreground.next_blocking();
    for app in ["com.example.one", "com.example.two"] {
        killed.push(&format!("{app}/inbox"), format!("t{app}"))?;
    }
    let scene = killed.killed_now()?;
    scene.settle();
    assert_eq!(titles(&scene)?, ["com.example.one", "com.example.two", "suspect"]);
    assert!(scene.runs().iter().all(|run| run.attempt == 1), "a crash is no attempt");
    drop((offer, foreground));
    killed.settle();
    Ok(())
}

#[test]
fn a_suspect_of_an_app_that_cannot_be_read_fails_alone() -> Result<()> {
    let killed = Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        .on_disk()
        .start()?;
    killed.push("inbox", "-")?;
    killed.settle();
    let mut foreground = killed.app().enter_foreground();
    let suspect = killed.push("inbox", "tsuspect")?.id();
    let offer = foreground.next_blocking();
    killed.push("com.example.two/inbox", "tother")?;
    let scene = killed.killed_and(|data| change_settings(data, "'{' || value"))?;
    scene.settle();
    assert_eq!(titles(&scene)?, ["other"]);
    let [dead] = &scene.dead()[..] else { panic!("one is dead") };
    assert_eq!(dead.id, suspect, "{dead:?}");

    // It can be tried again once the app can be read.
    change_settings(&scene.data(), "substr(value, 2)")?;
    scene.host().retry_dead(suspect).wait()?;
    scene.settle();
    assert_eq!(titles(&scene)?, ["other", "suspect"]);
    drop((offer, foreground));
    killed.settle();
    Ok(())
}

/// The titles of the toasts that there are, in the order of the alphabet: the killed host may have got
/// as far as to show some.
fn titles(scene: &Scene) -> Result<Vec<String>> {
    let toasts = scene.reader().toasts(None)?;
    let mut titles: Vec<String> = toasts.into_iter().map(|toast| toast.toast.title).collect();
    titles.sort_unstable();
    Ok(titles)
}

/// Replaces the values of all settings, as no host would.
fn change_settings(data: &Path, value: &str) -> Result<()> {
    let store = rusqlite::Connection::open(data.join(STORE))?;
    store.execute(&format!("UPDATE settings SET value = {value}"), [])?;
    Ok(())
}

#[test]
fn a_fault_of_the_host_costs_no_attempt() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    scene.shut_down()?;
    fs::remove_dir_all(scene.data().join("cache"))?;
    let store = rusqlite::Connection::open(scene.data().join(STORE))?;
    store.execute_batch("ALTER TABLE components RENAME TO hidden")?;
    drop(store);
    scene.start_again()?;
    let receipt = scene.push("inbox", "tlate")?;
    for _ in 0..10 {
        scene.pass(Duration::from_secs(1));
    }
    assert_eq!(scene.outcomes().len(), 0, "it cannot be run");
    let store = rusqlite::Connection::open(scene.data().join(STORE))?;
    store.execute_batch("ALTER TABLE hidden RENAME TO components")?;
    scene.pass(Duration::from_secs(1));
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    let attempts: Vec<u32> = scene.runs().iter().map(|run| run.attempt).collect();
    assert_eq!(attempts, [1], "what the host could not do is no attempt");
    Ok(())
}

#[test]
fn a_push_that_kills_the_host_three_times_alone_is_dead() -> Result<()> {
    let mut first = scene()?;
    let poison = push_loop(&first)?;
    let mut scenes = vec![first.killed_now()?];
    for _ in 0..3 {
        let alive = scenes.last().expect("there is one");
        alive.until(|reader| Ok(reader.totals()?.claimed == 1))?;
        scenes.push(alive.killed_now()?);
    }
    let last = scenes.last().expect("there is one");
    last.settle();
    let [dead] = &last.dead()[..] else { panic!("one is dead") };
    assert_eq!((dead.id, dead.reason), (poison, DeadReason::HostCrashed));
    last.push("inbox", "tgoes on")?;
    last.settle();
    last.assert_toasts(&["goes on"]);
    first.leaves_triggers();
    first.shut_down()?;
    for scene in &mut scenes {
        scene.leaves_triggers();
        scene.shut_down()?;
    }
    Ok(())
}

#[test]
fn retries_go_on_after_a_restart() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    scene.push("inbox", "alater")?;
    scene.settle();
    scene.shut_down()?;
    scene.start_again()?;
    scene.settle();
    assert_eq!(scene.outcomes(), ["failed"], "its pause is not over");
    scene.pass(Duration::from_secs(2));
    scene.pass(Duration::from_secs(3));
    assert_eq!(scene.outcomes(), ["failed", "failed", "completed"]);
    Ok(())
}

#[test]
fn a_damaged_artifact_is_compiled_again_and_never_loaded() -> Result<()> {
    let mut scene = scene()?;
    scene.push("inbox", "t1")?;
    scene.settle();
    scene.shut_down()?;
    for damage in [damage_last_byte, cut_in_half, replace_with_text] {
        let artifacts = artifacts(&scene.data())?;
        assert_eq!(artifacts.len(), 1, "both apps have the same component");
        damage(&artifacts[0])?;
        let damaged = fs::read(&artifacts[0])?;
        scene.start_again()?;
        let before = scene.count("com.example.one");
        scene.push("inbox", "-")?;
        scene.settle();
        assert_eq!(scene.count("com.example.one"), before + 1);
        scene.shut_down()?;
        assert_ne!(fs::read(&artifacts[0])?, damaged, "it was made anew");
    }
    scene.start_again()
}

fn damage_last_byte(path: &Path) -> std::io::Result<()> {
    let mut bytes = fs::read(path)?;
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    fs::write(path, bytes)
}

fn cut_in_half(path: &Path) -> std::io::Result<()> {
    let bytes = fs::read(path)?;
    fs::write(path, &bytes[..bytes.len() / 2])
}

fn replace_with_text(path: &Path) -> std::io::Result<()> {
    fs::write(path, "not native code")
}

/// All files in the cache.
fn artifacts(data: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut artifacts = Vec::new();
    for engine in fs::read_dir(data.join("cache"))? {
        for artifact in fs::read_dir(engine?.path())? {
            artifacts.push(artifact?.path());
        }
    }
    Ok(artifacts)
}

#[test]
fn a_lost_cache_is_made_anew() -> Result<()> {
    let mut scene = scene()?;
    scene.shut_down()?;
    fs::remove_dir_all(scene.data().join("cache"))?;
    scene.start_again()?;
    scene.push("inbox", "t1")?;
    scene.settle();
    scene.assert_toasts(&["1"]);
    assert_eq!(artifacts(&scene.data())?.len(), 1);
    Ok(())
}

#[test]
fn only_the_owner_can_reach_the_data_folder() -> Result<()> {
    let mut scene = scene()?;
    scene.push("inbox", "t1")?;
    scene.settle();
    let mut folders = vec![scene.data()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let mode = entry.metadata()?.permissions().mode() & 0o777;
            assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", entry.path().display());
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    scene.shut_down()?;
    fs::set_permissions(scene.data(), fs::Permissions::from_mode(0o755))?;
    let error = scene.start_again().expect_err("others can reach it");
    let advice = format!("run `chmod 700 {}`", scene.data().display());
    assert!(error.to_string().contains(&advice), "{error}");
    fs::set_permissions(scene.data(), fs::Permissions::from_mode(0o700))?;
    scene.start_again()
}

#[test]
fn one_host_at_a_time_has_a_folder() -> Result<()> {
    let scene = scene()?;
    let error = Host::builder().data_dir(scene.data()).build().wait().expect_err("it is in use");
    assert_eq!(error.code(), "store-locked");
    assert!(error.to_string().starts_with("another bugle is running on"), "{error}");
    Ok(())
}

#[test]
fn a_key_that_is_damaged_is_not_replaced() -> Result<()> {
    let mut scene = scene()?;
    scene.shut_down()?;
    let key = scene.data().join("host.key");
    let sound = fs::read(&key)?;
    fs::write(&key, "short")?;
    let error = scene.start_again().expect_err("addresses depend on it");
    assert!(error.to_string().contains("restore it from a backup"), "{error}");
    fs::write(&key, sound)?;
    scene.start_again()
}
