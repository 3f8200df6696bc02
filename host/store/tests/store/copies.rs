use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use bugle_store::*;

use crate::scene::{Scene, mode};

const SECRET: &[u8] = &[7; 32];

fn is_sound(store: &Store) {
    assert_eq!(store.reader().check().expect("readable"), Vec::new());
}

/// Opens a folder that the test has prepared.
fn open(folder: &Path) -> (Store, Recovery) {
    Store::open(Location::Folder(folder.to_owned()), 500).expect("a store")
}

fn data_folder(under: &Path, name: &str) -> std::path::PathBuf {
    let folder = under.join(name);
    fs::create_dir(&folder).expect("a folder");
    mode(&folder, 0o700);
    folder
}

#[test]
fn a_backup_of_a_running_host_is_a_store_of_its_own() {
    let scene = Scene::in_a_folder();
    scene.run_setting("a", "1");
    let waiting = scene.accept().id;
    let place = tempfile::tempdir().expect("a folder");
    let backup = place.path().join("backup.db");
    scene.store.reader().back_up(&backup, SECRET).expect("backed up");
    assert_eq!(fs::metadata(&backup).expect("there").mode() & 0o777, 0o600);
    let again = scene.store.reader().back_up(&backup, SECRET).expect_err("it is there");
    assert_eq!(again.code(), "store-io");
    // What comes later is not in it.
    scene.run_setting("a", "2");

    let folder = data_folder(place.path(), "restored");
    fs::copy(&backup, folder.join("bugle.db")).expect("copied");
    let (store, recovery) = open(&folder);
    assert_eq!(recovery.carried.as_deref(), Some(SECRET));
    assert_eq!((recovery.unclean, recovery.suspects.len()), (false, 0), "nothing died");
    assert_eq!(recovery.apps.iter().map(|queue| queue.waiting).sum::<u64>(), 1);
    let (settings, _) = store.reader().settings(scene.app).expect("readable");
    assert_eq!(settings.get("a"), Some(&bugle_task::Value::Text("1".into())));
    let claimed = wait(|reply| store.claim(scene.app, 8, 600, reply)).expect("claimed");
    assert_eq!(claimed.claims.iter().map(|claim| claim.run.trigger).collect::<Vec<_>>(), [waiting]);
    wait(|reply| store.forget_carried(reply)).expect("forgotten");
    is_sound(&store);
    wait(|reply| store.close(700, reply)).expect("closed");
    assert_eq!(open(&folder).1.carried, None);
}

#[test]
fn a_backup_takes_the_place_of_what_is_there_with_its_log() {
    let scene = Scene::in_a_folder();
    scene.run_setting("a", "1");
    let folder = scene.path();
    let backup = folder.join("bugle.db-fresh");
    scene.store.reader().back_up(&backup, SECRET).expect("backed up");
    scene.run_setting("a", "2");
    // Killed: the log has what the backup has not.
    let killed = data_folder(&folder, "killed");
    for name in ["bugle.db", "bugle.db-wal", "bugle.db-fresh"] {
        fs::copy(folder.join(name), killed.join(name)).expect("copied");
    }
    let (store, recovery) = open(&killed);
    assert!(recovery.carried.is_some());
    let (settings, _) = store.reader().settings(scene.app).expect("readable");
    assert_eq!(settings.get("a"), Some(&bugle_task::Value::Text("1".into())));
    is_sound(&store);
    assert!(!killed.join("bugle.db-fresh").exists());
}

#[test]
fn what_is_no_backup_takes_no_place() {
    let scene = Scene::in_a_folder();
    wait(|reply| scene.store.close(1, reply)).expect("closed");
    let fresh = scene.path().join("bugle.db-fresh");
    fs::write(&fresh, "not a database".repeat(100)).expect("written");
    mode(&fresh, 0o600);
    let location = || Location::Folder(scene.path());
    let error = Store::open(location(), 1).expect_err("refused");
    assert_eq!(error.code(), "store-foreign");
    assert!(error.to_string().contains("bugle.db-fresh"), "{error}");
    fs::remove_file(&fresh).expect("there");
    Store::open(location(), 1).expect("untouched");
}

#[test]
fn a_store_that_may_not_be_on_the_disk_is_copied_whole() {
    let scene = Scene::in_a_folder();
    scene.run_setting("a", "1");
    let before = scene.values();
    let database = scene.path().join("bugle.db");
    let marker = scene.path().join("bugle.db-unsynced");
    let file = fs::metadata(&database).expect("there").ino();
    fs::write(&marker, "").expect("written");
    // Not closed: the last commits are in the log only.
    let scene = scene.restart(false);
    assert_ne!(fs::metadata(&database).expect("there").ino(), file, "another file");
    assert!(!marker.exists());
    assert_eq!(scene.values(), before);
    is_sound(&scene.store);
    let file = fs::metadata(&database).expect("there").ino();
    let scene = scene.restart(true);
    assert_eq!(fs::metadata(&database).expect("there").ino(), file, "once is enough");
    assert_eq!(scene.values(), before);
}

/// A stop at any step of taking a copy into use is made good by the next opening.
#[test]
fn a_copy_is_taken_into_use_however_often_that_is_broken_off() {
    let scene = Scene::in_a_folder();
    scene.run_setting("a", "1");
    let folder = scene.path();
    scene.store.reader().back_up(&folder.join("copy"), SECRET).expect("backed up");
    type Step = fn(&Path);
    let steps: [(&str, Step); 4] = [
        ("a draft", |folder| fs::write(folder.join("bugle.db-draft"), "half").expect("written")),
        ("the log is gone", |folder| fs::remove_file(folder.join("bugle.db-wal")).expect("there")),
        ("nothing is gone", |_| {}),
        ("renamed", |folder| {
            fs::remove_file(folder.join("bugle.db-wal")).expect("there");
            fs::rename(folder.join("bugle.db-fresh"), folder.join("bugle.db")).expect("there");
        }),
    ];
    for (number, (name, step)) in steps.into_iter().enumerate() {
        let broken = data_folder(&folder, &number.to_string());
        for (from, to) in
            [("bugle.db", "bugle.db"), ("bugle.db-wal", "bugle.db-wal"), ("copy", "bugle.db-fresh")]
        {
            fs::copy(folder.join(from), broken.join(to)).expect("copied");
        }
        fs::write(broken.join("bugle.db-unsynced"), "").expect("written");
        step(&broken);
        let (store, recovery) = open(&broken);
        assert!(recovery.carried.is_some(), "{name}: the copy is in use");
        is_sound(&store);
        drop(store);
        let mut left: Vec<_> = fs::read_dir(&broken)
            .expect("readable")
            .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
            .collect();
        left.sort();
        left.retain(|file| !["bugle.db-wal", "bugle.db-shm"].contains(&file.as_str()));
        assert_eq!(left, ["bugle.db", "lock"], "{name}");
    }
}
