use bugle_store::*;
use bugle_task::*;

use crate::scene::{APP, COMPONENT, Scene, name, record, toast};

pub(crate) fn retain(scene: &Scene, retention: Retention, now: Timestamp) -> Retained {
    let mut all = Retained::default();
    loop {
        let step = wait(|reply| scene.store.retain(retention, now, reply)).expect("retained");
        all.runs += step.runs;
        all.dead += step.dead;
        all.events += step.events;
        all.components.extend(step.components);
        all.settings += step.settings;
        all.names += step.names;
        if !step.more {
            return all;
        }
    }
}

#[test]
fn a_component_is_kept_as_long_as_a_run_names_it() {
    let scene = Scene::in_memory();
    let runs: Vec<RunId> = (0..5).map(|n| scene.run_setting("a", &n.to_string())).collect();
    scene.install(APP, b"another");
    let old = Digest::of(COMPONENT);
    let keep = Retention { runs_max: 2, ..Retention::default() };
    let gone = retain(&scene, keep, scene.now);
    // The older of the two runs read the third value: the first and the second went.
    assert_eq!((gone.runs, gone.components.len(), gone.settings), (3, 0, 2));
    let reader = scene.store.reader();
    assert_eq!(reader.component(old), Ok(Some(COMPONENT.to_vec())));
    let kept = reader.run(runs[3]).expect("readable").expect("kept");
    assert_eq!(kept.input.snapshot.settings.get("a"), Some(&Value::Text("2".into())));
    scene.check();

    let week = scene.now + Retention::default().age_ms + 1;
    let gone = retain(&scene, keep, week);
    assert_eq!((gone.runs, gone.components.len(), gone.settings), (2, 1, 2));
    assert_eq!(reader.component(old), Ok(None));
    assert_eq!(scene.values().len(), 1, "the newest value stays");
    scene.check();
}

#[test]
fn runs_that_are_too_old_leave_no_place_to_others() {
    let scene = Scene::in_memory();
    scene.run_setting("a", "1");
    scene.run_setting("a", "2");
    let week = scene.now + Retention::default().age_ms + 1;
    assert_eq!(retain(&scene, Retention::default(), week).runs, 2);
    let reader = scene.store.reader();
    assert_eq!(reader.place_before(None, 0), Ok(2));
    scene.run_setting("a", "3");
    assert_eq!(reader.place_before(None, 1), Ok(2), "it is the third");
    scene.check();
}

#[test]
fn removing_an_app_leaves_no_row() {
    let scene = Scene::in_a_folder();
    scene.run_setting("a", "1");
    scene.run_toasts(vec![toast("t", Some("x"))]);
    scene.run(Effects {
        badge: Some(Some(Mark::Number(1))),
        resume_work: vec![ResumeWork { key: "k".into(), content: Bytes::default() }],
        ..Effects::default()
    });
    let open = OpenChannel {
        app: scene.app,
        name: name("inbox"),
        now: 1,
        expires_at: 1_000,
        setup: setup("plain", None),
        if_open: IfOpen::Keep,
        hash_of: Box::new(|_| [1; 32]),
    };
    wait(|reply| scene.store.open_channel(open, reply)).expect("opened");
    let claim = scene.claim();
    wait(|reply| scene.store.remove(scene.app, reply)).expect("removed");
    let late = scene.commit(vec![Ended { run: claim.run, end: End::Taken, record: None }]);
    assert_eq!(late.expect_err("gone").code(), "no-app");
    scene.check();

    let conn = rusqlite::Connection::open(scene.path().join("bugle.db")).expect("a database");
    let mut tables = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .expect("sound");
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).expect("readable");
    for table in tables.map(|table| table.expect("a name")).filter(|table| table != "meta") {
        let count = conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
        assert_eq!(count, Ok(0_i64), "{table}");
    }
}

#[test]
fn a_channel_keeps_its_address_until_it_is_closed() {
    let scene = Scene::in_memory();
    let open = |now| {
        let hash_of = Box::new(|generation: u32| {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&generation.to_le_bytes());
            hash
        });
        let name = name("inbox");
        let (setup, expires_at) = (setup("plain", None), now + 100);
        let open = OpenChannel {
            app: scene.app,
            name,
            now,
            expires_at,
            setup,
            if_open: IfOpen::Keep,
            hash_of,
        };
        wait(|reply| scene.store.open_channel(open, reply)).expect("opened")
    };
    let first = open(0);
    assert_eq!(open(99), first);
    let second = open(100);
    assert!(second.generation > first.generation, "it had expired");
    let close = |now| wait(|reply| scene.store.close_channel(scene.app, name("inbox"), now, reply));
    assert_eq!((close(150), close(151)), (Ok(true), Ok(false)));
    assert!(open(152).generation > second.generation);
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&first.generation.to_le_bytes());
    assert_eq!(scene.store.reader().channel_by_hash(hash), Ok(None), "an old address is unknown");
    scene.check();
}

