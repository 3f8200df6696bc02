//! A trigger is tried until it completes, its time is up, or its attempts are used.

use std::time::Duration;

use anyhow::Result;
use bugle::{DeadReason, Ending, Push, TriggerId};
use bugle_tests::{Scene, puppet};

fn scene() -> Result<Scene> {
    Scene::builder().app(puppet("com.example.one")).start()
}

fn attempts(scene: &Scene, trigger: TriggerId) -> Vec<u32> {
    let of_it = |run: &bugle::RunSummary| (run.run.trigger == trigger).then_some(run.attempt);
    scene.runs().iter().filter_map(of_it).collect()
}

#[test]
fn a_failing_trigger_is_tried_with_growing_pauses_until_it_is_dead() -> Result<()> {
    let scene = scene()?;
    let receipt = scene.push("inbox", "fno luck")?;
    let id = receipt.id();
    scene.settle();
    assert_eq!(attempts(&scene, id), [1]);
    // Each pause is double the one before, spread by a quarter either way.
    for (tried, pause_ms) in [(1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000)] {
        scene.pass(Duration::from_millis(pause_ms * 3 / 4 - 1));
        assert_eq!(attempts(&scene, id).len(), tried, "before {pause_ms} ms");
        scene.pass(Duration::from_millis(pause_ms / 2 + 1));
        assert_eq!(attempts(&scene, id).len(), tried + 1, "after {pause_ms} ms");
    }
    assert_eq!(attempts(&scene, id), [1, 2, 3, 4, 5]);
    let ending = receipt.ending().wait()?;
    let Ending::Dead { reason: DeadReason::AttemptsUsed, report: Some(report) } = ending else {
        panic!("{ending:?}");
    };
    assert_eq!(report.result.outcome.to_string(), "failed: no luck");
    let [dead] = &scene.dead()[..] else { panic!("one is dead") };
    assert_eq!((dead.id, dead.reason, dead.attempts), (id, DeadReason::AttemptsUsed, 5));
    assert!(dead.message.contains("no luck"), "what the task said is kept: {}", dead.message);

    scene.pass(Duration::from_secs(24 * 60 * 60));
    assert_eq!(attempts(&scene, id).len(), 5, "a dead trigger is not tried");
    Ok(scene.host().drop_dead(id).wait()?)
}

#[test]
fn a_trigger_that_completes_later_counts_once() -> Result<()> {
    let scene = scene()?;
    let receipt = scene.push("inbox", "anot yet")?;
    scene.settle();
    scene.pass(Duration::from_secs(2));
    scene.pass(Duration::from_secs(3));
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    assert_eq!(scene.outcomes(), ["failed", "failed", "completed"]);
    assert_eq!(scene.count("com.example.one"), 1);
    Ok(())
}

#[test]
fn every_way_to_end_badly_is_tried_again() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).limits("fuel=1_000_000").start()?;
    for content in ["f", "w", "x", "l"] {
        scene.push("inbox", content)?;
    }
    scene.settle();
    assert_eq!(scene.outcomes(), ["failed", "retry", "trapped", "out-of-fuel"]);
    scene.pass(Duration::from_secs(2));
    let mut again = scene.outcomes().split_off(4);
    again.sort_unstable();
    assert_eq!(again, ["failed", "out-of-fuel", "retry", "trapped"]);
    for _ in 0..3 {
        scene.pass(Duration::from_secs(60));
    }
    assert_eq!(scene.dead().len(), 4);
    for dead in scene.dead() {
        scene.host().drop_dead(dead.id).wait()?;
    }
    Ok(())
}

