//! Installing an app, a newer version in its place, and removing it with everything that is its own.

use std::fs;
use std::time::Duration;

use anyhow::Result;
use bugle::{DeadReason, Value};
use bugle_tests::{AppSource, Scene, puppet};

/// Under these a run goes on until it is asked to end, and hears it in its time: it stands back behind all
/// else that the machine does.
const ENDLESS: &str = "fuel=100_000_000_000,time-ms=600_000,watchdog-ms=3_600_000,\
                       host-calls=10_000_000,grace-ms=30_000";

#[test]
fn an_app_is_listed_as_its_manifest_says() -> Result<()> {
    let scene = Scene::builder().app(AppSource::example("mail")?).start()?;
    let mut apps = scene.reader().apps()?;
    for task in apps.iter_mut().flat_map(|app| &mut app.tasks) {
        assert_eq!(task.component.len(), 64);
        task.component = "a digest".to_owned();
    }
    insta::assert_json_snapshot!(apps, @r#"
    [
      {
        "id": "com.example.mail",
        "name": "Mail",
        "version": "1.0.0",
        "tasks": [
          {
            "name": "new-mail",
            "component": "a digest",
            "triggers": [
              "raw-notification"
            ]
          }
        ],
        "channels": [
          "inbox"
        ],
        "waiting": 0,
        "dead": 0,
        "installed-at": 1700000000000,
        "paused": []
      }
    ]
    "#);
    Ok(())
}

#[test]
fn a_newer_version_keeps_settings_channels_toasts_and_history() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let address = scene.open("inbox")?.address().clone();
    scene.push("inbox", "t1")?;
    scene.settle();
    let updated = scene.install(&puppet("com.example.one").replace("1.0.0", "2.0.0"))?;
    assert_eq!((updated.version().as_str(), scene.app().version().as_str()), ("2.0.0", "2.0.0"));
    assert_eq!(scene.open("inbox")?.address(), &address);
    scene.push("inbox", "t2")?;
    scene.settle();
    assert_eq!(scene.setting("n"), Some(Value::Integer(2)));
    assert_eq!(scene.app().toasts()?.len(), 2);
    let versions: Vec<String> = scene.runs().into_iter().map(|run| run.app_version).collect();
    assert_eq!(versions, ["1.0.0", "2.0.0"]);
    Ok(())
}

#[test]
fn a_trigger_whose_task_is_gone_is_dead_and_says_so() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let id = scene.push("inbox", "f")?.id();
    scene.settle();
    scene.install(&puppet("com.example.one").replace("\"act\"", "\"perform\""))?;
    scene.pass(Duration::from_secs(2));
    let [dead] = &scene.dead()[..] else { panic!("one is dead") };
    assert_eq!((dead.id, dead.reason), (id, DeadReason::TaskMissing));
    assert_eq!(dead.message, "version 1.0.0 of the app has no task `act`");
    Ok(scene.host().drop_dead(id).wait()?)
}

#[test]
fn a_channel_that_the_new_version_gave_up_takes_nothing() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let alerts = scene.open("alerts")?;
    let source = puppet("com.example.one");
    let at = source.manifest.rfind("[[channel]]").expect("it has two channels");
    let fewer = AppSource { manifest: source.manifest[..at].to_owned(), ..source };
    scene.install(&fewer)?;
    let pushed = scene.host().push_to(alerts.address(), bugle::Push::new("-")).wait();
    assert_eq!(pushed.expect_err("given up").code(), "unknown-channel");
    assert_eq!(scene.push("alerts", "-").expect_err("given up").code(), "unknown-channel");
    scene.push("inbox", "-")?;
    Ok(())
}

#[test]
fn an_app_that_is_refused_leaves_the_installed_one_alone() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let broken = puppet("com.example.one").replace("1.0.0", "2.0.0").with_component(b"text");
    assert!(scene.install(&broken).is_err());
    assert_eq!(scene.app().version(), "1.0.0");
    scene.push("inbox", "t1")?;
    scene.settle();
    scene.assert_toasts(&["1"]);
    Ok(())
}

