//! Toasts reach every sink at least once, in order, under ids that tell a repeat.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bugle::{
    ChannelSink, Clock, Error, Host, JsonLinesSink, Mark, Pending, Push, Quotas, Sink, ToastChange,
    ToastChoice, ToastEvent, ToastId, Value,
};
use bugle_tests::{AppSource, Scene, puppet};

/// Fails the first `failures` times that it is told something, whatever it is, and spills what it was told
/// the first `spills` times.
#[derive(Default)]
struct Moody {
    failures: u32,
    spills: u32,
    told: Arc<Mutex<Vec<ToastEvent>>>,
}

impl Sink for Moody {
    fn name(&self) -> &'static str {
        "moody"
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        if let Some(left) = self.failures.checked_sub(1) {
            self.failures = left;
            return Err(io::Error::other("not in the mood"));
        }
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(left) = self.spills.checked_sub(1) else { return Ok(()) };
        self.spills = left;
        Err(io::Error::other("spilled"))
    }
}

fn numbers(events: &[ToastEvent]) -> Vec<u64> {
    events.iter().map(|event| event.seq).collect()
}

fn ids(events: &[ToastEvent]) -> Vec<ToastId> {
    let id = |event: &ToastEvent| match &event.change {
        ToastChange::Show { id, .. } => Some(*id),
        _ => None,
    };
    events.iter().filter_map(id).collect()
}

#[test]
fn the_very_first_toast_is_delivered() -> Result<()> {
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    scene.settle();
    scene.push("inbox", "tfirst")?;
    scene.settle();
    scene.assert_toasts(&["first"]);
    Ok(())
}

#[test]
fn a_sink_that_fails_is_told_again_in_order() -> Result<()> {
    let told: Arc<Mutex<Vec<ToastEvent>>> = Arc::default();
    let of_sink = Arc::clone(&told);
    let scene = Scene::builder()
        .app(puppet("com.example.one"))
        .host(move |builder| {
            builder.sink(Moody { failures: 1, told: Arc::clone(&of_sink), ..Moody::default() })
        })
        .start()?;
    for at in 0..5 {
        scene.push("inbox", format!("t{at}"))?;
    }
    scene.settle();
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(numbers(&told), numbers(&scene.shown()));
    assert_eq!(told.len(), 5);
    Ok(())
}

#[test]
fn what_a_sink_could_not_make_durable_comes_again() -> Result<()> {
    let told: Arc<Mutex<Vec<ToastEvent>>> = Arc::default();
    let of_sink = Arc::clone(&told);
    let scene = Scene::builder()
        .app(puppet("com.example.one"))
        .host(move |builder| {
            builder.sink(Moody { spills: 1, told: Arc::clone(&of_sink), ..Moody::default() })
        })
        .start()?;
    scene.settle();
    scene.push("inbox", "thello")?;
    scene.settle();
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(numbers(&told), [1, 1]);
    Ok(())
}

#[test]
fn a_clock_that_jumps_between_two_starts_loses_nothing_that_is_shown() -> Result<()> {
    const DAY: u64 = 24 * 60 * 60 * 1_000;
    const NOW: u64 = 1_700_000_000_000;
    let folder = tempfile::tempdir()?;
    puppet("com.example.one").write(&folder.path().join("app"))?;
    let inbox = "com.example.one/inbox".parse()?;
    let mut told = Vec::new();
    // Hours and days, both ways. What was not shown before a jump is shown after it.
    for (at, now) in [NOW, NOW - DAY, NOW + DAY, NOW - 2 * DAY, NOW].into_iter().enumerate() {
        let (sink, mut shown) = ChannelSink::new();
        let down = Moody { failures: u32::MAX, ..Moody::default() };
        let builder = Host::builder().data_dir(folder.path().join("data"));
        let builder = builder.clock(Clock::manual(now)).sink(sink).sink(down);
        let host = builder.build().wait()?;
        if at == 0 {
            host.install(folder.path().join("app")).wait()?;
            host.open_channel(&inbox).wait()?;
        }
        host.push(&inbox, Push::new(format!("t{at}"))).wait()?.ending().wait()?;
        told.extend(shown.blocking_recv());
        host.shutdown().wait()?;
    }
    assert_eq!(numbers(&told), [1, 2, 3, 4, 5]);
    let well = Moody::default();
    let all = Arc::clone(&well.told);
    let builder = Host::builder().data_dir(folder.path().join("data"));
    let host = builder.clock(Clock::manual(NOW)).sink(well).build().wait()?;
    host.settled().wait()?;
    host.shutdown().wait()?;
    let all = all.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(numbers(&all), [1, 2, 3, 4, 5], "who was down has all of it");
    Ok(())
}

