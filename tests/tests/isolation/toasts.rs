//! A toast's tag and group name it within its app only.

use anyhow::Result;
use bugle::task::ToastKey;
use bugle::{Show, ToastChange, ToastEvent};
use bugle_tests::Scene;

use crate::script::Script;
use crate::{ONE, TWO, app, run, two};

/// Shows a toast with the tag `mail` of the group `new`, as both apps do.
fn show(title: &str) -> Script {
    Script::of("toast", &[title, "", "mail", "new"])
}

/// The titles of the toasts of an app that are to be seen.
fn shown(scene: &Scene, id: &str) -> Result<Vec<String>> {
    let live = app(scene, id)?.toasts()?;
    assert!(live.iter().all(|live| live.app_id.as_str() == id), "{live:?}");
    Ok(live.into_iter().map(|live| live.toast.title).collect())
}

/// What a sink was told of an app since an event, but that a toast was raised.
fn told_since(scene: &Scene, id: &str, seq: u64) -> Vec<ToastEvent> {
    let mut told = scene.shown();
    told.retain(|event| event.seq > seq && event.app_id.as_str() == id);
    told
}

/// Both apps show a toast of the same name; the last event.
fn both_shown(scene: &Scene) -> Result<u64> {
    for id in [ONE, TWO] {
        run(scene, id, show(id))?;
    }
    scene.settle();
    Ok(scene.shown().last().map_or(0, |event| event.seq))
}

#[test]
fn a_toast_replaces_none_of_another_app() -> Result<()> {
    let scene = two().start()?;
    both_shown(&scene)?;
    let is_first =
        |event: &ToastEvent| matches!(event.change, ToastChange::Show { replaces: None, .. });
    assert!(scene.shown().iter().all(is_first), "{:?}", scene.shown());
    run(&scene, ONE, show("again"))?;
    assert_eq!(shown(&scene, ONE)?, ["again"]);
    assert_eq!(shown(&scene, TWO)?, [TWO]);
    Ok(())
}

#[test]
fn an_update_changes_the_apps_own() -> Result<()> {
    let scene = two().start()?;
    let before = both_shown(&scene)?;
    run(&scene, ONE, Script::of("update", &["mail", "new", "changed"]))?;
    scene.settle();
    assert_eq!(shown(&scene, ONE)?, ["changed"]);
    assert_eq!(shown(&scene, TWO)?, [TWO]);
    assert_eq!(told_since(&scene, TWO, before), []);
    Ok(())
}

#[test]
fn an_update_of_what_only_another_has_does_nothing() -> Result<()> {
    let scene = two().start()?;
    run(&scene, TWO, show("theirs"))?;
    scene.settle();
    let told = scene.shown().len();
    run(&scene, ONE, Script::of("update", &["mail", "new", "mine"]))?;
    run(&scene, ONE, Script::of("hide", &["mail", "new"]))?;
    scene.settle();
    assert_eq!(shown(&scene, TWO)?, ["theirs"]);
    assert_eq!(scene.shown().len(), told, "nobody is told of what did not happen");
    Ok(())
}

#[test]
fn whatever_one_hides_is_its_own() -> Result<()> {
    for key in [["mail", "new"], ["", "new"], ["", ""]] {
        let scene = two().start()?;
        let before = both_shown(&scene)?;
        run(&scene, ONE, Script::of("hide", &key))?;
        scene.settle();
        assert_eq!(shown(&scene, ONE)?, [""; 0], "{key:?}");
        assert_eq!(shown(&scene, TWO)?, [TWO], "{key:?}");
        assert_eq!(told_since(&scene, TWO, before), [], "{key:?}");
        let hidden = told_since(&scene, ONE, before);
        assert!(matches!(hidden[..], [ToastEvent { change: ToastChange::Hide { .. }, .. }]));
    }
    Ok(())
}

#[test]
fn what_an_apps_owner_hides_is_that_apps() -> Result<()> {
    let scene = two().start()?;
    both_shown(&scene)?;
    assert!(app(&scene, ONE)?.show(Show::Hide(ToastKey::default())).wait()?);
    assert_eq!(shown(&scene, ONE)?, [""; 0]);
    assert_eq!(shown(&scene, TWO)?, [TWO]);
    let all = scene.reader().toasts(None)?;
    assert_eq!(all.len(), 1);
    Ok(())
}
