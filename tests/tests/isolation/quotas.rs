//! What one app has used up is not used up for another.

use std::time::Duration;

use anyhow::Result;
use bugle::task::Bytes;
use bugle::{App, Ending, Error, Receipt, Value};
use bugle_tests::{Scene, probe, puppet};

use crate::script::Script;
use crate::{ONE, TWO, app, run, said, two};

/// Under these a loop goes on until somebody ends it.
const ENDLESS: &str = "fuel=100_000_000_000,time-ms=600_000,watchdog-ms=3_600_000,grace-ms=10";

/// Housekeeping looks every minute, and one step may leave some for the next.
const AFTER_HOUSEKEEPING: Duration = Duration::from_secs(150);

/// What an app may have set, by the contract.
const SETTINGS_BYTES: u64 = 1024 * 1024;

/// What is kept of an app: runs, and dead letters.
const KEPT_MAX: usize = 1_000;

fn completes(receipt: Receipt) -> Result<()> {
    let ending = receipt.ending().wait()?;
    assert!(matches!(ending, Ending::Completed(_)), "{ending:?}");
    Ok(())
}

#[test]
fn a_full_queue_is_full_for_its_own_app() -> Result<()> {
    let mut scene = Scene::builder().app(puppet(ONE)).app(puppet(TWO)).limits(ENDLESS).start()?;
    let one = app(&scene, ONE)?;
    one.request(None, "l").wait()?;
    // By its bytes, which takes a tenth of the triggers: 64 MiB in pieces of 64 KiB.
    let fill = |app: &App| app.request(None, vec![b'-'; 64 * 1024]).wait();
    let refused = (0..2_000).find_map(|_| fill(&one).err());
    assert!(matches!(refused, Some(Error::QueueFull { .. })), "{refused:?}");
    completes(app(&scene, TWO)?.request(None, vec![b'-'; 64 * 1024]).wait()?)?;
    completes(scene.push(&format!("{TWO}/inbox"), "-")?)?;
    scene.leaves_triggers();
    scene.shut_down()
}

/// Fills an app's settings with values of 8 KiB; how many there is room for.
fn fill_settings(app: &App) -> Result<usize> {
    let settings = app.settings();
    for at in 0..200 {
        let value = Value::Bytes(Bytes(vec![0; 8 * 1024]));
        match settings.set(&format!("filler/{at}"), value).wait() {
            Ok(_) => {}
            Err(Error::Setting { .. }) => return Ok(at),
            Err(error) => return Err(error.into()),
        }
    }
    anyhow::bail!("there is room for more than 1 MiB")
}

#[test]
fn full_settings_are_full_for_their_own_app() -> Result<()> {
    let scene = two().start()?;
    let [one, two] = [ONE, TWO].map(|id| app(&scene, id));
    let (one, two) = (one?, two?);
    let room = fill_settings(&one)?;
    // To the last byte.
    let left = SETTINGS_BYTES - one.settings().all().wait()?.bytes() - "pad".len() as u64;
    let pad = Value::Bytes(Bytes(vec![0; usize::try_from(left)?]));
    one.settings().set("pad", pad).wait()?;
    let more = || Script::of("set", &["more", "x"]);
    assert_eq!(said(&scene, ONE, more())?, ["refused s"]);
    assert_eq!(said(&scene, TWO, more())?, [""; 0], "nothing is refused");
    two.settings().unset("more").wait()?;
    assert_eq!(fill_settings(&two)?, room, "the other has as much");
    Ok(())
}

#[test]
fn an_hours_toasts_are_the_apps_own() -> Result<()> {
    /// What an app may raise in an hour, and what a run may.
    const HOUR: usize = 60;
    let eight = || {
        let toast = |script: Script, at| script.then("toast", &[format!("toast {at}")]);
        (0..8).fold(Script::default(), toast)
    };
    let scene = two().start()?;
    let refused = |id: &str| -> Result<usize> {
        Ok(said(&scene, id, eight())?.iter().filter(|line| *line == "refused t").count())
    };
    let of_one: Result<Vec<usize>> = (0..9).map(|_| refused(ONE)).collect();
    assert_eq!(of_one?, [0, 0, 0, 0, 0, 0, 0, 4, 8]);
    let of_two: Result<Vec<usize>> = (0..8).map(|_| refused(TWO)).collect();
    assert_eq!(of_two?, [0, 0, 0, 0, 0, 0, 0, 4]);
    assert_eq!(app(&scene, TWO)?.toasts()?.len(), HOUR);
    Ok(())
}