#[test]
fn a_sink_goes_on_after_a_restart_where_it_was() -> Result<()> {
    let mut scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    scene.push("inbox", "t1")?;
    scene.settle();
    scene.shut_down()?;
    scene.start_again()?;
    scene.push("inbox", "t2")?;
    scene.settle();
    scene.assert_toasts(&["1", "2"]);
    Ok(())
}

#[test]
fn a_sink_that_comes_later_is_told_all_that_is_kept() -> Result<()> {
    let mut scene = Scene::builder()
        .app(puppet("com.example.one"))
        .app(puppet("com.example.two"))
        .on_disk()
        .start()?;
    for app in ["com.example.one", "com.example.two"] {
        for at in 0..50 {
            scene.push(&format!("{app}/inbox"), format!("t{at}"))?;
        }
    }
    scene.settle();
    scene.shut_down()?;
    let (sink, mut events) = ChannelSink::new();
    let clock = Clock::manual(scene.now());
    let host = Host::builder().data_dir(scene.data()).clock(clock).sink(sink).build().wait()?;
    // More than one step of the sink's thread, and nothing new that would wake it.
    host.settled().wait()?;
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        told.push(event);
    }
    host.shutdown().wait()?;
    assert_eq!(numbers(&told), numbers(&scene.shown()));
    assert_eq!(told.len(), 100);
    Ok(())
}

#[test]
fn after_a_kill_events_may_come_again_under_the_same_ids() -> Result<()> {
    let killed = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    for at in 0..10 {
        killed.push("inbox", format!("t{at}"))?;
    }
    killed.settle();
    let scene = killed.killed_now()?;
    scene.push("inbox", "tafter")?;
    scene.settle();
    let (before, after) = (ids(&killed.shown()), ids(&scene.shown()));
    let all: BTreeSet<String> = before.iter().chain(&after).map(ToString::to_string).collect();
    assert_eq!(all.len(), 11, "no toast has two ids: {before:?} {after:?}");
    Ok(())
}

#[test]
fn ids_are_those_of_the_run_and_never_given_twice() -> Result<()> {
    let scene = Scene::builder().app(AppSource::example("mail")?).start()?;
    let trigger = scene
        .push(
            "inbox",
            r#"[{"id":"1","from":"Ada","subject":"x"},{"id":"2","from":"Bob","subject":"y"}]"#,
        )?
        .id();
    scene.settle();
    let shown: Vec<String> = ids(&scene.shown()).iter().map(ToString::to_string).collect();
    assert_eq!(shown, [format!("toast-{}.1.0", trigger.0), format!("toast-{}.1.1", trigger.0)]);
    Ok(())
}

#[test]
fn a_toast_of_the_same_tag_replaces_the_one_before() -> Result<()> {
    let scene = Scene::builder().app(AppSource::example("mail")?).start()?;
    let mail = |subject| format!(r#"[{{"id":"1","from":"Ada","subject":"{subject}"}}]"#);
    scene.push("inbox", mail("first"))?;
    scene.settle();
    scene.app().settings().unset("inbox/last").wait()?;
    scene.push("inbox", mail("second"))?;
    scene.settle();
    let live = scene.app().toasts()?;
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].toast.body, "second");
    let replaced = scene.shown().iter().find_map(|event| match &event.change {
        ToastChange::Show { replaces, .. } => *replaces,
        _ => None,
    });
    assert_eq!(replaced, Some(ids(&scene.shown())[0]));
    Ok(())
}

#[test]
fn a_toast_goes_by_itself_after_three_days() -> Result<()> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let scene = Scene::builder().app(puppet("com.example.one")).start()?;
    scene.push("inbox", "t1")?;
    scene.settle();
    scene.pass(2 * DAY);
    assert_eq!(scene.app().toasts()?.len(), 1);
    scene.pass(DAY + Duration::from_secs(60));
    assert_eq!(scene.app().toasts()?.len(), 0);
    let told = scene.shown();
    assert!(matches!(told.last().map(|event| &event.change), Some(ToastChange::Hide { .. })));
    Ok(())
}

