//! A push wakes a fresh task, and everything it does is committed together.

use anyhow::Result;
use bugle::task::Bytes;
use bugle::{Ending, Mark, Push, Value};
use bugle_tests::{AppSource, Scene, puppet};

const MAILS: &str = r#"[{"id":"a1","from":"Ada","subject":"Notes"},
    {"id":"b2","from":"Bob","subject":"Lunch?","preview":"At noon"}]"#;

fn mail() -> Result<Scene> {
    Scene::builder().app(AppSource::example("mail")?).start()
}

#[test]
fn a_push_of_mails_becomes_toasts_a_badge_settings_and_work() -> Result<()> {
    let scene = mail()?;
    let report = scene.push("inbox", MAILS)?.report().wait()?;
    scene.settle();
    assert!(report.result.outcome.is_completed(), "{report:?}");
    scene.assert_toasts(&["Ada: Notes", "Bob: Lunch?\nAt noon"]);
    assert_eq!(scene.app().badge()?, Some(Mark::Number(2)));
    assert_eq!(scene.setting("inbox/unread"), Some(Value::Integer(2)));
    assert_eq!(scene.setting("inbox/last"), Some(Value::Text("b2".to_owned())));
    let work = scene.app().take_resume_work().wait()?;
    assert_eq!((work.len(), work[0].key.as_str()), (1, "sync"));
    assert_eq!(work[0].content, Bytes::from(r#"["a1","b2"]"#));
    assert_eq!(scene.app().take_resume_work().wait()?, [], "it is handed out once");
    Ok(())
}

#[test]
fn the_same_mails_again_change_nothing() -> Result<()> {
    let scene = mail()?;
    scene.push("inbox", MAILS)?;
    scene.push("inbox", MAILS)?;
    scene.settle();
    assert_eq!(scene.setting("inbox/unread"), Some(Value::Integer(2)));
    assert_eq!(scene.shown().len(), 3, "two toasts and a badge");
    assert_eq!(scene.app().toasts()?.len(), 2);
    Ok(())
}

#[test]
fn a_malformed_push_is_rejected_and_changes_nothing() -> Result<()> {
    let mut scene = mail()?;
    let ending = scene.push("inbox", "not mails")?.ending().wait()?;
    assert!(matches!(ending, Ending::Dead { reason: bugle::DeadReason::Rejected, .. }));
    scene.settle();
    scene.assert_toasts(&[]);
    assert_eq!(scene.setting("inbox/unread"), None);
    assert_eq!(scene.app().badge()?, None);
    scene.leaves_triggers();
    Ok(())
}

#[test]
fn the_sample_task_keeps_what_arrived_under_its_name() -> Result<()> {
    let scene = Scene::builder().app(AppSource::example("raw-notification")?).start()?;
    let report = scene.push("inbox", "héllo")?.report().wait()?;
    let log: Vec<&str> = report.result.log.lines.iter().map(|line| &*line.message).collect();
    assert_eq!(log, ["Background sample-task starting…", "Background sample-task completed!"]);
    scene.settle();
    assert_eq!(scene.setting("sample-task"), Some(Value::Text("héllo".to_owned())));
    scene.push("inbox", [0xff, 0])?;
    scene.settle();
    assert_eq!(scene.setting("sample-task"), Some(Value::Bytes(vec![0xff, 0].into())));
    Ok(())
}

#[test]
fn an_address_leads_to_its_channel() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let inbox = scene.open("inbox")?;
    let receipt = scene.host().push_to(inbox.address(), Push::new("t1")).wait()?;
    assert!(matches!(receipt.ending().wait()?, Ending::Completed(_)));
    scene.settle();
    scene.assert_toasts(&["1"]);
    Ok(())
}

#[test]
fn the_app_itself_wakes_its_task() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let app = scene.app();
    app.request(None, "tfrom the app").wait()?;
    app.request(Some(&"act".parse()?), "tby name").wait()?;
    app.raise("com.example.door-opened", "tcustom").wait()?;
    scene.settle();
    scene.assert_toasts(&["from the app", "by name", "custom"]);
    let kinds: Vec<String> = scene.runs().iter().map(|run| run.trigger.to_string()).collect();
    assert_eq!(kinds, ["application", "application", "custom"]);
    Ok(())
}

