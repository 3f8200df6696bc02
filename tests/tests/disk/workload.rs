//! What is done to a store while its disk is watched: each step is one transaction at most, so that
//! after a crash the store is as it was before the step that was going on, or as it was after it.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::sync::OnceLock;

use anyhow::{Context as _, ensure};
use bugle_store::{Accept, DeadReason, DuePlace, End, Post, Retention, StoreError, TriggerState};
use bugle_task::{Dismissal, Toast, ToastEffect, TriggerId, Value};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::disk::{Disk, Mount};
use crate::platter::Op;
use crate::stage::{Done, Stage};
use crate::view::{self, View};

type Step = (&'static str, fn(&mut Stage) -> Done);

/// When everything is due that ever was to be.
const LATE: u64 = 500_000_000;

/// Days after which no toast is shown any more.
const DAYS: u64 = 4 * 24 * 60 * 60 * 1_000;

/// The trigger that goes by itself when its time is up.
const EXPIRING: TriggerId = TriggerId(7);

/// The first push of those that are sent to see that pushes are taken.
const LAST: u32 = 90;

/// The steps, in order. Pushes have numbers, by which what became of them is known.
pub(crate) const STEPS: &[Step] = &[
    ("open", Stage::open),
    ("install mail", |s| s.install("com.example.mail").map(|app| s.mail = app)),
    ("install news", |s| s.install("com.example.news").map(|app| s.news = app)),
    ("open inbox", |s| s.open_channel(s.mail, "inbox", None)),
    ("open alerts", |s| s.open_channel(s.mail, "alerts", Some("all-alerts"))),
    ("open latest", |s| s.open_channel(s.news, "latest", None)),
    ("push 1", |s| s.accept(1, "inbox", |_| {})),
    ("push 2", |s| s.accept(2, "inbox", |_| {})),
    ("push 3, named", |s| s.accept(3, "inbox", named)),
    ("push 3 again", |s| s.accept(3, "inbox", named)),
    ("give 2 back", |s| s.release(2)),
    ("push 4 of a topic", |s| s.accept(4, "alerts", |a| a.topic = Some("topic".into()))),
    ("push 5 in its place", |s| s.accept(5, "alerts", |a| a.topic = Some("topic".into()))),
    ("push 6", |s| s.accept(6, "inbox", |_| {})),
    ("push 7, for a moment", |s| {
        let now = s.now;
        s.accept(7, "inbox", |a| a.expires_at = Some(now + 2_500))
    }),
    ("push 8", |s| s.accept(8, "inbox", |_| {})),
    ("turn of 1 and 3", |s| turn(s, |push| push != 3, 3)),
    ("expire 7", |s| s.tx(|store, reply| store.expire(s.now, reply)).map(drop)),
    ("turn of 2, 5 and 6", |s| turn(s, |push| push == 2, 0)),
    ("change settings", |s| {
        let change = [("from/outside".to_owned(), Some(Value::Integer(7)))].into();
        s.tx(|store, reply| store.change_settings(s.mail, change, Some(2), reply)).map(drop)
    }),
    ("post a toast", post),
    ("move the cursor", |s| s.tx(|store, reply| store.set_cursor("sink".into(), 3, reply))),
    ("try 5 anew", |s| s.tx(|store, reply| store.retry_dead(s.ids[&5], reply)).map(drop)),
    ("cancel 8", |s| s.tx(|store, reply| store.cancel(s.ids[&8], None, reply)).map(drop)),
    ("pushes 9 to 16 at once", |s| s.accept_at_once(&AT_ONCE, 300)),
    ("claim", |s| s.claim(s.mail, 8)),
    ("copy the log into the database", checkpoint),
    ("push 21", |s| s.accept(21, "latest", |_| {})),
    ("turn of news", |s| s.complete(s.news)),
    ("turn of all but two", |s| {
        let later = again(s);
        let end_of = |push| if push == 3 { later.clone() } else { End::Completed };
        s.commit(s.mail, |push| push < 12, end_of, 0)
    }),
    ("push 22, with much in it", |s| s.accept_at_once(&[(22, "latest")], 60_000)),
    ("vanish", |s| {
        s.vanish();
        Ok(())
    }),
    ("open again", Stage::open),
    ("claim a suspect", Stage::claim_suspect),
    ("turn of the suspect", |s| s.complete(s.claims[0].app)),
    ("claim another", Stage::claim_suspect),
    ("turn of the other", |s| s.complete(s.claims[0].app)),
    ("claim the third", Stage::claim_suspect),
    ("turn of the third", |s| s.complete(s.claims[0].app)),
    ("claim what waits", |s| s.claim(s.mail, 32)),
    ("turn of what waited", |s| s.complete(s.mail)),
    ("put a toast away", |s| {
        let id = s.reader()?.toasts(None)?[0].id;
        s.tx(|store, reply| store.hide_toast(id, Dismissal::ByUser, s.now, reply)).map(drop)
    }),
    ("choose a toast", |s| {
        let id = s.reader()?.toasts(None)?[0].id;
        s.accept(25, "inbox", |a| a.ends_toast = Some((id, Dismissal::ByUser)))
    }),
    ("turn of what that woke", |s| s.complete(s.mail)),
    ("expire toasts", |s| {
        let now = s.now + DAYS;
        let due = s.reader()?.toasts_due(now, DuePlace::default())?;
        let due = due.into_iter().map(|due| due.id).collect();
        s.tx(|store, reply| store.expire_toasts(due, now, reply)).map(drop)
    }),
    ("take the work", |s| s.tx(|store, reply| store.take_resume_work(s.mail, reply)).map(drop)),
    ("close alerts", |s| {
        let name = s.channels["alerts"].name.clone();
        s.tx(|store, reply| store.close_channel(s.mail, name, s.now, reply)).map(drop)
    }),
    ("make credentials", |s| {
        s.tx(|store, reply| store.credentials(s.mail, false, reply)).map(drop)
    }),
    ("forget 3", |s| s.tx(|store, reply| store.drop_dead(s.ids[&3], reply)).map(drop)),
    ("keep less", |s| {
        let retention = Retention { runs_max: 3, ..Retention::default() };
        s.tx(|store, reply| store.retain(retention, s.now, reply)).map(drop)
    }),
    ("close", Stage::close),
    ("open for the third time", Stage::open),
    ("push 23", |s| s.accept(23, "inbox", |_| {})),
    ("turn of 23", |s| s.complete(s.mail)),
    ("remove news", |s| s.tx(|store, reply| store.remove(s.news, reply)).map(drop)),
    ("push 24", |s| s.accept(24, "inbox", |_| {})),
];

const AT_ONCE: [(u32, &str); 8] = [
    (9, "inbox"),
    (10, "latest"),
    (11, "inbox"),
    (12, "inbox"),
    (13, "inbox"),
    (14, "latest"),
    (15, "latest"),
    (16, "latest"),
];

fn named(accept: &mut Accept) {
    accept.name = Some(bugle_store::PushName { name: [3; 32], content: [4; 32] });
    accept.attempts_max = 2;
}

/// To be tried again, in a while.
fn again(stage: &Stage) -> End {
    End::RetryAt(stage.now + 3_000)
}

/// A turn of all that is held of mail: what is not good is tried again, but 5, which is rejected.
fn turn(stage: &mut Stage, is_good: impl Fn(u32) -> bool, claim_next: usize) -> Done {
    let later = again(stage);
    let end_of = |push| match push {
        5 => End::Dead { reason: DeadReason::Rejected, message: "no".into() },
        _ if is_good(push) => End::Completed,
        _ => later.clone(),
    };
    stage.commit(stage.mail, |_| true, end_of, claim_next)
}

fn post(stage: &mut Stage) -> Done {
    let toast = Toast { title: "posted".into(), tag: Some("posted".into()), ..Toast::default() };
    let toasts = vec![ToastEffect::Show { toast }];
    let post = Post { app: stage.mail, toasts, badge: None, now: stage.now };
    stage.tx(|store, reply| store.post(post, reply)).map(drop)
}

/// What the store does by itself when its log has 16 MiB: the next transaction begins it anew.
fn checkpoint(stage: &mut Stage) -> Done {
    let io = |error: rusqlite::Error| StoreError::Io { what: error.to_string() };
    let conn = Connection::open(stage.folder.join("bugle.db")).map_err(io)?;
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(io)
}

/// A workload on a disk of its own.
pub(crate) struct Play {
    pub(crate) disk: Mount,
    pub(crate) stage: Stage,
    _folder: TempDir,
}

/// What was noted of the whole workload, and what the store showed after each number of steps.
pub(crate) struct Recording {
    pub(crate) log: Vec<Op>,
    pub(crate) views: Vec<View>,
}

impl Play {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("bugle-disk-")?;
        let data = folder.path().join("data");
        fs::DirBuilder::new().mode(0o700).create(&data)?;
        let disk = Disk::noting(&data)?;
        Ok(Self { disk, stage: Stage::in_folder(&data), _folder: folder })
    }

    /// Does a step. It can be done again if it fails.
    pub(crate) fn step(&mut self, step: usize) -> Done {
        self.stage.now = 1_000 * (step as u64 + 1);
        STEPS[step].1(&mut self.stage)
    }
}