#[test]
fn a_task_may_say_when_it_wants_to_be_tried_again() -> Result<()> {
    let mut scene = scene()?;
    let id = scene.push("inbox", "W")?.id();
    scene.settle();
    scene.pass(Duration::from_millis(4_999));
    assert_eq!(attempts(&scene, id), [1]);
    scene.pass(Duration::from_millis(1));
    assert_eq!(attempts(&scene, id), [1, 2], "it counts as an attempt");
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn a_rejected_trigger_is_dead_at_once() -> Result<()> {
    let scene = scene()?;
    let receipt = scene.push("inbox", "rnever")?;
    let id = receipt.id();
    let ending = receipt.ending().wait()?;
    assert!(matches!(ending, Ending::Dead { reason: DeadReason::Rejected, .. }), "{ending:?}");
    let [dead] = &scene.dead()[..] else { panic!("one is dead") };
    assert_eq!((dead.message.as_str(), dead.attempts), ("never", 1));
    Ok(scene.host().drop_dead(id).wait()?)
}

#[test]
fn a_dead_trigger_can_be_tried_anew() -> Result<()> {
    let scene = scene()?;
    let id = scene.push("inbox", "fagain")?.id();
    scene.settle();
    for _ in 0..4 {
        scene.pass(Duration::from_secs(60));
    }
    assert_eq!(scene.dead().len(), 1);
    scene.host().retry_dead(id).wait()?;
    scene.settle();
    assert_eq!(scene.dead().len(), 0);
    assert_eq!(attempts(&scene, id), [1, 2, 3, 4, 5, 1], "as if it had never been tried");
    let error = scene.host().retry_dead(id).wait().expect_err("it waits");
    assert_eq!(
        (error.code(), error.to_string()),
        ("not-dead", format!("there is no dead trigger `{id}`"))
    );
    for _ in 0..4 {
        scene.pass(Duration::from_secs(60));
    }
    scene.host().drop_dead(id).wait()?;
    let error = scene.host().drop_dead(id).wait().expect_err("it is gone");
    assert_eq!(error.code(), "not-dead");
    assert_eq!(scene.dead().len(), 0);
    Ok(())
}

#[test]
fn an_app_keeps_its_newest_thousand_dead_triggers() -> Result<()> {
    const KEPT: usize = 1_000;
    let mut scene = scene()?;
    let mut ids = Vec::new();
    for _ in 0..KEPT + 3 {
        ids.push(scene.push("inbox", "rno")?.id());
    }
    scene.settle();
    assert_eq!(scene.dead().len(), KEPT + 3);
    // Long enough for the host to keep house.
    scene.pass(Duration::from_secs(120));
    let mut dead: Vec<TriggerId> = scene.dead().into_iter().map(|dead| dead.id).collect();
    dead.sort_unstable();
    assert_eq!(dead, ids[3..]);
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn retries_do_not_hold_up_what_comes_after() -> Result<()> {
    let mut scene = scene()?;
    scene.push("inbox", "f")?;
    scene.push("inbox", "tnext")?;
    scene.settle();
    scene.assert_toasts(&["next"]);
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn a_trigger_whose_time_is_up_is_not_tried_again() -> Result<()> {
    let scene = scene()?;
    let push = Push::new("fx").ttl(Duration::from_secs(2));
    let receipt = scene.push_as("inbox", push)?;
    let id = receipt.id();
    scene.settle();
    scene.pass(Duration::from_millis(1_500));
    assert_eq!(attempts(&scene, id), [1, 2]);
    scene.pass(Duration::from_secs(10));
    assert_eq!(receipt.ending().wait()?, Ending::Expired);
    assert_eq!(attempts(&scene, id), [1, 2]);
    assert_eq!(scene.dead().len(), 0, "what has expired is gone");
    Ok(())
}

#[test]
fn what_waits_behind_hundreds_that_have_expired_is_run() -> Result<()> {
    let scene = scene()?;
    // Looping, it holds the line until everything else is accepted and out of time.
    let looping = scene.push_as("inbox", Push::new("l").ttl(Duration::from_secs(1)))?;
    // All at once: one after another they might take as long as its fuel lasts.
    let inbox = scene.channel_id("inbox");
    let old = || Push::new("told").ttl(Duration::from_secs(1));
    let accepted: Vec<_> = (0..600).map(|_| scene.host().push(&inbox, old())).collect();
    for pending in accepted {
        pending.wait()?;
    }
    scene.push("inbox", "tlive")?;
    scene.pass(Duration::from_secs(30));
    looping.ending().wait()?;
    scene.settle();
    scene.assert_toasts(&["live"]);
    Ok(())
}

#[test]
fn a_time_to_live_of_zero_is_one_attempt() -> Result<()> {
    let scene = scene()?;
    let now = || Push::new("tnow").ttl(Duration::ZERO);
    assert!(matches!(scene.push_as("inbox", now())?.ending().wait()?, Ending::Completed(_)));
    let receipt = scene.push_as("inbox", Push::new("f").ttl(Duration::ZERO))?;
    let id = receipt.id();
    let ending = receipt.ending().wait()?;
    assert!(matches!(ending, Ending::Dead { reason: DeadReason::AttemptsUsed, .. }), "{ending:?}");
    assert_eq!(attempts(&scene, id), [1]);
    Ok(scene.host().drop_dead(id).wait()?)
}

#[test]
fn a_receipt_tells_of_the_first_run_at_once() -> Result<()> {
    let mut scene = scene()?;
    let report = scene.push("inbox", "fsoon")?.report().wait()?;
    assert_eq!(report.result.outcome.to_string(), "failed: soon");
    scene.leaves_triggers();
    Ok(())
}