#[test]
fn a_run_needs_its_component() {
    let scene = Scene::in_memory();
    let claim = scene.claim();
    let component = Digest::of(b"unknown");
    let record = Some(RunRecord {
        component,
        ..record(0, Outcome::Failed { message: "no".into() }, Effects::default())
    });
    let refused = scene.commit(vec![Ended { run: claim.run, end: End::RetryAt(5), record }]);
    assert_eq!(refused, Err(StoreError::NoComponent { component }));
    scene.check();
}

/// How senders speak to a channel.
pub(crate) fn setup(protocol: &str, topic: Option<&str>) -> ChannelSetup {
    ChannelSetup { protocol: protocol.into(), sender_key: None, topic: topic.map(str::to_owned) }
}

/// Opens a channel at a moment, whose hash is its generation's.
pub(crate) fn open(
    scene: &Scene,
    channel: &str,
    setup: ChannelSetup,
    if_open: IfOpen,
    now: u64,
) -> Result<ChannelRecord, StoreError> {
    let open = OpenChannel {
        app: scene.app,
        name: name(channel),
        now,
        expires_at: now + 100,
        setup,
        if_open,
        hash_of: Box::new(|generation| {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&generation.to_le_bytes());
            hash
        }),
    };
    wait(|reply| scene.store.open_channel(open, reply))
}

#[test]
fn a_channel_speaks_one_protocol_until_it_is_closed() {
    let scene = Scene::in_memory();
    let first = open(&scene, "inbox", setup("plain", None), IfOpen::Keep, 0).expect("opened");
    let other = open(&scene, "inbox", setup("wns", None), IfOpen::Keep, 1).expect_err("it is open");
    assert_eq!(other.code(), "channel-open-otherwise");
    let anew = open(&scene, "inbox", setup("plain", None), IfOpen::Rotate, 2).expect("opened anew");
    assert!(anew.generation > first.generation);
    assert_eq!(scene.store.reader().channel_by_hash(first_hash(&first)), Ok(None));
    scene.check();
}

fn first_hash(record: &ChannelRecord) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&record.generation.to_le_bytes());
    hash
}

#[test]
fn a_topic_is_one_channels_while_that_is_open() {
    let scene = Scene::in_memory();
    let topic = || setup("topic", Some("ada"));
    let first = open(&scene, "inbox", topic(), IfOpen::Keep, 0).expect("opened");
    assert_eq!(
        open(&scene, "other", topic(), IfOpen::Keep, 1).map_err(|e| e.code()),
        Err("topic-taken")
    );
    let found = scene.store.reader().channel_by_topic("ada".into());
    assert_eq!(found.map(|found| found.map(|record| record.key)), Ok(Some(first.key)));
    // The first has ended by itself.
    let second = open(&scene, "other", topic(), IfOpen::Keep, 100).expect("it is free");
    let found = scene.store.reader().channel_by_topic("ada".into());
    assert_eq!(found.map(|found| found.map(|record| record.key)), Ok(Some(second.key)));
    scene.check();
}

#[test]
fn a_channel_counts_what_it_took_and_from_whom() {
    let scene = Scene::in_memory();
    let channel = open(&scene, "inbox", setup("wns", None), IfOpen::Keep, 0).expect("opened");
    for sender in ["ada", "bob"] {
        let accept =
            Accept { channel: Some(channel.key), sender: Some(sender.into()), ..scene.accept_of() };
        wait(|reply| scene.store.accept(accept, reply)).expect("accepted");
    }
    let channels = scene.store.reader().channels(Some(scene.app)).expect("readable");
    assert_eq!(channels[0].pushes, 2);
    assert_eq!(channels[0].pushed_by.as_deref(), Some("bob"));
    assert!(channels[0].pushed_at.is_some());
}

#[test]
fn a_later_push_of_a_topic_takes_the_place_of_one_that_waits() {
    let scene = Scene::in_memory();
    let channel = open(&scene, "inbox", setup("web-push", None), IfOpen::Keep, 0).expect("opened");
    let push = |topic: Option<&str>| {
        let topic = topic.map(str::to_owned);
        let accept = Accept { channel: Some(channel.key), topic, ..scene.accept_of() };
        wait(|reply| scene.store.accept(accept, reply)).expect("accepted")
    };
    // Fills the turn, so that what comes after it waits.
    while push(None).claim.is_some() {}
    let first = push(Some("news"));
    assert_eq!((first.claim, first.replaced), (None, Vec::new()));
    assert_eq!(push(Some("weather")).replaced, Vec::new());
    let replaced = push(Some("news")).replaced;
    assert_eq!(replaced.iter().map(|withdrawn| withdrawn.id).collect::<Vec<_>>(), [first.id]);
    assert_eq!(replaced[0].bytes, 5, "hello");
    let reader = scene.store.reader();
    assert_eq!(reader.trigger_state(first.id), Ok(TriggerState::Gone));
    scene.check();
}

