//! One app, one run at a time, in the order in which pushes were accepted.

use std::thread;
use std::time::Duration;

use anyhow::Result;
use bugle::{RunId, TriggerId, Value};
use bugle_tests::{AppSource, Scene, puppet};

#[test]
fn runs_of_an_app_see_one_another_in_order() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    for _ in 0..100 {
        scene.push("inbox", "-")?;
    }
    scene.settle();
    assert_eq!(scene.setting("n"), Some(Value::Integer(100)), "no run was lost in another");
    Ok(())
}

#[test]
fn first_attempts_commit_in_accept_order_per_channel() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    let push = |channel: &str| -> Vec<TriggerId> {
        (0..100).filter_map(|_| scene.push(channel, "-").ok().map(|receipt| receipt.id())).collect()
    };
    let accepted: Vec<Vec<TriggerId>> = thread::scope(|scope| {
        let threads: Vec<_> = ["inbox", "alerts", "inbox", "alerts"]
            .into_iter()
            .map(|channel| scope.spawn(move || push(channel)))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("it pushes")).collect()
    });
    scene.settle();
    let committed: Vec<TriggerId> = scene.runs().iter().map(|run| run.run.trigger).collect();
    assert_eq!(committed.len(), 400);
    assert!(committed.is_sorted(), "ids are in accept order: {committed:?}");
    for ids in accepted {
        assert_eq!(ids.len(), 100);
        assert!(ids.is_sorted(), "each sender's pushes were accepted in its order");
    }
    assert_eq!(scene.count("com.example.one"), 400);
    Ok(())
}

#[test]
fn a_run_that_fails_leaves_nothing_to_the_next_of_its_turn() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    for content in ["t1", "f", "x", "t2", "w", "t3"] {
        scene.push("inbox", content)?;
    }
    scene.settle();
    scene.assert_toasts(&["1", "2", "3"]);
    assert_eq!(scene.setting("n"), Some(Value::Integer(3)));
    for dead in scene.reader().apps()? {
        assert_eq!(dead.waiting, 3);
    }
    scene.pass(Duration::from_secs(24 * 60 * 60));
    for _ in 0..8 {
        scene.pass(Duration::from_secs(24 * 60 * 60));
    }
    let dead = scene.dead();
    assert_eq!(dead.len(), 3);
    let completed = scene.runs().into_iter().filter(|run| run.outcome == "completed");
    let kinds: Vec<_> = completed.map(|run| run.trigger.as_str()).collect();
    let of = |kind: &str| kinds.iter().filter(|of| **of == kind).count();
    // The toasts of three went meanwhile, of which the task was told; the three are not kept any more.
    assert_eq!((of("toast-dismissed"), kinds.len()), (3, 3));
    assert_eq!(scene.setting("n"), Some(Value::Integer(6)), "attempts that fail count for nothing");
    for letter in dead {
        scene.host().drop_dead(letter.id).wait()?;
    }
    Ok(())
}

#[test]
fn a_report_says_what_a_run_used_and_kept_runs_have_it() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let receipt = scene.push("inbox", "tHello")?;
    let run = RunId { trigger: receipt.id(), claim: 1 };
    let report = receipt.report().wait()?;
    scene.settle();
    let kept = scene.reader().run(run)?;
    assert_eq!(kept.report, report);
    assert!(report.result.usage.fuel > 0 && report.result.usage.host_calls == 4);
    assert_eq!((kept.summary.attempt, kept.summary.attempts_max), (1, 5));
    assert_eq!(kept.summary.started_at, scene.now());
    Ok(())
}

#[test]
fn an_app_raises_sixty_toasts_an_hour() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    for _ in 0..61 {
        scene.push("inbox", "tx")?;
    }
    scene.settle();
    assert_eq!(scene.shown().len(), 60);
    let refused = scene.runs().last().map(|run| run.run).expect("there were runs");
    let log = scene.reader().run(refused)?.report.result.log;
    assert_eq!(log.lines.last().map(|line| &*line.message), Some("no toast"));
    assert_eq!(scene.count("com.example.one"), 61, "the rest of the run counts");

    scene.pass(Duration::from_secs(59 * 60));
    scene.push("inbox", "tx")?;
    scene.settle();
    assert_eq!(scene.shown().len(), 60, "the hour is not over");
    scene.pass(Duration::from_secs(61));
    scene.push("inbox", "tx")?;
    scene.settle();
    assert_eq!(scene.shown().len(), 61);
    Ok(())
}

#[test]
fn the_toast_allowance_holds_over_a_restart() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    for _ in 0..60 {
        scene.push("inbox", "tx")?;
    }
    scene.settle();
    scene.shut_down()?;
    scene.start_again()?;
    scene.push("inbox", "tx")?;
    scene.settle();
    assert_eq!(scene.shown().len(), 60);
    Ok(())
}

#[test]
fn an_app_whose_toasts_are_not_wanted_runs_all_the_same() -> Result<()> {
    let quiet = AppSource::example("mail")?.replace("toasts = true", "toasts = false");
    let scene = Scene::builder().app(quiet).start()?;
    scene.push("inbox", r#"[{"id":"1","from":"Ada","subject":"Notes"}]"#)?;
    scene.settle();
    scene.assert_toasts(&[]);
    assert_eq!(scene.setting("inbox/unread"), Some(Value::Integer(1)));
    Ok(())
}
