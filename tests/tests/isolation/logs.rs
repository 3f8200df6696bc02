//! Kept runs, with their logs, and dead letters are listed by app; a replay reads what its run had.

use anyhow::Result;
use bugle::{Ending, RunFilter, Value};
use bugle_tests::Scene;

use crate::script::Script;
use crate::{ONE, TWO, run, two};

/// Everything that is kept of an app's runs, as JSON.
fn everything(scene: &Scene, id: &str) -> Result<Vec<String>> {
    let filter = RunFilter { app: Some(id.parse()?), limit: 1_000, ..RunFilter::default() };
    let runs = scene.reader().runs(&filter)?;
    let whole = runs.iter().map(|summary| {
        let run = scene.reader().run(summary.run)?;
        Ok(serde_json::to_string(&run)?)
    });
    whole.collect()
}

#[test]
fn an_apps_runs_have_nothing_of_another() -> Result<()> {
    let scene = two().start()?;
    for at in 0..3 {
        for (id, word) in [(ONE, "quince"), (TWO, "medlar")] {
            let script = Script::of("log", &[format!("{word} {at}")])
                .then("set", &["fruit", word])
                .then("toast", &[word, word, word]);
            run(&scene, id, script)?;
        }
    }
    for (id, own, other) in [(ONE, "quince", "medlar"), (TWO, "medlar", "quince")] {
        let all = everything(&scene, id)?;
        assert_eq!(all.len(), 3);
        assert!(all.iter().all(|run| run.contains(own)), "{all:?}");
        assert!(all.iter().all(|run| !run.contains(other)), "{all:?}");
    }
    Ok(())
}

#[test]
fn a_replay_reads_the_settings_of_its_own_app() -> Result<()> {
    let scene = two().start()?;
    for id in [ONE, TWO] {
        run(&scene, id, Script::of("set", &["name", id]))?;
    }
    let look = Script::of("get", &["name"]).then("set", &["seen", "yes"]);
    let report = run(&scene, ONE, look)?;
    // What both have since is another, and is not what the run had.
    for id in [ONE, TWO] {
        run(&scene, id, Script::of("set", &["name", "later"]))?;
    }
    let summary = scene.runs().into_iter().filter(|run| run.app.as_str() == ONE).nth(1);
    let looked = summary.expect("it is kept").run;
    let kept = scene.reader().run(looked)?;
    assert_eq!(kept.input.snapshot.settings.get("name"), Some(&Value::Text(ONE.to_owned())));
    let before = [ONE, TWO].map(|id| scene.reader().settings(&id.parse()?));
    let replay = scene.host().replay(looked).wait()?;
    assert_eq!(replay.replayed.result, report.result);
    assert_eq!(replay.replayed.result.log.lines[0].message, ONE);
    let after = [ONE, TWO].map(|id| scene.reader().settings(&id.parse()?));
    for (before, after) in before.into_iter().zip(after) {
        assert_eq!(before?, after?, "a replay changes nobody's");
    }
    Ok(())
}

#[test]
fn dead_letters_are_listed_by_app() -> Result<()> {
    let mut scene = two().start()?;
    for (id, why) in [(ONE, "quince"), (TWO, "medlar")] {
        let receipt = scene.push(&format!("{id}/inbox"), Script::of("reject", &[why]))?;
        assert!(matches!(receipt.ending().wait()?, Ending::Dead { .. }));
    }
    for (id, why) in [(ONE, "quince"), (TWO, "medlar")] {
        let dead = scene.reader().dead(Some(&id.parse()?))?;
        assert_eq!(dead.len(), 1, "{dead:?}");
        assert_eq!((dead[0].app.as_str(), dead[0].message.as_str()), (id, why));
    }
    let summary = |id: &str| -> Result<u64> {
        let apps = scene.reader().apps()?;
        Ok(apps.iter().find(|app| app.id.as_str() == id).map_or(0, |app| app.dead))
    };
    let of_one = scene.reader().dead(Some(&ONE.parse()?))?[0].id;
    scene.host().drop_dead(of_one).wait()?;
    assert_eq!((summary(ONE)?, summary(TWO)?), (0, 1));
    scene.leaves_triggers();
    Ok(())
}
