//! What an app may use over time, and what happens when it has: it waits, and nothing of it is lost.

use std::time::Duration;

use anyhow::Result;
use bugle::task::CancellationReason;
use bugle::{Quotas, RunId};
use bugle_tests::{Scene, SceneBuilder, puppet};

const QUARTER: Duration = Duration::from_secs(15 * 60);

fn builder(quotas: &'static str) -> SceneBuilder {
    Scene::builder().app(puppet("com.example.one")).app(puppet("com.example.two")).host(
        move |builder| {
            let mut all = Quotas::default();
            all.set_from_text(quotas).expect("they are quotas");
            builder.quotas(all)
        },
    )
}

/// What is used of a quota.
fn used(scene: &Scene, quota: &str) -> Result<u64> {
    let rows = scene.reader().quotas(scene.app_id(), scene.now())?;
    Ok(rows.iter().find(|row| row.quota.code() == quota).expect("it is a quota").used)
}

#[test]
fn an_app_that_has_used_its_time_up_waits_for_the_next_quarter() -> Result<()> {
    // A loop ends with its fuel: half a second, and however late that is, as it stands back behind all else
    // that the machine does.
    let mut scene = builder("cpu-ms=400").limits("watchdog-ms=3_600_000").on_disk().start()?;
    scene.push("inbox", "l")?;
    scene.settle();
    assert_eq!(scene.outcomes(), ["out-of-fuel"], "the first run of a quarter has its own bounds");
    assert!(used(&scene, "cpu-ms")? >= 500, "its fuel at least");
    scene.push("inbox", "t1")?;
    scene.push("com.example.two/inbox", "t2")?;
    scene.settle();
    scene.assert_toasts(&["2"]);
    assert_eq!(scene.reader().totals()?.waiting, 2, "one waits, one is to be tried again");
    // It is no way out to start the host again.
    scene.shut_down()?;
    scene.start_again()?;
    scene.settle();
    assert_eq!(scene.reader().totals()?.waiting, 2);
    scene.assert_toasts(&["2"]);
    // The loop's next attempt uses the next quarter up.
    scene.pass(QUARTER);
    scene.settle();
    assert!(used(&scene, "cpu-ms")? >= 500);
    for _ in 0..4 {
        scene.pass(QUARTER);
        scene.settle();
    }
    scene.assert_toasts(&["2", "1"]);
    assert_eq!(scene.dead().len(), 1, "the loop had its five attempts");
    Ok(scene.host().drop_dead(scene.dead()[0].id).wait()?)
}

#[test]
fn a_run_that_uses_the_rest_of_the_time_is_told() -> Result<()> {
    let scene = builder("cpu-ms=50").limits("fuel=100_000_000_000,time-ms=600_000").start()?;
    scene.push("inbox", "-")?;
    scene.settle();
    let heard = scene.push("inbox", "k")?.id();
    scene.settle();
    let run = scene.reader().run(RunId { trigger: heard, claim: 1 })?;
    assert_eq!(run.report.measured.cancellation_seen, Some(CancellationReason::Quota));
    assert_eq!(run.report.result.outcome.code(), "completed", "it heard, and ended well");
    Ok(())
}

