use bugle_store::*;
use bugle_task::*;

use crate::scene::{Scene, push, record, set, toast};

#[test]
fn the_snapshot_of_each_kept_run_can_be_rebuilt() {
    let scene = Scene::in_a_folder();
    let first = scene.run_setting("a", "1");
    let changes = [set("b", "outside")].into();
    wait(|reply| scene.store.change_settings(scene.app, changes, Some(4), reply)).expect("changed");
    let removal = Effects { settings: [("a".to_owned(), None)].into(), ..Effects::default() };
    let (second, _) = scene.run(removal);
    let third = scene.run_setting("b", "2");

    let reader = scene.store.reader();
    let seen = |run| {
        let kept = reader.run(run).expect("readable").expect("kept");
        let settings = &kept.input.snapshot.settings;
        let paths: Vec<String> = settings.iter().map(|(path, _)| path.to_owned()).collect();
        (settings.version, paths)
    };
    assert_eq!(seen(first), (0, vec![]));
    assert_eq!(seen(second), (4, vec!["a".into(), "b".into()]));
    assert_eq!(seen(third), (4, vec!["b".into()]));
    assert_eq!(scene.values(), [("b".to_owned(), Value::Text("2".into()))].into());

    let kept = reader.run(first).expect("readable").expect("kept");
    let effects = Effects { settings: [set("a", "1")].into(), ..Effects::default() };
    assert_eq!(kept.report, record(0, Outcome::Completed, effects).report);
    assert_eq!(kept.input.trigger, push(b"hello"));
    assert_eq!(kept.input.identity.run_id, first);
    scene.check();
}

#[test]
fn a_kept_report_is_the_same_to_the_byte_although_its_settings_are_kept_apart() {
    let scene = Scene::in_a_folder();
    let long = "x".repeat(1_024);
    let setting = |path: &str, value| (path.to_owned(), value);
    let of = |settings: Vec<(String, Option<Value>)>, version| Effects {
        settings: settings.into_iter().collect(),
        settings_version: version,
        ..Effects::default()
    };
    let effects = [
        of(vec![set("a", &long), setting("b/c", Some(Value::Float(f64::INFINITY)))], None),
        // Changes nothing: the next one's settings are not its own.
        of(Vec::new(), None),
        of(vec![setting("a", None), setting("never-there", None)], Some(7)),
        of(Vec::new(), Some(8)),
        of(vec![setting("b/c", Some(Value::Bytes(b"\xff\0"[..].into()))), set("a", "")], None),
    ];
    let mut change = 0;
    let runs = effects.map(|effects| {
        let expected = record(change, Outcome::Completed, effects.clone()).report;
        change += u64::from(!effects.settings.is_empty() || effects.settings_version.is_some());
        (scene.run(effects).0, expected)
    });
    // What did not complete has no settings in the tables: its report has them.
    let claim = scene.claim();
    let failed =
        record(change, Outcome::OutOfFuel, of(vec![set("a", "lost"), set("d", "lost")], None));
    let expected = failed.report.clone();
    let end = End::RetryAt(scene.now + 1);
    scene.commit(vec![Ended { run: claim.run, end, record: Some(failed) }]).expect("committed");
    // Retention takes none of it away as long as the runs are kept.
    wait(|reply| scene.store.retain(Retention::default(), scene.now, reply)).expect("retained");

    let reader = scene.store.reader();
    for (run, expected) in runs.into_iter().chain([(claim.run, expected)]) {
        let kept = reader.run(run).expect("readable").expect("kept").report;
        let bytes = |report: &RunReport| serde_json::to_string(report).expect("it has text keys");
        assert_eq!(bytes(&kept), bytes(&expected), "{run}");
    }
    scene.check();
}

#[test]
fn a_turn_on_settings_that_moved_commits_nothing() {
    let scene = Scene::in_memory();
    let claim = scene.claim();
    let changes = [set("a", "outside")].into();
    wait(|reply| scene.store.change_settings(scene.app, changes, None, reply)).expect("changed");
    let effects = Effects { settings: [set("a", "task")].into(), ..Effects::default() };
    let record = Some(record(0, Outcome::Completed, effects));
    let refused = scene.commit(vec![Ended { run: claim.run, end: End::Completed, record }]);
    assert_eq!(refused.expect_err("overtaken").code(), "settings-overtaken");
    assert_eq!(scene.values(), [("a".to_owned(), Value::Text("outside".into()))].into());
    assert_eq!(scene.store.reader().waiting(scene.app).expect("readable").claimed, 1);
    scene.check();
}