#[test]
fn removing_an_app_erases_everything_of_it() -> Result<()> {
    let scene = Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        .on_disk()
        .start()?;
    let address = scene.open("inbox")?.address().clone();
    for content in ["t1", "owork", "f", "r"] {
        scene.push("inbox", content)?;
    }
    scene.push("com.example.two/inbox", "t2")?;
    scene.settle();
    let app = scene.app();
    scene.host().remove(scene.app_id()).wait()?;
    assert_eq!(scene.host().app(scene.app_id()).expect_err("gone").code(), "unknown-app");
    assert_eq!(scene.host().remove(scene.app_id()).wait().expect_err("gone").code(), "unknown-app");
    let pushed = scene.host().push_to(&address, bugle::Push::new("-")).wait();
    assert_eq!(pushed.expect_err("gone").code(), "unknown-channel");
    assert!(app.request(None, "-").wait().is_err(), "an old handle leads nowhere");
    assert!(app.settings().set("a", Value::Integer(1)).wait().is_err());
    let totals = scene.reader().totals()?;
    assert_eq!((totals.apps, totals.channels, totals.waiting, totals.dead), (1, 2, 0, 0));
    assert_eq!((totals.runs, totals.toasts, totals.components), (1, 1, 1), "those of the other");

    scene.install(&puppet("com.example.one"))?;
    assert_eq!(scene.count("com.example.one"), 0, "nothing of it comes back");
    assert_ne!(scene.open("inbox")?.address(), &address);
    Ok(())
}

/// Who follows the runs has seen those of the app that was removed, and must not miss those of the next.
#[test]
fn the_runs_of_a_removed_app_leave_no_place_to_others() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    for _ in 0..3 {
        scene.push("inbox", "-")?.ending().wait()?;
    }
    let place = scene.reader().place_before(None, 0)?;
    scene.host().remove(scene.app_id()).wait()?;
    assert_eq!(scene.reader().place_before(None, 0)?, place);
    scene.shut_down()?;
    scene.start_again()?;
    scene.install(&puppet("com.example.one"))?;
    scene.push("inbox", "-")?.report().wait()?;
    let runs = scene.reader().runs_after(place, None, 10)?;
    assert_eq!(runs.iter().map(|run| run.seq - place).collect::<Vec<_>>(), [1]);
    assert_eq!(scene.reader().place_before(None, 1)?, place);
    Ok(())
}

#[test]
fn removing_an_app_asks_its_running_task_to_end() -> Result<()> {
    let scene = Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        // It does not hear.
        .limits(&format!("{ENDLESS},grace-ms=20"))
        .host(|builder| builder.workers(1))
        .start()?;
    let running = scene.push("inbox", "l")?.id();
    let behind = scene.push("inbox", "-")?;
    scene.until_it_runs(running, "com.example.two/inbox")?;
    scene.host().remove(scene.app_id()).wait()?;
    assert_eq!(scene.reader().totals()?.apps, 1);
    assert_eq!(behind.ending().wait()?, bugle::Ending::Removed);
    scene.push("com.example.two/inbox", "t2")?;
    scene.settle();
    scene.assert_toasts(&["2"]);
    Ok(())
}

#[test]
fn a_run_finishes_in_its_version_and_what_comes_after_runs_in_the_new_one() -> Result<()> {
    let scene = Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        .limits(ENDLESS)
        .host(|builder| builder.workers(1))
        .start()?;
    let running = scene.push("inbox", "k")?.id();
    scene.until_it_runs(running, "com.example.two/inbox")?;
    let (app, host) = (scene.app(), scene.host().clone());
    let folder = tempfile::tempdir()?;
    puppet("com.example.one").replace("1.0.0", "2.0.0").write(folder.path())?;
    let update = host.install(folder.path());
    // It goes on, whatever is installed meanwhile, until somebody asks it to end.
    scene.until(|reader| Ok(reader.apps()?.iter().any(|app| app.version == "2.0.0")))?;
    assert!(app.cancel(bugle::task::CancellationReason::Requested), "it still runs");
    update.wait()?;
    scene.push("inbox", "-")?;
    scene.settle();
    let runs = scene.reader().runs(&bugle::RunFilter {
        app: Some(scene.app_id().clone()),
        limit: 10,
        ..bugle::RunFilter::default()
    })?;
    let versions = runs.iter().map(|run| (run.run.trigger == running, run.app_version.as_str()));
    assert_eq!(versions.collect::<Vec<_>>(), [(false, "2.0.0"), (true, "1.0.0")]);
    Ok(())
}

