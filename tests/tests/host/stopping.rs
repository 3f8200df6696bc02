//! A host that stops asks running tasks to end, cuts those that do not, and keeps what waits.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bugle::{Error, Host, Push, RunId};
use bugle_tests::{Scene, puppet};

const ENDLESS: &str = "fuel=100_000_000_000,time-ms=600_000,watchdog-ms=3_600_000,\
                       host-calls=10_000_000";

fn scene(grace_ms: u32) -> Result<Scene> {
    let limits = format!("{ENDLESS},grace-ms={grace_ms}");
    Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        .limits(&limits)
        .on_disk()
        .host(|builder| builder.workers(1))
        .start()
}

/// Pushes something that goes on for long, and waits until it runs, by what another app does meanwhile.
fn push_that_runs(scene: &Scene, content: &str) -> Result<bugle::Receipt> {
    let receipt = scene.push("inbox", content)?;
    scene.until_it_runs(receipt.id(), "com.example.two/inbox")?;
    Ok(receipt)
}

#[test]
fn a_task_that_hears_ends_well_and_counts() -> Result<()> {
    let mut scene = scene(30_000)?;
    let receipt = push_that_runs(&scene, "k")?;
    let run = RunId { trigger: receipt.id(), claim: 1 };
    let started = Instant::now();
    scene.shut_down()?;
    assert!(started.elapsed() < Duration::from_secs(10), "it did not wait for the grace time");
    scene.start_again()?;
    assert_eq!(scene.count("com.example.one"), 1);
    let kept = scene.reader().run(run)?;
    assert_eq!(kept.report.result.outcome.code(), "completed");
    assert!(!kept.report.is_replayable(), "what it was told came from outside");
    Ok(())
}

#[test]
fn a_task_that_does_not_hear_is_cut_and_its_attempt_given_back() -> Result<()> {
    let mut scene = scene(20)?;
    let receipt = push_that_runs(&scene, "l")?;
    let id = receipt.id();
    let ending = receipt.ending();
    scene.shut_down()?;
    assert!(matches!(ending.wait(), Err(Error::Stopped)));
    scene.start_again()?;
    let runs = scene.runs();
    let first = runs.iter().find(|run| run.run.trigger == id).expect("its run is kept");
    assert_eq!((first.outcome.as_str(), first.attempt), ("cancelled", 1));
    assert_eq!(scene.count("com.example.one"), 0, "it left nothing");
    // It runs again at once, and as its first attempt.
    scene.until_it_runs(id, "com.example.two/inbox")?;
    scene.shut_down()?;
    scene.start_again()?;
    let attempts: Vec<u32> = scene
        .runs()
        .iter()
        .filter_map(|run| (run.run.trigger == id).then_some(run.attempt))
        .collect();
    assert_eq!(attempts, [1, 1]);
    scene.leaves_triggers();
    scene.shut_down()
}

#[test]
fn a_host_for_which_much_waits_ends_without_doing_it() -> Result<()> {
    const BEHIND: usize = 100;
    let apps: Vec<String> = (0..8).map(|app| format!("com.example.app{app}")).collect();
    let all = apps
        .iter()
        .fold(Scene::builder().app(puppet("com.example.two")), |scene, app| scene.app(puppet(app)));
    let limits = format!("{ENDLESS},grace-ms=30_000");
    let mut scene = all.limits(&limits).on_disk().host(|builder| builder.workers(1)).start()?;
    for app in &apps {
        let id = scene.push(&format!("{app}/inbox"), "k")?.id();
        let app = scene.host().app(&app.parse()?)?;
        let mut tries = 0..1_000;
        while app.running().is_none_or(|run| run.trigger != id) {
            ensure!(tries.next().is_some(), "it does not run");
            scene.push("com.example.two/inbox", "-")?.ending().wait()?;
        }
    }
    for _ in 0..BEHIND {
        for app in &apps {
            scene.push(&format!("{app}/inbox"), "-")?;
        }
    }
    assert!(scene.reader().totals()?.waiting > 0, "all of it is claimed");
    // What is given back is due at once, and may not be claimed again by the host that ends.
    scene.shut_down()?;
    scene.start_again()?;
    scene.settle();
    assert_eq!(scene.reader().totals()?.waiting, 0);
    scene.shut_down()
}

#[test]
fn what_waits_behind_a_running_task_is_kept_and_runs_later() -> Result<()> {
    let mut scene = scene(30_000)?;
    push_that_runs(&scene, "k")?;
    for at in 0..50 {
        scene.push("inbox", format!("t{at}"))?;
    }
    scene.shut_down()?;
    scene.start_again()?;
    scene.settle();
    assert_eq!(scene.count("com.example.one"), 51);
    let titles: Vec<String> = (0..50).map(|at| at.to_string()).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    scene.assert_toasts(&titles);
    Ok(())
}

