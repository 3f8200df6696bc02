//! Settings are changed between runs, never under one.

use std::thread;

use anyhow::Result;
use bugle::task::Bytes;
use bugle::{Reader, Value};
use bugle_tests::{Scene, puppet};

#[test]
fn a_task_sees_what_the_app_set_and_the_app_what_the_task_set() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let settings = scene.app().settings();
    assert!(!settings.set("n", Value::Integer(41)).wait()?, "there was none");
    scene.push("inbox", "-")?;
    scene.settle();
    assert_eq!(scene.setting("n"), Some(Value::Integer(42)));
    assert!(settings.unset("n").wait()?);
    assert!(!settings.unset("n").wait()?);
    assert_eq!(scene.setting("n"), None);
    scene.push("inbox", "-")?;
    scene.settle();
    assert_eq!(scene.setting("n"), Some(Value::Integer(1)));
    Ok(())
}

#[test]
fn all_types_of_value_are_kept_as_they_are() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    let values = [
        ("a/boolean", Value::Boolean(true)),
        ("a/integer", Value::Integer(i64::MIN)),
        ("a/float", Value::Float(-0.1)),
        ("a/infinite", Value::Float(f64::INFINITY)),
        ("a/text", Value::Text("héllo\0".to_owned())),
        ("a/bytes", Value::Bytes(Bytes(vec![0, 255]))),
        ("a/timestamp", Value::Timestamp(u64::MAX)),
        ("a", Value::Text("a name may be a container and a setting".to_owned())),
    ];
    for (path, value) in values.clone() {
        scene.app().settings().set(path, value).wait()?;
    }
    scene.shut_down()?;
    scene.start_again()?;
    for (path, value) in values {
        assert_eq!(scene.setting(path), Some(value), "{path}");
    }
    Ok(())
}

#[test]
fn changes_from_outside_wait_for_the_turn_and_are_not_lost() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let settings = scene.app().settings();
    thread::scope(|scope| {
        scope.spawn(|| (0..200).for_each(|_| drop(scene.push("inbox", "-"))));
        for at in 0..50 {
            let set = settings.set("outside", Value::Integer(at)).wait();
            set.expect("it is set");
        }
    });
    scene.settle();
    assert_eq!(scene.setting("n"), Some(Value::Integer(200)));
    assert_eq!(scene.setting("outside"), Some(Value::Integer(49)));
    let outcomes = scene.outcomes();
    assert!(outcomes.iter().all(|outcome| outcome == "completed"), "{outcomes:?}");
    assert_eq!(outcomes.len(), 200);
    Ok(())
}

#[test]
fn what_a_task_may_not_set_the_app_may_not_set() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).limits("settings=2").start()?;
    let settings = scene.app().settings();
    let refused =
        |path: &str, value| settings.set(path, value).wait().expect_err("refused").to_string();
    assert_eq!(refused("", Value::Integer(1)), "a path has at least one name");
    assert_eq!(refused("a//b", Value::Integer(1)), "a name in a path has at least 1 byte");
    assert_eq!(
        refused("big", Value::Text("x".repeat(8_193))),
        "the setting `big` cannot be set: a value has at most 8192 bytes"
    );
    settings.set("a", Value::Integer(1)).wait()?;
    settings.set("b", Value::Integer(1)).wait()?;
    assert_eq!(
        refused("c", Value::Integer(1)),
        "the setting `c` cannot be set: an app has at most 2 settings"
    );
    assert_eq!(scene.app().settings().all().wait()?.len(), 2, "nothing was set");
    settings.set("b", Value::Integer(2)).wait()?;
    assert_eq!(scene.setting("b"), Some(Value::Integer(2)), "the one before is replaced");
    Ok(())
}

#[test]
fn a_reader_beside_the_host_sees_what_is_committed() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    let beside = Reader::open(&scene.data())?;
    scene.push("inbox", "t1")?;
    scene.settle();
    let app = scene.app_id().clone();
    assert_eq!(beside.settings(&app)?.get("n"), Some(&Value::Integer(1)));
    assert_eq!(beside.toasts(Some(&app))?.len(), 1);
    assert_eq!(beside.check()?, []);
    scene.push("inbox", "t2")?;
    scene.settle();
    assert_eq!(beside.toasts(None)?.len(), 2, "the same reader, later");
    scene.shut_down()?;
    assert_eq!(beside.apps()?.len(), 1, "and after the host has stopped");
    Ok(())
}

#[test]
fn a_reader_of_no_store_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = Reader::open(folder.path()).expect_err("there is no store");
    assert_eq!(error.code(), "store-missing");
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0, "nothing is made");
}
