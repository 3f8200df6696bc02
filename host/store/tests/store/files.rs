use std::fs;

use bugle_store::*;

use crate::scene::Scene;

fn refusal(scene: &Scene) -> &'static str {
    Store::open(Location::Folder(scene.path()), 1).expect_err("refused").code()
}

/// What the only file of a closed store is changed to, and how it is refused.
fn refused_after(change: impl FnOnce(&std::path::Path)) -> &'static str {
    let scene = Scene::in_a_folder();
    wait(|reply| scene.store.close(1, reply)).expect("closed");
    let database = scene.path().join("bugle.db");
    change(&database);
    let before = fs::read(&database).expect("readable");
    let code = refusal(&scene);
    assert_eq!(fs::read(&database).expect("readable"), before, "nothing was written");
    code
}

#[test]
fn one_host_at_a_time() {
    let scene = Scene::in_a_folder();
    assert_eq!(refusal(&scene), "store-locked");
    let reader = Reader::open(&scene.path()).expect("readers take no lock");
    scene.run_setting("a", "1");
    assert_eq!(reader.totals().expect("readable").runs, 1, "reads see what is committed");
    wait(|reply| scene.store.close(2, reply)).expect("closed");
    let (_, recovery) = Store::open(Location::Folder(scene.path()), 3).expect("free again");
    assert!(!recovery.unclean);
    let late = wait(|reply| scene.store.expire(4, reply));
    assert_eq!(late, Err(StoreError::Closed));
}

#[test]
fn files_that_are_not_this_bugles_are_left_alone() {
    let sql = |text: &'static str| {
        move |path: &std::path::Path| {
            let conn = rusqlite::Connection::open(path).expect("a database");
            conn.execute_batch(text).expect("sound");
        }
    };
    assert_eq!(refused_after(sql("PRAGMA user_version = 99")), "store-too-new");
    assert_eq!(refused_after(sql("PRAGMA application_id = 7")), "store-foreign");
    let text =
        |path: &std::path::Path| fs::write(path, "not a database".repeat(100)).expect("ours");
    assert_eq!(refused_after(text), "store-foreign");
    assert_eq!(
        Reader::open(std::path::Path::new("nowhere")).expect_err("no").code(),
        "store-missing"
    );
}

#[cfg(unix)]
#[test]
fn others_must_not_have_access() {
    let scene = Scene::in_a_folder();
    wait(|reply| scene.store.close(1, reply)).expect("closed");
    crate::scene::mode(&scene.path(), 0o750);
    let error = Store::open(Location::Folder(scene.path()), 1).expect_err("refused");
    assert!(error.to_string().contains("chmod 700"), "{error}");
    crate::scene::mode(&scene.path(), 0o700);
    crate::scene::mode(&scene.path().join("bugle.db"), 0o644);
    let error = Store::open(Location::Folder(scene.path()), 1).expect_err("refused");
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[test]
fn a_store_that_ends_answers_every_call() {
    let scene = Scene::in_memory();
    let (sender, replies) = std::sync::mpsc::channel();
    for _ in 0..1_000 {
        let sender = sender.clone();
        scene.store.accept(scene.accept_of(), move |reply| {
            sender.send(reply.is_ok()).expect("somebody listens");
        });
    }
    drop((scene, sender));
    assert_eq!(replies.iter().count(), 1_000);
}
