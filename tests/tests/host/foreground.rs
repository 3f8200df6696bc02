//! An app in the foreground sees pushes first, and may take them.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use bugle::{Ending, Foreground, ForegroundEvent, Offer};
use bugle_tests::{Scene, puppet};

fn scene() -> Result<Scene> {
    Scene::builder().app(puppet("com.example.one")).start()
}

/// The next push that is offered.
fn next_offer(foreground: &mut Foreground) -> Option<Offer> {
    loop {
        if let ForegroundEvent::Push(offer) = foreground.next_blocking()? {
            return Some(offer);
        }
    }
}

#[test]
fn a_push_that_the_app_takes_wakes_no_task() -> Result<()> {
    let scene = scene()?;
    let mut foreground = scene.app().enter_foreground();
    let receipt = scene.push("inbox", "tmine")?;
    let offer = next_offer(&mut foreground).expect("it is offered");
    assert_eq!(offer.id(), receipt.id());
    assert_eq!(offer.push().content.as_text(), Some("tmine"));
    assert!(offer.take().wait()?);
    assert_eq!(receipt.ending().wait()?, Ending::Taken);
    scene.settle();
    scene.assert_toasts(&[]);
    assert_eq!(scene.outcomes().len(), 0);
    Ok(())
}

#[test]
fn a_push_that_the_app_lets_pass_wakes_the_task() -> Result<()> {
    let scene = scene()?;
    let mut foreground = scene.app().enter_foreground();
    let receipt = scene.push("inbox", "tyours")?;
    let id = receipt.id();
    next_offer(&mut foreground).expect("it is offered").pass();
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    scene.settle();
    scene.assert_toasts(&["yours"]);
    let told = foreground.next_blocking();
    assert!(matches!(told, Some(ForegroundEvent::Committed { trigger, .. }) if trigger == id));
    Ok(())
}

#[test]
fn an_app_that_is_silent_has_a_second() -> Result<()> {
    let scene = scene()?;
    let mut foreground = scene.app().enter_foreground();
    let started = Instant::now();
    let receipt = scene.push("inbox", "tlate")?;
    let offer = next_offer(&mut foreground).expect("it is offered");
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    assert!(!offer.take().wait()?, "the task has it already");
    scene.settle();
    scene.assert_toasts(&["late"]);
    Ok(())
}

#[test]
fn a_silent_app_does_not_hold_up_others() -> Result<()> {
    let scene = Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        .host(|builder| builder.workers(1))
        .start()?;
    let mut foreground = scene.app().enter_foreground();
    scene.push("inbox", "tone")?;
    let offer = next_offer(&mut foreground).expect("it is offered");
    let other = scene.push("com.example.two/inbox", "ttwo")?;
    assert!(matches!(other.ending().wait()?, Ending::Completed(_)), "while the offer is open");
    assert!(offer.take().wait()?);
    scene.settle();
    scene.assert_toasts(&["two"]);
    Ok(())
}

#[test]
fn more_silent_apps_than_threads_leave_a_host_that_works() -> Result<()> {
    // More than a host has threads.
    let ids: Vec<String> = (0..70).map(|at| format!("com.example.app{at}")).collect();
    let builder = ids.iter().fold(Scene::builder(), |scene, id| scene.app(puppet(id)));
    let scene = builder.start()?;
    let mut foregrounds = Vec::new();
    for id in &ids {
        foregrounds.push(scene.host().app(&id.parse()?)?.enter_foreground());
        scene.push(&format!("{id}/inbox"), "-")?;
    }
    scene.settle();
    drop(foregrounds);
    for id in &ids {
        scene.push(&format!("{id}/inbox"), "-")?;
    }
    scene.settle();
    assert!(ids.iter().all(|id| scene.count(id) == 2));
    Ok(())
}

#[test]
fn an_app_that_leaves_lets_everything_pass() -> Result<()> {
    let scene = scene()?;
    let mut foreground = scene.app().enter_foreground();
    let receipt = scene.push("inbox", "t1")?;
    let offer = next_offer(&mut foreground).expect("it is offered");
    drop(foreground);
    drop(offer);
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    let receipt = scene.push("inbox", "t2")?;
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    scene.settle();
    scene.assert_toasts(&["1", "2"]);
    Ok(())
}

#[test]
fn an_app_that_leaves_with_an_offer_unseen_lets_it_pass_at_once() -> Result<()> {
    let scene = scene()?;
    let foreground = scene.app().enter_foreground();
    let receipt = scene.push("inbox", "t1")?;
    drop(foreground);
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    Ok(())
}

#[test]
fn the_newest_foreground_has_the_place() -> Result<()> {
    let scene = scene()?;
    let mut first = scene.app().enter_foreground();
    let second = scene.app().enter_foreground();
    assert!(first.next_blocking().is_none(), "its place is taken");
    drop(second);
    let mut third = scene.app().enter_foreground();
    drop(first);
    let receipt = scene.push("inbox", "t1")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(next_offer(&mut third).map(Offer::take)));
    let taken = receiver.recv()?.expect("the first to go was not the one in place");
    assert!(taken.wait()?);
    assert_eq!(receipt.ending().wait()?, Ending::Taken);
    Ok(())
}

#[test]
fn what_the_app_itself_asks_for_is_not_offered() -> Result<()> {
    let scene = scene()?;
    let _foreground = scene.app().enter_foreground();
    let receipt = scene.app().request(None, "tdo").wait()?;
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    Ok(())
}

#[test]
fn a_push_that_finds_no_room_passes_at_once() -> Result<()> {
    /// What waits for an app in the foreground at the most.
    const EVENTS_MAX: usize = 256;
    let scene = scene()?;
    let mut foreground = scene.app().enter_foreground();
    for _ in 0..EVENTS_MAX + 10 {
        scene.app().request(None, "-").wait()?;
    }
    scene.settle();
    let started = Instant::now();
    let receipt = scene.push("inbox", "tpassed")?;
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    for _ in 0..EVENTS_MAX {
        let seen = foreground.next_blocking();
        assert!(matches!(seen, Some(ForegroundEvent::Committed { .. })), "{seen:?}");
    }
    // There is room again: this one is offered, and is the next thing to see.
    let id = scene.push("inbox", "tmine")?.id();
    let offer = next_offer(&mut foreground).expect("it is offered");
    assert_eq!(offer.id(), id);
    assert!(offer.take().wait()?);
    Ok(())
}

#[test]
fn progress_is_seen_while_a_task_runs() -> Result<()> {
    let scene = scene()?;
    let mut foreground = scene.app().enter_foreground();
    let id = scene.app().request(None, "p").wait()?.id();
    let seen = foreground.next_blocking();
    assert!(
        matches!(seen, Some(ForegroundEvent::Progress { trigger, percent: 50 }) if trigger == id),
        "{seen:?}"
    );
    let seen = foreground.next_blocking();
    assert!(matches!(seen, Some(ForegroundEvent::Committed { trigger, .. }) if trigger == id));
    Ok(())
}

#[test]
fn a_taken_push_leaves_work_and_settings_alone() -> Result<()> {
    let scene = scene()?;
    scene.push("inbox", "owork")?;
    scene.settle();
    let mut foreground = scene.app().enter_foreground();
    let receipt = scene.push("inbox", "oother")?;
    assert!(next_offer(&mut foreground).expect("it is offered").take().wait()?);
    assert_eq!(receipt.ending().wait()?, Ending::Taken);
    let work = scene.app().take_resume_work().wait()?;
    assert_eq!(work.len(), 1);
    assert_eq!(work[0].content.as_text(), Some("work"));
    Ok(())
}
