//! Badges, work for the app and progress are the app's whose task they came from.

use anyhow::Result;
use bugle::task::Glyph;
use bugle::{ForegroundEvent, Mark, Show};
use bugle_tests::Scene;

use crate::script::Script;
use crate::{ONE, TWO, app, run, said, two};

fn badge(scene: &Scene, id: &str) -> Result<Option<Mark>> {
    Ok(app(scene, id)?.badge()?)
}

#[test]
fn each_app_has_a_badge_of_its_own() -> Result<()> {
    let scene = two().start()?;
    let look = || Script::of::<&str>("read badge", &[]);
    run(&scene, ONE, Script::of("badge", &[[3]]))?;
    assert_eq!(said(&scene, TWO, look())?, ["none"]);
    run(&scene, TWO, Script::of("badge", &[[5]]))?;
    assert_eq!(said(&scene, ONE, look())?, ["3"]);
    run(&scene, ONE, Script::of("badge", &[[0]]))?;
    assert_eq!(badge(&scene, ONE)?, None);
    assert_eq!(badge(&scene, TWO)?, Some(Mark::Number(5)));
    app(&scene, ONE)?.show(Show::Badge(Some(Mark::Glyph(Glyph::Alert)))).wait()?;
    assert_eq!(badge(&scene, TWO)?, Some(Mark::Number(5)));
    Ok(())
}

#[test]
fn work_is_taken_by_the_app_that_it_was_left_for() -> Result<()> {
    let scene = two().start()?;
    for id in [ONE, TWO] {
        run(&scene, id, Script::of("work", &["sync", id]))?;
    }
    let taken = app(&scene, ONE)?.take_resume_work().wait()?;
    let contents: Vec<_> = taken.iter().map(|work| work.content.as_text()).collect();
    assert_eq!(contents, [Some(ONE)]);
    let left = scene.reader().resume_work(&TWO.parse()?)?;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].content.as_text(), Some(TWO));
    assert_eq!(app(&scene, TWO)?.take_resume_work().wait()?, left);
    Ok(())
}

#[test]
fn progress_and_commits_are_told_to_the_apps_own_seat() -> Result<()> {
    let scene = two().start()?;
    let mut two = app(&scene, TWO)?.enter_foreground();
    run(&scene, ONE, Script::of("progress", &[[50]]).then("set", &["a", "b"]))?;
    app(&scene, ONE)?.settings().unset("a").wait()?;
    scene.settle();
    // The first thing that the other sees is its own.
    let own = app(&scene, TWO)?.request(None, Script::of("progress", &[[7]])).wait()?;
    let seen = two.next_blocking();
    let is_own = matches!(
        seen,
        Some(ForegroundEvent::Progress { trigger, percent: 7 }) if trigger == own.id()
    );
    assert!(is_own, "{seen:?}");
    let seen = two.next_blocking();
    let is_own =
        matches!(seen, Some(ForegroundEvent::Committed { trigger, .. }) if trigger == own.id());
    assert!(is_own, "{seen:?}");
    Ok(())
}