#[test]
fn a_task_is_told_that_nobody_chose_its_toast_in_time() -> Result<()> {
    let scene = Scene::builder().app(AppSource::example("chat")?).start()?;
    scene.push("inbox", "Ada: Lunch?")?;
    scene.settle();
    assert_eq!(scene.setting("messages/open"), Some(Value::Integer(1)));
    scene.pass(Duration::from_secs(3 * 24 * 60 * 60 + 60));
    scene.settle();
    let woken: Vec<_> = scene.runs().iter().map(|run| run.trigger.as_str()).collect();
    assert_eq!(woken.iter().filter(|kind| **kind == "toast-dismissed").count(), 1, "{woken:?}");
    assert_eq!(scene.setting("messages/open"), Some(Value::Integer(0)));
    Ok(())
}

#[test]
fn a_toast_ends_once() -> Result<()> {
    let scene = Scene::builder().app(AppSource::example("chat")?).start()?;
    scene.push("inbox", "Ada: Lunch?")?;
    scene.settle();
    let id = scene.app().toasts()?[0].id;
    let like = || ToastChoice { action: Some(1), ..ToastChoice::default() };
    // All at once: each is on a thread of its own.
    let chosen: Vec<_> = (0..4).map(|_| scene.host().choose_toast(id, like())).collect();
    let dismissed: Vec<_> = (0..4).map(|_| scene.host().dismiss_toast(id)).collect();
    let mut answers: Vec<_> = chosen.into_iter().map(|chosen| chosen.wait().map(drop)).collect();
    answers.extend(dismissed.into_iter().map(Pending::wait));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let is_gone = |error: &Error| matches!(error, Error::UnknownToast { toast } if *toast == id);
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(is_gone), "{answers:?}");
    scene.pass(Duration::from_secs(3 * 24 * 60 * 60 + 60));
    scene.settle();
    let woken =
        scene.runs().iter().filter(|run| run.trigger.as_str() != "raw-notification").count();
    assert_eq!((woken, scene.setting("messages/open")), (1, Some(Value::Integer(0))));
    Ok(())
}

#[test]
fn many_toasts_go_at_once_and_each_is_told() -> Result<()> {
    // More than are looked at together.
    const TOASTS: usize = 300;
    let builder = Scene::builder().app(AppSource::example("chat")?).host(|builder| {
        let mut quotas = Quotas::default();
        quotas.set_from_text("toasts=3_600,kept-runs=1_000").expect("they are quotas");
        builder.quotas(quotas)
    });
    let scene = builder.start()?;
    for toast in 0..TOASTS {
        scene.push("inbox", format!("Ada: {toast}?"))?;
    }
    scene.settle();
    assert_eq!(scene.app().toasts()?.len(), TOASTS);
    scene.pass(Duration::from_secs(3 * 24 * 60 * 60 + 60));
    scene.settle();
    assert_eq!(scene.app().toasts()?.len(), 0);
    let told = scene.runs().iter().filter(|run| run.trigger.as_str() == "toast-dismissed").count();
    assert_eq!((told, scene.setting("messages/open")), (TOASTS, Some(Value::Integer(0))));
    Ok(())
}

#[test]
fn events_are_written_as_lines_of_json() -> Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    let path = file.path().to_owned();
    let scene = Scene::builder()
        .app(AppSource::example("mail")?)
        .host(move |builder| {
            let out = File::options().append(true).open(&path).expect("the file is there");
            builder.sink(JsonLinesSink::new(out))
        })
        .start()?;
    scene.push("inbox", r#"[{"id":"1","from":"Ada","subject":"Notes"}]"#)?;
    scene.settle();
    let text = fs::read_to_string(file.path())?;
    let events: Vec<ToastEvent> =
        text.lines().map(serde_json::from_str).collect::<serde_json::Result<_>>()?;
    assert_eq!(events, scene.shown());
    let changes: Vec<&ToastChange> = events.iter().map(|event| &event.change).collect();
    let [ToastChange::Show { toast, .. }, ToastChange::Badge { mark }] = changes[..] else {
        panic!("a toast and a badge: {text}");
    };
    assert_eq!((toast.title.as_str(), *mark), ("Ada", Some(Mark::Number(1))));
    Ok(())
}