impl Recording {
    pub(crate) fn syncs(&self) -> usize {
        self.log.iter().filter(|op| matches!(op, Op::Sync(_))).count()
    }
}

/// Does all of it; the disk lies from a step on, if it does.
pub(crate) fn record(lies_from: Option<usize>) -> anyhow::Result<Recording> {
    let mut play = Play::new()?;
    let mut views = vec![View::default()];
    for (step, (what, _)) in STEPS.iter().enumerate() {
        if lies_from == Some(step) {
            play.disk.lie();
        }
        play.step(step).context(*what)?;
        play.disk.mark(step + 1);
        let view = match (&play.stage.store, &play.stage.reader) {
            (Some(_), Some(reader)) => {
                view::check(reader).context(*what)?;
                View::of(reader)?
            }
            // Nothing is done by letting go of it.
            _ => views[step].clone(),
        };
        views.push(view);
    }
    Ok(Recording { log: play.disk.log(), views })
}

/// What the store shows after each number of steps, if nothing fails.
pub(crate) fn views() -> anyhow::Result<&'static [View]> {
    static VIEWS: OnceLock<Vec<View>> = OnceLock::new();
    if VIEWS.get().is_none() {
        // Whoever is first; they are all the same.
        let _ = VIEWS.set(record(None)?.views);
    }
    Ok(VIEWS.get().context("they are set")?)
}