/// A run that goes on for longer than one may by default does not hold an update up for ever.
#[test]
fn an_update_asks_a_run_to_end_that_goes_on_for_too_long() -> Result<()> {
    let scene = Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        .limits(ENDLESS)
        .host(|builder| builder.workers(1))
        .start()?;
    let running = scene.push("inbox", "k")?.id();
    scene.until_it_runs(running, "com.example.two/inbox")?;
    scene.install(&puppet("com.example.one").replace("1.0.0", "2.0.0"))?;
    scene.settle();
    let run = scene.reader().run(bugle::RunId { trigger: running, claim: 1 })?;
    let seen = run.report.measured.cancellation_seen;
    assert_eq!(seen, Some(bugle::task::CancellationReason::Update));
    Ok(())
}

#[test]
fn apps_with_the_same_component_share_it_and_lose_it_apart() -> Result<()> {
    let scene = Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        .on_disk()
        .start()?;
    assert_eq!(scene.reader().totals()?.components, 1);
    scene.host().remove(&"com.example.two".parse()?).wait()?;
    scene.push("inbox", "t1")?;
    scene.settle();
    scene.assert_toasts(&["1"]);
    assert_eq!(scene.reader().totals()?.components, 1);
    Ok(())
}

#[test]
fn an_installed_app_needs_its_folder_no_more() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    // The scene's folders of sources are gone already, and now so is what was compiled.
    scene.shut_down()?;
    fs::remove_dir_all(scene.data().join("cache"))?;
    scene.start_again()?;
    scene.push("inbox", "t1")?;
    scene.settle();
    scene.assert_toasts(&["1"]);
    Ok(())
}

/// Native code of a version that was replaced goes with the app as well.
#[test]
fn removing_an_app_leaves_no_native_code_of_any_version() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    scene.push("inbox", "-")?.ending().wait()?;
    // An empty custom section makes it another component that does the same.
    let app = puppet("com.example.one");
    let mut other = app.files[0].1.clone();
    other.extend([0, 5, 4]);
    other.extend(b"test");
    scene.install(&app.with_component(&other))?;
    scene.host().remove(scene.app_id()).wait()?;
    let mut left = Vec::new();
    for engine in fs::read_dir(scene.data().join("cache"))? {
        for file in fs::read_dir(engine?.path())? {
            left.push(file?.file_name());
        }
    }
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

/// What the store gives back is held to the digest it is named by, before it is compiled.
#[test]
fn bytes_that_are_not_those_of_their_digest_are_never_run() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    scene.shut_down()?;
    let conn = rusqlite::Connection::open(scene.data().join("bugle.db"))?;
    // Appends an empty custom section: still a good component, but another one.
    conn.execute("UPDATE components SET bytes = CAST(bytes || x'00050474657374' AS BLOB)", [])?;
    drop(conn);
    fs::remove_dir_all(scene.data().join("cache"))?;
    scene.start_again()?;
    scene.push("inbox", "t1")?;
    scene.until(|reader| Ok(reader.totals()?.claimed == 1))?;
    scene.assert_toasts(&[]);
    let violations = scene.reader().check()?;
    assert!(violations.iter().any(|broken| broken.invariant == 20), "{violations:?}");
    // The same app again brings its bytes along.
    let folder = tempfile::tempdir()?;
    puppet("com.example.one").write(folder.path())?;
    let again = scene.host().install(folder.path());
    scene.until(|reader| {
        scene.pass(Duration::from_secs(2));
        Ok(reader.check()?.is_empty())
    })?;
    scene.until(|reader| {
        scene.pass(Duration::from_secs(2));
        Ok(reader.totals()?.toasts == 1)
    })?;
    again.wait()?;
    Ok(())
}