#[test]
fn a_claim_that_is_not_held_commits_nothing() {
    let scene = Scene::in_memory();
    let (stale, fresh) = (scene.claim().run, scene.claim().run);
    scene.end(stale, End::Released);
    let end = |run, change, value| {
        let effects = Effects { settings: [set("a", value)].into(), ..Effects::default() };
        let record = Some(record(change, Outcome::Completed, effects));
        Ended { run, end: End::Completed, record }
    };
    let committed = scene.commit(vec![end(stale, 0, "stale"), end(fresh, 0, "fresh")]);
    assert_eq!(committed.expect("committed").stale, [stale]);
    assert_eq!(scene.values(), [("a".to_owned(), Value::Text("fresh".into()))].into());
    let again = scene.commit(vec![end(fresh, 1, "again")]).expect("committed");
    assert_eq!(again.stale, [fresh]);
    scene.check();
}

#[test]
fn a_toast_replaces_one_of_its_tag_and_updates_keep_their_order() {
    let scene = Scene::in_memory();
    let shown = scene.run_toasts(vec![toast("one", Some("t")), toast("free", None)]);
    let ToastChange::Show { id: first, .. } = shown[0].change else { panic!("{shown:?}") };
    let update = |sequence, title: &str| ToastEffect::Update {
        key: ToastKey { tag: Some("t".into()), group: None },
        sequence,
        change: ToastUpdate { title: Some(title.into()), ..ToastUpdate::default() },
    };
    scene.run_toasts(vec![update(2, "two"), update(1, "late"), update(0, "always")]);
    let titles = || -> Vec<String> {
        let live = scene.store.reader().toasts(Some(scene.app)).expect("readable");
        live.into_iter().map(|live| live.toast.title).collect()
    };
    assert_eq!(titles(), ["always", "free"]);
    let replaced = scene.run_toasts(vec![toast("new", Some("t"))]);
    assert!(
        matches!(replaced[0].change, ToastChange::Show { replaces, .. } if replaces == Some(first))
    );
    assert_eq!(titles(), ["free", "new"]);
    let hidden = scene.run_toasts(vec![ToastEffect::Hide { key: ToastKey::default() }]);
    assert_eq!((hidden.len(), titles().len()), (2, 0));

    let events = scene.store.reader().events_after(0, 100).expect("readable");
    assert!(events.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    assert_eq!(events.last(), hidden.last());
    let times = scene.store.reader().toast_times_since(scene.app, 0).expect("readable");
    assert_eq!(times.len(), 3);
    scene.check();
}

#[test]
fn a_tag_names_another_toast_in_each_group_with_updates_of_its_own() {
    let scene = Scene::in_memory();
    let key = |group: &str| {
        let group = Some(group.to_owned()).filter(|group| !group.is_empty());
        ToastKey { tag: Some("t".into()), group }
    };
    let show = |group, title: &str| {
        let ToastKey { tag, group } = key(group);
        ToastEffect::Show { toast: Toast { title: title.into(), tag, group, ..Toast::default() } }
    };
    let update = |group, sequence, title: &str| {
        let change = ToastUpdate { title: Some(title.into()), ..ToastUpdate::default() };
        ToastEffect::Update { key: key(group), sequence, change }
    };
    let titles = || -> Vec<String> {
        let live = scene.store.reader().toasts(Some(scene.app)).expect("readable");
        live.into_iter().map(|live| live.toast.title).collect()
    };
    let replaced = |events: &[ToastEvent]| -> Vec<Option<ToastId>> {
        let replaces = |event: &ToastEvent| match &event.change {
            ToastChange::Show { replaces, .. } => *replaces,
            other => panic!("{other:?}"),
        };
        events.iter().map(replaces).collect()
    };
    let shown = scene.run_toasts(vec![show("", "none"), show("a", "a"), show("b", "b")]);
    assert_eq!((replaced(&shown), titles().len()), (vec![None; 3], 3));
    scene.run_toasts(vec![update("a", 5, "a5"), update("b", 3, "b3"), update("", 1, "none1")]);
    scene.run_toasts(vec![update("a", 4, "late"), update("b", 4, "b4")]);
    assert_eq!(titles(), ["none1", "a5", "b4"]);
    let ToastChange::Show { id, .. } = shown[1].change else { panic!("{shown:?}") };
    let again = scene.run_toasts(vec![show("a", "again")]);
    assert_eq!(replaced(&again), [Some(id)]);
    // What took its place begins to count anew.
    scene.run_toasts(vec![update("a", 1, "a1")]);
    assert_eq!(titles(), ["none1", "b4", "a1"]);
    scene.run_toasts(vec![ToastEffect::Hide { key: key("b") }]);
    assert_eq!(titles(), ["none1", "a1"]);
    scene.check();
}

#[test]
fn toasts_go_when_their_time_is_up() {
    let scene = Scene::in_memory();
    let brief = Toast { title: "t".into(), expires_after_ms: Some(10), ..Toast::default() };
    scene.run_toasts(vec![ToastEffect::Show { toast: brief }, toast("stays", None)]);
    let due = |now| -> Vec<_> {
        let due = scene.store.reader().toasts_due(now, DuePlace::default()).expect("readable");
        due.into_iter().map(|due| due.id).collect()
    };
    assert_eq!(due(scene.now + 9), []);
    let now = scene.now + 10;
    let gone = wait(|reply| scene.store.expire_toasts(due(now), now, reply)).expect("expired");
    assert_eq!(due(now), []);
    assert_eq!(gone.len(), 1);
    assert!(matches!(gone[0].change, ToastChange::Hide { reason: Dismissal::Expired, .. }));
    assert_eq!(scene.store.reader().toasts(None).expect("readable").len(), 1);
}

#[test]
fn toasts_that_do_not_go_are_not_in_the_way_of_later_ones() {
    const TOASTS: usize = DUE_TOASTS_MAX + 4;
    let scene = Scene::in_memory();
    let brief = |at: usize| {
        // All at two moments, so that what is behind a place is found among those of its moment, too.
        let expires_after_ms = Some(if at.is_multiple_of(2) { 20 } else { 10 });
        let title = at.to_string();
        ToastEffect::Show { toast: Toast { title, expires_after_ms, ..Toast::default() } }
    };
    scene.run_toasts((0..TOASTS).map(brief).collect());
    let now = scene.now + 20;
    let due = |after| scene.store.reader().toasts_due(now, after).expect("readable");
    let first = due(DuePlace::default());
    let place = first.last().expect("they are due").place;
    let later = due(place);
    assert_eq!((first.len(), later.len()), (DUE_TOASTS_MAX, 4));
    assert_eq!(due(later[3].place), []);
    let all: Vec<u32> = first.iter().chain(&later).map(|due| due.id.index).collect();
    let odd = (1..).step_by(2).take(TOASTS / 2);
    let even = (0..).step_by(2).take(TOASTS / 2);
    assert_eq!(all, odd.chain(even).collect::<Vec<u32>>(), "each once, the earliest first");
    // The first stay where they are, as on a disk that is full.
    let gone = later.iter().map(|due| due.id).collect();
    wait(|reply| scene.store.expire_toasts(gone, now, reply)).expect("expired");
    assert_eq!(due(DuePlace::default()), first);
    assert_eq!(due(place), []);
}

#[test]
fn a_toast_and_the_trigger_that_ends_it_are_one() {
    let scene = Scene::in_memory();
    scene.run_toasts(vec![toast("t", None)]);
    let id = scene.store.reader().toasts(None).expect("readable")[0].id;
    let ends = Some((id, Dismissal::ByUser));
    let end = || {
        let accept = Accept { ends_toast: ends, ..scene.accept_of() };
        wait(|reply| scene.store.accept(accept, reply))
    };
    let hidden = end().expect("it is there").hidden.expect("it goes");
    assert!(matches!(hidden.change, ToastChange::Hide { id: gone, .. } if gone == id));
    let before = scene.store.reader().waiting(scene.app).expect("readable");
    assert_eq!(end(), Err(StoreError::NoToast { toast: id }));
    assert_eq!(scene.store.reader().waiting(scene.app).expect("readable"), before);
    assert_eq!(scene.store.reader().newest_event(), Ok(hidden.seq));
    scene.check();
}

#[test]
fn the_badge_and_work_for_the_app_are_committed() {
    let scene = Scene::in_memory();
    let work = |key: u32| ResumeWork { key: format!("k{key}"), content: Bytes(vec![1]) };
    let (_, committed) = scene.run(Effects {
        badge: Some(Some(Mark::Number(2))),
        resume_work: (0..70).map(work).collect(),
        ..Effects::default()
    });
    assert_eq!(committed.events[0].change, ToastChange::Badge { mark: Some(Mark::Number(2)) });
    assert_eq!(scene.store.reader().badge(scene.app), Ok(Some(Mark::Number(2))));
    let taken = wait(|reply| scene.store.take_resume_work(scene.app, reply)).expect("taken");
    assert_eq!(taken, (6..70).map(work).collect::<Vec<_>>(), "the oldest went");
    assert_eq!(scene.store.reader().resume_work(scene.app), Ok(vec![]));
    scene.check();
}
