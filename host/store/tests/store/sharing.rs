//! What one app asks of the writer, and what others get of it meanwhile.

use std::sync::mpsc::channel;

use bugle_store::*;
use bugle_task::*;

use crate::scene::{COMPONENT, Scene, push};

#[test]
fn who_asks_for_little_goes_before_who_asks_for_much() {
    let scene = Scene::in_memory();
    let quiet = scene.install("com.example.quiet", COMPONENT);
    // The writer stands at a gate until everybody has asked.
    let (gate, is_open) = channel::<()>();
    scene.store.accept(scene.accept_of(), move |_| is_open.recv().unwrap_or_default());
    let (replies, told) = channel();
    for app in std::iter::repeat_n(scene.app, 500).chain([quiet]) {
        let (accept, replies) = (Accept { app, ..scene.accept_of() }, replies.clone());
        scene.store.accept(accept, move |accepted| {
            replies.send((app, accepted.expect("accepted").id)).unwrap_or_default();
        });
    }
    drop((gate, replies));
    let told: Vec<_> = told.iter().collect();
    let place = told.iter().position(|(app, _)| *app == quiet).expect("accepted");
    assert!(place < 32, "{place} of the others' went before");
    let busy: Vec<_> = told.iter().filter(|(app, _)| *app != quiet).map(|(_, id)| *id).collect();
    assert_eq!(busy.len(), 500, "nobody is forgotten");
    assert!(busy.is_sorted(), "an app's own are done in their order");
}

#[test]
fn what_waits_is_done_before_the_store_closes() {
    let scene = Scene::in_memory();
    let (gate, is_open) = channel::<()>();
    scene.store.accept(scene.accept_of(), move |_| is_open.recv().unwrap_or_default());
    let (replies, told) = channel();
    let tell = |what: &'static str| {
        let replies = replies.clone();
        move |is_done: bool| replies.send((what, is_done)).unwrap_or_default()
    };
    for _ in 0..40 {
        let tell = tell("before");
        scene.store.accept(scene.accept_of(), move |accepted| tell(accepted.is_ok()));
    }
    let close = tell("close");
    scene.store.close(scene.now, move |closed| close(closed.is_ok()));
    let late = tell("after");
    scene.store.accept(scene.accept_of(), move |accepted| late(accepted.is_ok()));
    drop(gate);
    drop(replies);
    let mut told: Vec<_> = told.iter().collect();
    let mut wanted = vec![("before", true); 40];
    wanted.extend([("close", true), ("after", false)]);
    // Who came too late is told so at once, or when the store has closed.
    told.sort_by_key(|(what, _)| wanted.iter().position(|(other, _)| other == what));
    assert_eq!(told, wanted);
}

#[test]
fn whoever_writes_much_makes_the_room_for_it() {
    let scene = Scene::in_memory();
    let kept_max = usize::try_from(Retention::default().runs_max).expect("few");
    let filter = RunFilter { app: None, outcome: None, since: None, limit: usize::MAX };
    let mut runs = Vec::new();
    for number in 1..=3 * kept_max {
        runs.push(scene.run(Effects::default()).0);
        if number % 50 == 0 {
            // Nobody has retained anything, and yet no more than a quarter is there beside what is kept, and
            // what goes at once.
            let kept = scene.store.reader().runs(&filter).expect("readable").len();
            let most = kept_max + kept_max / 4 + 128;
            assert!((number.min(kept_max)..=most).contains(&kept), "{kept} are kept of {number}");
        }
    }
    let kept = scene.store.reader().runs(&filter).expect("readable");
    let newest = runs.iter().rev().take(kept_max);
    assert!(newest.eq(kept[..kept_max].iter().map(|run| &run.run)), "the newest stay");
    scene.check();
}

#[test]
fn a_round_of_retention_ends_although_more_comes() {
    let scene = Scene::in_memory();
    let keep = Retention { runs_max: 100, ..Retention::default() };
    for _ in 0..200 {
        scene.run(Effects::default());
    }
    for number in 0..600 {
        scene.install(&format!("com.example.n{number}"), COMPONENT);
    }
    let mut steps = 1;
    while wait(|reply| scene.store.retain(keep, scene.now, reply)).expect("retained").more {
        // It has more than it may keep again.
        scene.run(Effects::default());
        steps += 1;
    }
    assert!((3..10).contains(&steps), "{steps} steps");
}

#[test]
fn the_log_begins_anew_while_pushes_come() {
    let scene = Scene::in_a_folder();
    let log = scene.path().join("bugle.db-wal");
    let (mut written, mut most) = (0, 0);
    for number in 0..20_000_u32 {
        let trigger = push(&number.to_le_bytes().repeat(1_000));
        let accept = Accept { trigger, ..scene.accept_of() };
        scene.store.accept(accept, |accepted| drop(accepted.expect("accepted")));
        written += 4_000;
        if number % 100 == 99 {
            scene.accept();
            most = most.max(std::fs::metadata(&log).expect("there").len());
        }
    }
    // The writer copies the rest at 16 MiB if little is left, and at 32 whatever is; what comes meanwhile
    // goes on top.
    assert!(most < 36 << 20, "{most} bytes of log for {written} written");
    assert!(written > 2 * most, "{most} bytes of log for {written} written");
    scene.check();
}
