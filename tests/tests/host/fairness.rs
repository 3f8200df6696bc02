//! One app's long, failing or many runs delay no other beyond its fair share.

use std::time::Duration;

use anyhow::Result;
use bugle::{Ending, Push, Quotas, Receipt};
use bugle_tests::{Scene, puppet};

/// Under these a loop goes on until somebody ends it.
const ENDLESS: &str = "fuel=100_000_000_000,time-ms=600_000,watchdog-ms=3_600_000,grace-ms=10";

fn completes(receipt: Receipt) -> Result<()> {
    let ending = receipt.ending().wait()?;
    assert!(matches!(ending, Ending::Completed(_)), "{ending:?}");
    Ok(())
}

#[test]
fn apps_that_loop_do_not_hold_up_a_quick_one() -> Result<()> {
    let slow: Vec<String> = (0..4).map(|at| format!("com.example.slow{at}")).collect();
    let builder = slow.iter().fold(Scene::builder(), |scene, id| scene.app(puppet(id)));
    let mut scene = builder
        .app(puppet("com.example.quick"))
        .limits(ENDLESS)
        .host(|builder| builder.workers(1))
        .start()?;
    for id in &slow {
        scene.push(&format!("{id}/inbox"), "l")?;
    }
    for _ in 0..20 {
        completes(scene.push("com.example.quick/inbox", "-")?)?;
    }
    assert_eq!(scene.reader().totals()?.claimed, 4, "the slow ones are still running");
    scene.leaves_triggers();
    scene.shut_down()
}

#[test]
fn an_app_runs_one_thing_at_a_time() -> Result<()> {
    let mut scene =
        Scene::builder().app(puppet("com.example.one")).limits(ENDLESS).on_disk().start()?;
    scene.push("inbox", "l")?;
    scene.push("inbox", "tafter")?;
    scene.push("alerts", "tafter")?;
    // Others go on meanwhile.
    let other = scene.install(&puppet("com.example.two"))?;
    completes(other.request(None, "-").wait()?)?;
    assert_eq!(scene.count("com.example.one"), 0);
    scene.assert_toasts(&[]);
    scene.leaves_triggers();
    scene.shut_down()
}

#[test]
fn a_flood_for_one_app_leaves_room_for_another() -> Result<()> {
    const FLOOD: usize = 200;
    let mut scene = Scene::builder()
        .app(puppet("com.example.flood"))
        .app(puppet("com.example.calm"))
        // Some milliseconds a run: a turn has few.
        .limits("fuel=5_000_000")
        // All of them fail, and are to go on.
        .host(|builder| {
            let quotas = Quotas { failures: 1_000, ..Quotas::default() };
            builder.workers(1).quotas(quotas)
        })
        .start()?;
    let flood = scene.channel_id("inbox");
    let accepted: Vec<_> = (0..FLOOD).map(|_| scene.host().push(&flood, Push::new("l"))).collect();
    completes(scene.push("com.example.calm/inbox", "-")?)?;
    let before = scene.runs().len();
    assert!(before < FLOOD, "the calm app did not wait for the whole flood");
    for pending in accepted {
        pending.wait()?;
    }
    scene.settle();
    assert_eq!(scene.runs().len(), FLOOD + 1);
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn an_app_whose_runs_all_fail_delays_no_other() -> Result<()> {
    let mut scene =
        Scene::builder().app(puppet("com.example.bad")).app(puppet("com.example.good")).start()?;
    for _ in 0..100 {
        scene.push("inbox", "x")?;
        completes(scene.push("com.example.good/inbox", "-")?)?;
    }
    scene.pass(Duration::from_secs(2));
    completes(scene.push("com.example.good/inbox", "-")?)?;
    assert_eq!(scene.count("com.example.good"), 101);
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn a_run_that_the_watchdog_cuts_is_tried_again() -> Result<()> {
    let mut scene = Scene::builder()
        .app(puppet("com.example.one"))
        // Real time, of which the quick run has no more: one that stands back may lose some between.
        .limits("fuel=100_000_000_000,time-ms=600_000,watchdog-ms=500")
        .start()?;
    scene.push("inbox", "l")?;
    completes(scene.push("inbox", "-")?)?;
    scene.settle();
    assert_eq!(scene.outcomes(), ["cut", "completed"]);
    scene.pass(Duration::from_secs(2));
    assert_eq!(scene.outcomes(), ["cut", "completed", "cut"]);
    scene.leaves_triggers();
    Ok(())
}