#[test]
fn what_no_task_takes_is_refused_and_not_kept() -> Result<()> {
    let scene = mail()?;
    let app = scene.app();
    let refused = |pending: bugle::Pending<bugle::Receipt>| match pending.wait() {
        Ok(receipt) => panic!("{} was accepted", receipt.id()),
        Err(error) => format!("{}: {error}", error.code()),
    };
    assert_eq!(
        refused(app.request(None, "x")),
        "no-task: the app `com.example.mail` has no task that takes `application` triggers"
    );
    assert_eq!(
        refused(app.raise("com.example.tick", "x")),
        "no-task: the app `com.example.mail` has no task that takes `custom` triggers"
    );
    let other = "other".parse()?;
    assert_eq!(
        refused(app.request(Some(&other), "x")),
        "unknown-task: the app `com.example.mail` has no task `other`"
    );
    assert_eq!(scene.reader().totals()?.waiting, 0);
    Ok(())
}

#[test]
fn pushes_have_bounds() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let refused = |push: Push| scene.push_as("inbox", push).expect_err("over a bound").to_string();
    assert_eq!(refused(Push::new("")), "the push is empty");
    assert_eq!(
        refused(Push::new(vec![b'x'; 5_001])),
        "the content has 5001 bytes, and may have 5000"
    );
    assert_eq!(
        refused(Push::new("x").content_type("x".repeat(256))),
        "the content type has 256 bytes, and may have 255"
    );
    let many = (0..17).fold(Push::new("x"), |push, _| push.header("a", "b"));
    assert_eq!(refused(many), "the headers are 17 of 34 bytes together, and may be 16 of 4,096");
    let app = scene.app();
    let kinds = ["door", "bugle.door", "com..door", "com.do or"];
    for kind in kinds {
        let error = app.raise(kind, "x").wait().expect_err("it is no kind of an embedder");
        assert_eq!(error.code(), "invalid-kind", "{kind}");
    }
    let error = app.request(None, vec![0; 65_537]).wait().expect_err("it is too large");
    assert_eq!(error.code(), "content-too-large");

    scene.push_as("inbox", Push::new(vec![b'-'; 5_000]))?;
    app.request(None, vec![b'-'; 65_536]).wait()?;
    scene.settle();
    assert_eq!(scene.outcomes(), ["completed", "completed"]);
    Ok(())
}

#[test]
fn a_trigger_reaches_the_task_as_it_was_sent() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    let push = Push::new("-").content_type("text/plain").header("X-Topic", "weather");
    let id = scene.push_as("alerts", push)?.id();
    scene.settle();
    let run = scene.reader().run(bugle::RunId { trigger: id, claim: 1 })?;
    insta::assert_json_snapshot!(run.input.trigger, @r#"
    {
      "kind": "raw-notification",
      "channel": "alerts",
      "content": "LQ==",
      "content-type": "text/plain",
      "headers": [
        {
          "name": "x-topic",
          "value": "weather"
        }
      ],
      "received-at": 1700000000000
    }
    "#);
    Ok(())
}

#[test]
fn a_full_queue_refuses_and_says_when_to_come_again() -> Result<()> {
    let mut scene = Scene::builder()
        .app(puppet("com.example.one"))
        .limits("fuel=100_000_000_000,time-ms=600_000,watchdog-ms=3_600_000,grace-ms=10")
        .start()?;
    scene.push("inbox", "l")?;
    let inbox = scene.channel_id("inbox");
    let pushes: Vec<_> = (1..10_000).map(|_| scene.host().push(&inbox, Push::new("-"))).collect();
    for push in pushes {
        push.wait()?;
    }
    let error = scene.push("inbox", "one too many").expect_err("the queue is full");
    assert_eq!(
        error.to_string(),
        "the app `com.example.one` has 10000 triggers waiting, as many as it may"
    );
    let bugle::Error::QueueFull { retry_after, .. } = error else { panic!("{error}") };
    assert!(!retry_after.is_zero());
    assert_eq!(scene.reader().totals()?.waiting + scene.reader().totals()?.claimed, 10_000);
    scene.leaves_triggers();
    scene.shut_down()
}
