//! Settings of equal paths are as many as there are apps.

use anyhow::Result;
use bugle::Value;

use crate::script::Script;
use crate::{ONE, TWO, app, kept, run, said, text, two};

#[test]
fn what_one_sets_the_other_does_not_see() -> Result<()> {
    let scene = two().start()?;
    run(&scene, ONE, Script::of("set", &["inbox/last", "of one"]))?;
    let look = || Script::of("get", &["inbox/last"]).then::<&str>("items", &[]);
    assert_eq!(said(&scene, TWO, look())?, ["none"]);
    run(&scene, TWO, Script::of("set", &["inbox/last", "of two"]))?;
    assert_eq!(said(&scene, ONE, look())?, ["of one", "inbox"]);
    assert_eq!(said(&scene, TWO, look())?, ["of two", "inbox"]);
    assert_eq!(kept(&scene, ONE, "inbox/last")?, text("of one"));
    assert_eq!(kept(&scene, TWO, "inbox/last")?, text("of two"));
    Ok(())
}

#[test]
fn no_path_leads_to_another_apps_settings() -> Result<()> {
    let scene = two().start()?;
    run(&scene, ONE, Script::of("set", &["secret", "of one"]))?;
    for path in [
        "com.example.one/secret",
        "../com.example.one/secret",
        "..\\secret",
        "secret\0",
        "secret%00",
        "' OR '1'='1",
        "%",
        "*",
    ] {
        assert_eq!(said(&scene, TWO, Script::of("get", &[path]))?, ["none"], "{path:?}");
    }
    // Nor does a container with such a name.
    for container in ["", "..", "com.example.one", "%", "secret"] {
        run(&scene, TWO, Script::of("clear", &[container]))?;
    }
    assert_eq!(kept(&scene, ONE, "secret")?, text("of one"));
    Ok(())
}

#[test]
fn one_that_clears_everything_clears_its_own() -> Result<()> {
    let scene = two().start()?;
    for id in [ONE, TWO] {
        run(&scene, id, Script::of("set", &["a/b", id]).then("set", &["c", id]))?;
    }
    run(&scene, ONE, Script::of("clear", &[""]))?;
    assert_eq!(app(&scene, ONE)?.settings().all().wait()?.len(), 0);
    assert_eq!(app(&scene, TWO)?.settings().all().wait()?.len(), 2);
    assert_eq!(said(&scene, TWO, Script::of("get", &["a/b"]))?, [TWO]);
    Ok(())
}

#[test]
fn what_an_apps_owner_changes_is_that_apps() -> Result<()> {
    let scene = two().start()?;
    let (one, two) = (app(&scene, ONE)?.settings(), app(&scene, TWO)?.settings());
    assert!(!one.set("n", Value::Integer(1)).wait()?);
    assert!(!two.set("n", Value::Integer(2)).wait()?, "the other's is not there");
    assert!(one.unset("n").wait()?);
    assert_eq!(two.get("n").wait()?, Some(Value::Integer(2)));
    Ok(())
}

#[test]
fn settings_are_the_apps_own_after_a_restart() -> Result<()> {
    let mut scene = two().on_disk().start()?;
    for id in [ONE, TWO] {
        run(&scene, id, Script::of("set", &["name", id]))?;
    }
    scene.shut_down()?;
    scene.start_again()?;
    for id in [ONE, TWO] {
        assert_eq!(said(&scene, id, Script::of("get", &["name"]))?, [id]);
    }
    Ok(())
}
