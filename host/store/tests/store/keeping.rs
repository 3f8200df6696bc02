use bugle_store::*;
use bugle_task::*;

use crate::scene::{APP, COMPONENT, Scene, name, record, toast};

fn retain(scene: &Scene, retention: Retention, now: Timestamp) -> Retained {
    let mut all = Retained::default();
    loop {
        let step = wait(|reply| scene.store.retain(retention, now, reply)).expect("retained");
        all.runs += step.runs;
        all.dead += step.dead;
        all.events += step.events;
        all.components += step.components;
        all.settings += step.settings;
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
    assert_eq!((gone.runs, gone.components, gone.settings), (3, 0, 2));
    let reader = scene.store.reader();
    assert_eq!(reader.component(old), Ok(Some(COMPONENT.to_vec())));
    let kept = reader.run(runs[3]).expect("readable").expect("kept");
    assert_eq!(kept.input.snapshot.settings.get("a"), Some(&Value::Text("2".into())));
    scene.check();

    let week = scene.now + Retention::default().age_ms + 1;
    let gone = retain(&scene, keep, week);
    assert_eq!((gone.runs, gone.components, gone.settings), (2, 1, 2));
    assert_eq!(reader.component(old), Ok(None));
    assert_eq!(scene.values().len(), 1, "the newest value stays");
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
        let open = OpenChannel { app: scene.app, name, now, expires_at: now + 100, hash_of };
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
