use super::*;
use crate::badge::{self, Glyph};
use crate::toasts::{self, Image, Progress, Toast, ToastUpdate};
use crate::{Error, context, settings};

/// Runs a task that must end well, and asserts inside of it.
fn check(task: fn(Trigger) -> Result<(), TaskError>) -> Report {
    let report = Run::of(task).push(b"");
    assert!(report.outcome.is_completed(), "{report}");
    report
}

#[test]
fn what_a_run_did_is_kept_only_if_it_ended_well() {
    fn run(trigger: Trigger) -> Result<(), TaskError> {
        settings::set("unread", 4)?;
        settings::set_version(2);
        badge::set_glyph(Glyph::Alert);
        Toast::new("New mail").show()?;
        context::on_resume("sync", "ids")?;
        crate::info!("{} done", 1);
        match trigger.into_raw_notification()?.text()? {
            "fail" => Err(TaskError::failed("no")),
            "panic" => panic!("out of {}", "luck"),
            _ => Ok(()),
        }
    }
    let before = || Run::of(run).with_setting("unread", 3).with_badge(Mark::Number(3));
    let kept = before().push("");
    assert_eq!((kept.setting::<i64>("unread"), kept.settings_version), (Some(4), 2));
    assert_eq!(kept.badge, Some(Mark::Glyph(Glyph::Alert)));
    assert_eq!((kept.toasts.len(), kept.resume_work.len()), (1, 1));
    for (content, code) in [("fail", "failed"), ("panic", "trapped"), ("\u{0}", "completed")] {
        assert_eq!(before().push(content).outcome.code(), code);
    }
    for content in ["fail", "panic"] {
        let report = before().push(content);
        assert_eq!((report.setting::<i64>("unread"), report.settings_version), (Some(3), 0));
        assert_eq!(report.badge, Some(Mark::Number(3)));
        assert!(report.toasts.is_empty() && report.resume_work.is_empty());
        assert!(report.log_text().starts_with("1 done"), "{report}");
    }
    assert_eq!(before().push("panic").log_text(), "1 done\npanicked: out of luck");
    assert_eq!(before().push(b"\xff").outcome.code(), "failed");
}

#[test]
fn settings_keep_their_types_and_limits() {
    check(|_| {
        settings::set("a/b", true)?;
        settings::set("a/c/d", Timestamp(7))?;
        settings::set("a/c", 0.5)?;
        settings::set("z", b"\xff".as_slice())?;
        assert_eq!(settings::get::<Timestamp>("a/c/d")?, Some(Timestamp(7)));
        assert_eq!(settings::get::<f64>("a/c")?, Some(0.5));
        assert_eq!(settings::get::<String>("absent")?, None);
        let wrong = settings::get::<i64>("a/b").expect_err("it is a boolean");
        assert_eq!(wrong.to_string(), "the setting `a/b` is of the type boolean, not integer");

        let names = |container: &str| -> Result<Vec<(String, bool)>, Error> {
            let items = settings::items(container)?.into_iter();
            Ok(items.map(|item| (item.name, item.is_container)).collect())
        };
        assert_eq!(names("")?, [("a".to_owned(), true), ("z".to_owned(), false)]);
        let inner = [("b", false), ("c", false), ("c", true)];
        assert_eq!(names("a")?, inner.map(|(name, is)| (name.to_owned(), is)));
        assert_eq!(settings::clear("a")?, 3);
        assert!(settings::remove("z")? && !settings::remove("z")?);

        let code =
            |path: &str, bytes: usize| settings::set(path, "x".repeat(bytes)).map_err(|e| e.code());
        assert_eq!(code("", 1), Err("invalid-path"));
        assert_eq!(code("a//b", 1), Err("invalid-path"));
        assert_eq!(code("big", 8 * 1024), Ok(()));
        assert_eq!(code("big", 8 * 1024 + 1), Err("value-too-large"));
        let set = (0..64).map(|at| code(&format!("much/{at}"), 8 * 1024));
        assert!(set.collect::<Vec<_>>().contains(&Err("quota-exceeded")));
        Ok(())
    });
}

#[test]
fn toasts_are_checked_and_counted() {
    let report = check(|_| {
        let code = |toast: Toast| toast.show().map_err(|error| error.code());
        assert_eq!(code(Toast::new("")), Err("invalid"));
        assert_eq!(code(Toast::new("x").body("y".repeat(6_000))), Err("too-large"));
        assert_eq!(code(Toast::new("x").tag("")), Err("invalid"));
        assert_eq!(
            code(Toast::new("x").image(Image::new("https://a.example/x", ""))),
            Err("invalid")
        );
        assert_eq!(code(Toast::new("x").image(Image::new("../x", ""))), Err("invalid"));
        assert_eq!(code(Toast::new("x").image(Image::new("img/x.png", ""))), Ok(()));
        for _ in 1..8 {
            Toast::new("x").show()?;
        }
        assert_eq!(code(Toast::new("ninth")), Err("too-many"));
        let change = ToastUpdate::new().progress(Progress::new("half").fraction(0.5));
        toasts::update("tag", None, 1, &change)?;
        toasts::hide_group("old")?;
        Ok(())
    });
    assert_eq!((report.toasts.len(), report.toast_changes.len()), (8, 2));
    let unwanted = Run::of(|_| {
        assert!(!toasts::permitted());
        Ok(Toast::new("x").show()?)
    });
    let unwanted = unwanted.without_toasts().push("");
    assert!(unwanted.outcome.is_completed() && unwanted.toasts.is_empty());
}

#[test]
fn the_context_is_what_the_test_says() {
    let run = Run::of(|_| {
        assert_eq!(
            (context::app(), context::app_version()),
            ("org.example.x".into(), "2.1.0".into())
        );
        assert_eq!((context::task(), context::attempt()), ("t".into(), 3));
        assert_eq!((context::now(), context::attempts_max()), (Timestamp(5), 4));
        assert_eq!(context::cancellation(), Some(CancellationReason::Update));
        assert_ne!(context::random(16), context::random(16));
        assert_eq!(context::random(5_000).len(), 4_096);
        context::report_progress(150);
        let work = |key: &str, bytes| context::on_resume(key, vec![0; bytes]).map_err(|e| e.code());
        assert_eq!(work("", 1), Err("invalid"));
        assert_eq!(work("k", 8 * 1024 + 1), Err("too-large"));
        assert!((0..16).all(|at| work(&at.to_string(), 1).is_ok()));
        assert_eq!((work("0", 2), work("16", 1)), (Ok(()), Err("too-many")));
        Err(TaskError::retry_after(std::time::Duration::from_secs(2)))
    });
    let report = run
        .with_app("org.example.x", "2.1.0")
        .with_task("t")
        .with_attempt(3, 4)
        .with_time(Timestamp(5))
        .with_cancellation(CancellationReason::Update)
        .push("");
    assert_eq!(report.outcome, Outcome::Retry { after_ms: Some(2_000) }, "{report}");
    assert_eq!(report.progress, Some(100));
}

#[test]
fn the_log_is_cut_and_counted() {
    let report = check(|_| {
        crate::log::info(&"é".repeat(2_000));
        (0..1_001).for_each(|_| crate::log::debug(""));
        Ok(())
    });
    assert_eq!(report.log.len(), 1_000);
    assert_eq!(report.log.first().map(|line| line.message.len()), Some(2_048));
    assert_eq!(report.log_lines_dropped, 2);
}