#[test]
fn a_host_that_stops_accepts_nothing() -> Result<()> {
    let mut scene = scene(10)?;
    let host = scene.host().clone();
    let inbox = scene.channel_id("inbox");
    let address = scene.open("inbox")?.address().clone();
    scene.shut_down()?;
    let error = host.push_to(&address, Push::new("-")).wait().expect_err("it has stopped");
    assert_eq!(error.code(), "stopping");
    let error = host.push(&inbox, Push::new("-")).wait().expect_err("it has stopped");
    assert_eq!(error.code(), "stopping");
    host.shutdown().wait()?;
    drop(host);
    Ok(())
}

#[test]
fn dropping_the_last_handle_stops_the_host() -> Result<()> {
    let mut scene = scene(10)?;
    scene.push("inbox", "t1")?;
    scene.settle();
    let data = scene.data();
    let held = Host::builder().data_dir(&data).build().wait().expect_err("it is in use");
    assert_eq!(held.code(), "store-locked");
    scene.start_again()?;
    assert_eq!(scene.count("com.example.one"), 1);
    Ok(())
}

#[test]
fn stopping_with_an_offer_open_lets_the_push_wait() -> Result<()> {
    let mut scene = scene(10)?;
    let foreground = scene.app().enter_foreground();
    scene.push("inbox", "t1")?;
    scene.shut_down()?;
    drop(foreground);
    scene.start_again()?;
    scene.settle();
    assert_eq!(scene.count("com.example.one"), 1);
    Ok(())
}

#[test]
fn what_is_asked_of_a_stopped_host_is_answered() -> Result<()> {
    let mut scene = scene(20)?;
    let host: Host = scene.host().clone();
    let app = "com.example.one".parse()?;
    host.shutdown().wait()?;
    let changed = host.set_setting(&app, "a", Some(bugle::Value::Boolean(true))).wait();
    assert!(
        matches!(changed, Err(Error::Stopping | Error::Stopped | Error::Store(_))),
        "{changed:?}"
    );
    let removed = host.remove(&app).wait();
    assert!(
        matches!(removed, Err(Error::Stopping | Error::Stopped | Error::Store(_))),
        "{removed:?}"
    );
    host.settled().wait()?;
    host.shutdown().wait()?;
    drop(host);
    scene.shut_down()?;
    scene.start_again()?;
    assert_eq!(scene.reader().apps()?.len(), 2, "nothing was removed after the stop");
    Ok(())
}

/// Each reason from outside reaches the task, and says what becomes of the attempt.
#[test]
fn a_task_is_told_why_it_is_to_end() -> Result<()> {
    use bugle::task::CancellationReason;
    let mut scene = scene(30_000)?;
    for reason in [
        CancellationReason::ConditionLost,
        CancellationReason::Update,
        CancellationReason::Quota,
        CancellationReason::TimeLimit,
        CancellationReason::Requested,
    ] {
        let run = RunId { trigger: push_that_runs(&scene, "k")?.id(), claim: 1 };
        assert!(scene.app().cancel(reason), "it runs");
        scene.settle();
        let kept = scene.reader().run(run)?;
        assert_eq!(kept.report.measured.cancellation_seen, Some(reason));
        assert_eq!(kept.report.result.outcome.code(), "completed");
    }
    assert!(!scene.app().cancel(CancellationReason::Requested), "nothing runs");
    scene.shut_down()
}

/// One that does not hear is cut after its grace time; what the host or the world wanted costs it no
/// attempt.
#[test]
fn an_attempt_that_a_lost_condition_ended_is_given_back() -> Result<()> {
    use bugle::task::CancellationReason;
    let mut scene = scene(20)?;
    for (reason, claim, attempt) in [
        (CancellationReason::ConditionLost, 1, 1),
        (CancellationReason::Update, 2, 1),
        (CancellationReason::Requested, 3, 1),
    ] {
        let trigger = if claim == 1 { Some(push_that_runs(&scene, "l")?.id()) } else { None };
        scene.until(|_| Ok(scene.app().cancel(reason)))?;
        scene.until(|reader| {
            Ok(reader.runs(&everything())?.iter().any(|run| {
                run.run.claim == claim
                    && run.outcome == "cancelled"
                    && run.attempt == attempt
                    && trigger.is_none_or(|id| run.run.trigger == id)
            }))
        })?;
    }
    // The last of them counted: it waits for its second attempt.
    scene.settle();
    assert_eq!(scene.reader().totals()?.waiting, 1);
    scene.leaves_triggers();
    scene.shut_down()
}

fn everything() -> bugle::RunFilter {
    bugle::RunFilter { limit: 100, ..bugle::RunFilter::default() }
}