#[test]
fn a_run_that_does_not_hear_is_cut_and_runs_again_in_the_next_quarter() -> Result<()> {
    let limits = "fuel=100_000_000_000,time-ms=600_000,grace-ms=20,watchdog-ms=300";
    let mut scene = builder("cpu-ms=50").limits(limits).start()?;
    scene.push("inbox", "-")?;
    scene.settle();
    let id = scene.push("inbox", "l")?.id();
    scene.settle();
    let first = scene.reader().run(RunId { trigger: id, claim: 1 })?;
    assert_eq!(first.report.result.outcome.to_string(), "cancelled: quota");
    assert_eq!(scene.reader().totals()?.waiting, 1);
    scene.pass(QUARTER);
    scene.settle();
    let second = scene.reader().run(RunId { trigger: id, claim: 2 })?;
    assert_eq!(second.summary.attempt, 1, "the quota used no attempt up");
    assert_eq!(
        second.report.result.outcome.code(),
        "cut",
        "with a quarter of its own it is let be"
    );
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn a_task_that_fails_again_and_again_is_paused_and_says_so() -> Result<()> {
    // A loop ends before it stands back, so that no busy machine keeps it until the watchdog cuts it.
    let mut scene = builder("failures=3").limits("fuel=2_000_000").on_disk().start()?;
    for content in ["f", "x", "t1", "f", "x"] {
        scene.push_as("inbox", bugle::Push::new(content).ttl(Duration::ZERO))?;
    }
    scene.settle();
    scene.assert_toasts(&["1"]);
    assert_eq!(used(&scene, "failures")?, 2, "one that completed came in between");
    scene.push_as("inbox", bugle::Push::new("l").ttl(Duration::ZERO))?;
    scene.settle();
    let paused = "The task `act` is paused: It failed 3 times in a row, the last time as out-of-fuel. \
                  What comes for it waits. `bugle app resume com.example.one` lets it go on.";
    scene.assert_toasts(&["1", paused]);
    for content in ["t2", "t3"] {
        scene.push("inbox", content)?;
    }
    scene.push("com.example.two/inbox", "t4")?;
    scene.settle();
    scene.assert_toasts(&["1", paused, "4"]);
    scene.shut_down()?;
    scene.start_again()?;
    scene.pass(QUARTER);
    scene.settle();
    assert_eq!(scene.reader().totals()?.waiting, 2, "also after a start");
    let apps = scene.reader().apps()?;
    let tasks = apps[0].paused.iter().map(|paused| paused.task.to_string());
    assert_eq!(tasks.collect::<Vec<_>>(), ["act"]);
    assert_eq!(scene.app().resume().wait()?, ["act".parse()?]);
    scene.settle();
    scene.assert_toasts(&["1", paused, "4", "2", "3"]);
    assert_eq!(scene.app().resume().wait()?, [], "it goes on already");
    scene.pass(Duration::from_secs(3 * 24 * 60 * 60 + 60));
    scene.settle();
    let runs = scene.runs();
    let told = runs.iter().filter(|run| run.trigger.as_str() == "toast-dismissed");
    let told = told.filter(|run| run.app == *scene.app_id()).count();
    assert_eq!(told, 3, "of its own toasts, and not of the host's");
    for dead in scene.dead() {
        scene.host().drop_dead(dead.id).wait()?;
    }
    Ok(())
}

#[test]
fn another_version_lets_a_paused_task_go_on() -> Result<()> {
    let scene = builder("failures=1").start()?;
    let dead = scene.push_as("inbox", bugle::Push::new("x").ttl(Duration::ZERO))?.id();
    scene.settle();
    scene.push("inbox", "t1")?;
    scene.settle();
    assert_eq!(scene.reader().totals()?.waiting, 1);
    // What is dead can be tried again, and waits with the others.
    scene.host().retry_dead(dead).wait()?;
    scene.settle();
    assert_eq!(scene.reader().totals()?.waiting, 2);
    scene.install(&puppet("com.example.one").replace("1.0.0", "2.0.0"))?;
    scene.settle();
    assert_eq!(scene.count("com.example.one"), 1);
    // It was the first, so the task is paused again.
    scene.app().resume().wait()?;
    scene.settle();
    for dead in scene.dead() {
        scene.host().drop_dead(dead.id).wait()?;
    }
    Ok(())
}

#[test]
fn old_runs_go_when_an_app_has_kept_enough() -> Result<()> {
    let scene = builder("kept-runs=5,kept-bytes=20_000").start()?;
    for at in 0..8 {
        scene.push("inbox", format!("-{at}"))?;
    }
    scene.settle();
    scene.pass(Duration::from_secs(61));
    scene.settle();
    assert_eq!((scene.runs().len(), used(&scene, "kept-runs")?), (5, 5));
    for _ in 0..5 {
        scene.push("inbox", "-".repeat(4_900))?;
    }
    scene.settle();
    scene.pass(Duration::from_secs(61));
    scene.settle();
    let (runs, bytes) = (used(&scene, "kept-runs")?, used(&scene, "kept-bytes")?);
    assert!((1..5).contains(&runs) && bytes <= 20_000, "{runs} runs, {bytes} bytes");
    Ok(())
}

#[test]
fn a_full_queue_takes_no_more_and_an_hour_has_so_many_toasts() -> Result<()> {
    let scene =
        builder("waiting=2,toasts=2").limits("fuel=100_000_000_000,time-ms=600_000").start()?;
    scene.push("inbox", "k")?;
    scene.push("inbox", "t1")?;
    assert_eq!(scene.push("inbox", "t2").expect_err("it is full").code(), "queue-full");
    scene.until(|_| Ok(scene.app().cancel(CancellationReason::Requested)))?;
    scene.settle();
    for content in ["t2", "t3"] {
        scene.push("inbox", content)?.ending().wait()?;
    }
    // A run has ended before the sink is told of it.
    scene.settle();
    scene.assert_toasts(&["1", "2"]);
    assert_eq!(used(&scene, "toasts")?, 2);
    Ok(())
}
