//! Channels: pushes by their names, addresses that are given up, and later ends.

use bugle_store::*;

use crate::keeping::{open, retain, setup};
use crate::scene::{Scene, name};

#[test]
fn a_push_of_a_name_is_taken_once_and_for_a_day() {
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    let scene = Scene::in_memory();
    let channel = open(&scene, "inbox", setup("plain", None), IfOpen::Keep, 0).expect("opened");
    let push = |name: u8, content: u8| {
        let name = PushName { name: [name; 32], content: [content; 32] };
        let accept = Accept {
            channel: Some(channel.key),
            generation: Some(channel.generation),
            name: Some(name),
            ..scene.accept_of()
        };
        wait(|reply| scene.store.accept(accept, reply))
    };
    let first = push(1, 1).expect("accepted");
    assert_eq!(first.repeats, None);
    let again = push(1, 1).expect("it is the same");
    assert_eq!((again.id, again.repeats), (first.id, Some(TriggerState::Queued)));
    assert_eq!((again.claim, again.replaced), (None, Vec::new()));
    assert_eq!(push(1, 2), Err(StoreError::NameTaken));
    assert_ne!(push(2, 1).expect("accepted").id, first.id);
    let run = first.claim.expect("nothing else waits").run;
    scene.commit(vec![Ended { run, end: End::Taken, record: None }]).expect("committed");
    assert_eq!(push(1, 1).expect("it is the same").repeats, Some(TriggerState::Gone));
    scene.check();
    let names = |now| retain(&scene, Retention::default(), now).names;
    assert_eq!(names(scene.now + DAY_MS), 0);
    assert_eq!(names(scene.now + DAY_MS + 1), 2);
    assert_eq!(push(1, 2).expect("the name is free").repeats, None);
    // What an app had goes with it.
    wait(|reply| scene.store.remove(scene.app, reply)).expect("removed");
    scene.check();
}

#[test]
fn a_push_to_an_address_that_was_given_up_meanwhile_is_refused() {
    let scene = Scene::in_memory();
    let push = |channel: &ChannelRecord| {
        let (key, generation) = (Some(channel.key), Some(channel.generation));
        let accept = Accept { channel: key, generation, ..scene.accept_of() };
        wait(|reply| scene.store.accept(accept, reply)).map(drop)
    };
    let first = open(&scene, "inbox", setup("plain", None), IfOpen::Keep, 0).expect("opened");
    assert_eq!(push(&first), Ok(()));
    let second =
        open(&scene, "inbox", setup("plain", None), IfOpen::Rotate, 0).expect("opened anew");
    assert_eq!((push(&first), push(&second)), (Err(StoreError::ChannelClosed), Ok(())));
    let close = |reply| scene.store.close_channel(scene.app, name("inbox"), 0, reply);
    assert_eq!(wait(close), Ok(true));
    assert_eq!(push(&second), Err(StoreError::ChannelClosed));
    let third = open(&scene, "inbox", setup("plain", None), IfOpen::Keep, 0).expect("opened again");
    assert_eq!(push(&third), Ok(()));
    scene.check();
}

#[test]
fn a_renewed_channel_ends_later_at_the_same_address() {
    let scene = Scene::in_memory();
    let open = |if_open, now| open(&scene, "inbox", setup("plain", None), if_open, now);
    let first = open(IfOpen::Keep, 0).expect("opened");
    let tells = Accept {
        channel: Some(first.key),
        tells_expiry: Some(first.generation),
        ..scene.accept_of()
    };
    wait(|reply| scene.store.accept(tells, reply)).expect("accepted");
    let renewed = open(IfOpen::Renew, 60).expect("renewed");
    assert_eq!((renewed.generation, renewed.expires_at), (first.generation, 160));
    assert_eq!(open(IfOpen::Keep, 120), Ok(renewed), "it is open still");
    let ending = scene.store.reader().channels_ending(120, 160).expect("readable");
    assert_eq!(ending.len(), 1, "the app is told of this end, too");
    assert_ne!(open(IfOpen::Renew, 170).expect("opened").generation, first.generation);
    scene.check();
}