#[test]
fn kept_runs_push_out_those_of_their_own_app() -> Result<()> {
    let scene = two().start()?;
    for at in 0..3 {
        run(&scene, TWO, Script::of("log", &[format!("early {at}")]))?;
    }
    let inbox = scene.channel_id(&format!("{ONE}/inbox"));
    let flood: Vec<_> = (0..KEPT_MAX + 200)
        .map(|_| scene.host().push(&inbox, bugle::Push::new(Script::of("log", &["flood"]))))
        .collect();
    for push in flood {
        push.wait()?;
    }
    scene.settle();
    scene.pass(AFTER_HOUSEKEEPING);
    scene.pass(AFTER_HOUSEKEEPING);
    let runs = scene.runs();
    let of = |id: &str| runs.iter().filter(|run| run.app.as_str() == id).count();
    assert_eq!((of(ONE), of(TWO)), (KEPT_MAX, 3));
    Ok(())
}

#[test]
fn dead_letters_push_out_those_of_their_own_app() -> Result<()> {
    let mut scene = two().start()?;
    scene.push(&format!("{TWO}/inbox"), Script::of("reject", &["early"]))?.ending().wait()?;
    let inbox = scene.channel_id(&format!("{ONE}/inbox"));
    let flood: Vec<_> = (0..KEPT_MAX + 200)
        .map(|_| scene.host().push(&inbox, bugle::Push::new(Script::of("reject", &["flood"]))))
        .collect();
    for push in flood {
        push.wait()?;
    }
    scene.settle();
    scene.pass(AFTER_HOUSEKEEPING);
    scene.pass(AFTER_HOUSEKEEPING);
    let dead = |id: &str| -> Result<usize> { Ok(scene.reader().dead(Some(&id.parse()?))?.len()) };
    assert_eq!((dead(ONE)?, dead(TWO)?), (KEPT_MAX, 1));
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn work_for_an_app_pushes_out_its_own() -> Result<()> {
    /// The most pieces of work that wait for an app, and that one run leaves.
    const KEYS: (usize, usize) = (64, 16);
    let scene = two().start()?;
    run(&scene, TWO, Script::of("work", &["early", "x"]))?;
    for run_number in 0..6 {
        let leave =
            |script: Script, at| script.then("work", &[format!("{run_number}.{at}").as_str(), "x"]);
        run(&scene, ONE, (0..KEYS.1).fold(Script::default(), leave))?;
    }
    let left = |id: &str| -> Result<usize> { Ok(scene.reader().resume_work(&id.parse()?)?.len()) };
    assert_eq!((left(ONE)?, left(TWO)?), (KEYS.0, 1));
    Ok(())
}

#[test]
fn a_log_that_is_full_leaves_room_in_anothers() -> Result<()> {
    /// The least that a log keeps, by the contract.
    const LOG_BYTES: usize = 64 * 1024;
    let scene = two().start()?;
    let line = "x".repeat(2_000);
    // By a trigger of the app's own, which may be larger than a push.
    let lines = |script: Script, _| script.then("log", &[line.as_str()]);
    let full = (0..32).fold(Script::default(), lines);
    for id in [ONE, TWO] {
        let report = app(&scene, id)?.request(None, full.clone()).wait()?.report().wait()?;
        let kept: usize = report.result.log.lines.iter().map(|line| line.message.len()).sum();
        assert!(kept <= LOG_BYTES && kept > LOG_BYTES - 2_100, "{id}: {kept}");
        assert_eq!(report.result.log.lines_dropped + report.result.log.bytes_dropped, 0, "{id}");
    }
    Ok(())
}

/// Whatever a task does to memory, tables, handles, stack or fuel, another app's run after it is equal to
/// one before it, to the unit of fuel.
#[test]
fn no_probe_changes_anothers_run() -> Result<()> {
    let mut scene =
        Scene::builder().app(crate::script::app(TWO)).limits("fuel=20_000_000").start()?;
    let script = || {
        Script::of("clear", &[""])
            .then("set", &["a", "b"])
            .then::<&str>("items", &[])
            .then("log", &["the same every time"])
    };
    // The first finds nothing to clear.
    run(&scene, TWO, script())?;
    let before = run(&scene, TWO, script())?.result;
    let mut seen = 0;
    for probe in probe::load_all()? {
        let installed = scene.install(&puppet(ONE).with_component(&probe.component));
        if installed.is_err() {
            assert_eq!(probe.expect, "refused", "{}", probe.name);
            continue;
        }
        scene.push(&format!("{ONE}/inbox"), "x")?.report().wait()?;
        assert_eq!(run(&scene, TWO, script())?.result, before, "{}", probe.name);
        seen += 1;
    }
    assert!(seen > 40, "only {seen} of the probes can be installed");
    scene.leaves_triggers();
    scene.shut_down()
}