/// Has all that waits run to its end, as a host does after its start: each trigger's effects are there
/// exactly once then, and pushes are taken.
pub(crate) fn finish(stage: &mut Stage) -> anyhow::Result<()> {
    stage.now = LATE;
    let queued = view::queued(stage.reader()?)?;
    let apps = view::apps(stage.reader()?)?;
    while {
        stage.claim_suspect()?;
        !stage.claims.is_empty()
    } {
        stage.complete(stage.claims[0].app)?;
    }
    for app in &apps {
        while {
            stage.claim(*app, 32)?;
            !stage.claims.is_empty()
        } {
            stage.complete(*app)?;
        }
    }
    if let Some(app) = apps.first() {
        stage.mail = *app;
        let (settings, _) = stage.reader()?.settings(*app)?;
        let is_new = |push: &u32| settings.get(&format!("{}{push}", view::DONE)).is_none();
        let push = (LAST..).find(is_new).context("there is always another")?;
        stage.accept(push, "none", |_| {})?;
        stage.complete(*app)?;
    }
    let reader = stage.reader()?;
    view::check(reader)?;
    for id in queued {
        let state = reader.trigger_state(id)?;
        let is_over = state == TriggerState::Completed || id == EXPIRING;
        ensure!(is_over, "{id:?} was accepted, and is {state:?}");
    }
    Ok(())
}