#[test]
fn only_what_waits_can_be_taken_back() {
    let scene = Scene::in_memory();
    let cancel = |id| {
        let withdrawn = wait(|reply| scene.store.cancel(id, None, reply));
        withdrawn.map(|withdrawn| withdrawn.map(|withdrawn| withdrawn.app))
    };
    let running = scene.accept();
    assert_eq!(cancel(running.id), Ok(None));
    let waiting = loop {
        let accepted = scene.accept();
        if accepted.claim.is_none() {
            break accepted;
        }
    };
    assert_eq!(cancel(waiting.id), Ok(Some(scene.app)));
    assert_eq!(cancel(waiting.id), Ok(None));
    assert_eq!(scene.store.reader().trigger_state(running.id), Ok(TriggerState::Queued));
    scene.check();
}

#[test]
fn a_claim_that_has_not_begun_is_given_up_for_a_later_one_of_its_topic() {
    let scene = Scene::in_memory();
    let push = |replaces| {
        let accept = Accept { topic: Some("news".into()), replaces, ..scene.accept_of() };
        wait(|reply| scene.store.accept(accept, reply)).expect("accepted")
    };
    let first = push(None);
    let claim = first.claim.expect("nothing else waits");
    let second = push(Some(claim.run));
    assert_eq!(second.replaced.len(), 1);
    let late = scene.commit(vec![Ended { run: claim.run, end: End::Taken, record: None }]);
    assert_eq!(late.expect("committed").stale, [claim.run]);
    // One that runs already gets no further attempt.
    let running = second.claim.expect("there is room").run;
    assert_eq!(push(None).replaced, Vec::new());
    let again = vec![Ended { run: running, end: End::RetryAt(1), record: None }];
    scene.commit(again).expect("committed");
    let claimed = wait(|reply| scene.store.claim(scene.app, 9, u64::MAX >> 1, reply));
    assert_eq!(claimed.expect("claimed").expired, [second.id]);
    scene.check();
}

#[test]
fn what_no_run_did_is_shown_under_a_name_of_its_own() {
    let scene = Scene::in_memory();
    let post = |title: &str| {
        let toasts = vec![toast(title, None)];
        let badge = Some(Some(Mark::Number(3)));
        let post = Post { app: scene.app, toasts, badge, now: 5 };
        wait(|reply| scene.store.post(post, reply)).expect("posted")
    };
    let (first, second) = (post("a"), post("b"));
    assert_eq!((first.len(), second.len()), (2, 1), "the badge is the same the second time");
    let toasts = scene.store.reader().toasts(Some(scene.app)).expect("readable");
    assert_eq!(toasts.len(), 2);
    assert_ne!(toasts[0].id, toasts[1].id);
    assert_eq!(toasts[0].id.run.claim, 0);
    scene.check();
}

#[test]
fn an_app_is_told_once_that_an_address_ends() {
    let scene = Scene::in_memory();
    let channel = open(&scene, "inbox", setup("plain", None), IfOpen::Keep, 0).expect("opened");
    let ending = |now: u64| {
        let ending = scene.store.reader().channels_ending(now, now + 50).expect("readable");
        ending.iter().map(|record| record.generation).collect::<Vec<_>>()
    };
    assert_eq!(ending(10), Vec::<u32>::new());
    assert_eq!(ending(60), [channel.generation]);
    let accept = Accept {
        channel: Some(channel.key),
        tells_expiry: Some(channel.generation),
        ..scene.accept_of()
    };
    wait(|reply| scene.store.accept(accept, reply)).expect("accepted");
    assert_eq!(ending(60), Vec::<u32>::new());
    let anew =
        open(&scene, "inbox", setup("plain", None), IfOpen::Rotate, 70).expect("opened anew");
    assert_eq!(ending(160), [anew.generation]);
}

#[test]
fn credentials_are_made_once_until_they_are_made_anew() {
    let scene = Scene::in_memory();
    let made = |anew| wait(|reply| scene.store.credentials(scene.app, anew, reply)).expect("made");
    let first = made(false);
    assert_eq!(made(false), first);
    let second = made(true);
    assert!(second > first);
    // What was given up never comes back.
    wait(|reply| scene.store.remove(scene.app, reply)).expect("removed");
    let app = scene.install(APP, COMPONENT);
    let third = wait(|reply| scene.store.credentials(app, false, reply)).expect("made");
    assert!(third > second);
}
