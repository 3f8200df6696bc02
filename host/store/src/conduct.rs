//! How apps behave over time: the processor time that they are charged with, and tasks that fail
//! again and again. Whoever has used a quota up waits; nothing of it is lost.

use std::collections::BTreeMap;

use bugle_task::{
    CPU_WINDOW_MS, Name, Quotas, Scenario, Timestamp, Toast, ToastEffect, TriggerId, cpu_window,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::post::{Post, post};
use crate::queue::at;
use crate::runs::{Record, parse};
use crate::writer::Tx;
use crate::{AppKey, Result, StoreError, ToastEvent};

/// `queue.ready_at` of what waits for a paused task: a moment that never comes.
pub(crate) const NEVER: i64 = i64::MAX;

/// A task that was paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PausedTask {
    /// Which.
    pub task: Name,
    /// Since when.
    pub paused_at: Timestamp,
    /// How often it had failed in a row.
    pub failures: u64,
}

/// What an app has used of its quotas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conduct {
    /// Processor time in the window of the last run, in microseconds, and the window's number.
    pub cpu_us: u64,
    /// The number of that window.
    pub cpu_window: u64,
    /// The most failures in a row of one of its tasks that is not paused.
    pub failures: u64,
    /// Kept runs.
    pub kept_runs: u64,
    /// Bytes of kept runs.
    pub kept_bytes: u64,
}

/// An app's conduct as the writer knows it by heart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    window: u64,
    cpu_us: u64,
    /// Only of tasks that failed last.
    tasks: BTreeMap<Name, Failures>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Failures {
    in_a_row: u64,
    is_paused: bool,
}

impl Known {
    /// Until when the app has used its processor time up; none if it has not.
    pub(crate) fn held_until(&self, quotas: &Quotas, now: Timestamp) -> Option<Timestamp> {
        let is_spent = self.cpu_us >= quotas.cpu_ms.saturating_mul(1_000);
        (is_spent && self.window == cpu_window(now))
            .then(|| self.window.saturating_add(1).saturating_mul(CPU_WINDOW_MS))
    }

    /// When a trigger for a task is ready at the earliest: 0 is at once.
    pub(crate) fn ready_at(&self, task: &Name) -> i64 {
        if self.tasks.get(task).is_some_and(|task| task.is_paused) { NEVER } else { 0 }
    }

    /// Whether a task of the app is paused.
    pub(crate) fn has_paused(&self) -> bool {
        self.tasks.values().any(|task| task.is_paused)
    }
}

/// Reads the conduct of each app.
pub(crate) fn load(conn: &Connection) -> Result<BTreeMap<AppKey, Known>> {
    let mut known: BTreeMap<AppKey, Known> = BTreeMap::new();
    let mut select = conn.prepare("SELECT app, quarter, us FROM spent")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let app = known.entry(AppKey(row.get(0)?)).or_default();
        app.window = row.get::<_, i64>(1)?.cast_unsigned();
        app.cpu_us = row.get::<_, i64>(2)?.cast_unsigned();
    }
    let mut select = conn.prepare("SELECT app, task, failures, paused_at FROM conduct")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let task = row.get::<_, String>(1)?.parse().map_err(StoreError::corrupt)?;
        let failures = Failures {
            in_a_row: row.get::<_, i64>(2)?.cast_unsigned(),
            is_paused: row.get::<_, Option<i64>>(3)?.is_some(),
        };
        known.entry(AppKey(row.get(0)?)).or_default().tasks.insert(task, failures);
    }
    Ok(known)
}

/// Charges an app with the processor time of a turn.
pub(crate) fn charge(tx: &mut Tx<'_>, app: AppKey, us: u64, now: Timestamp) -> Result<()> {
    let known = &mut tx.state.app_mut(app)?.conduct;
    let window = cpu_window(now);
    if known.window != window {
        (known.window, known.cpu_us) = (window, 0);
    }
    known.cpu_us = known.cpu_us.saturating_add(us);
    let mut write = tx.conn.prepare_cached(
        "INSERT INTO spent (app, quarter, us) VALUES (?1, ?2, ?3)
         ON CONFLICT (app) DO UPDATE SET quarter = excluded.quarter, us = excluded.us",
    )?;
    write.execute(params![app.0, at(known.window), at(known.cpu_us)])?;
    Ok(())
}

/// Counts the failures in a row of the task that a run was of, and pauses it if they are too many;
/// gives what is shown then.
pub(crate) fn judge(
    tx: &mut Tx<'_>,
    app: AppKey,
    trigger: TriggerId,
    record: &Record,
    now: Timestamp,
) -> Result<Vec<ToastEvent>> {
    let failures_max = tx.state.quotas.failures;
    let known = &mut tx.state.app_mut(app)?.conduct;
    if !record.is_fault && (!record.is_answer || known.tasks.is_empty()) {
        return Ok(Vec::new());
    }
    let task = task_of(tx.conn, trigger)?;
    if !record.is_fault {
        if known.tasks.get(&task).is_some_and(|task| !task.is_paused) {
            known.tasks.remove(&task);
            let forget = "DELETE FROM conduct WHERE app = ?1 AND task = ?2";
            tx.conn.prepare_cached(forget)?.execute(params![app.0, task.as_str()])?;
        }
        return Ok(Vec::new());
    }
    let none = Failures { in_a_row: 0, is_paused: false };
    let failures = known.tasks.entry(task.clone()).or_insert(none);
    failures.in_a_row += 1;
    let is_too_much = !failures.is_paused && failures.in_a_row >= failures_max;
    failures.is_paused |= is_too_much;
    let mut write = tx.conn.prepare_cached(
        "INSERT INTO conduct (app, task, failures, paused_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (app, task) DO UPDATE SET failures = excluded.failures,
           paused_at = coalesce(paused_at, excluded.paused_at)",
    )?;
    let paused_at = is_too_much.then(|| at(now));
    write.execute(params![app.0, task.as_str(), at(failures.in_a_row), paused_at])?;
    if !is_too_much {
        return Ok(Vec::new());
    }
    hold_back(tx, app)?;
    tell_of_pause(tx, app, &task, record, now)
}

pub(crate) fn task_of(conn: &Connection, trigger: TriggerId) -> Result<Name> {
    let mut select = conn.prepare_cached("SELECT task FROM triggers WHERE id = ?1")?;
    let task: String = select.query_row([trigger.0.cast_signed()], |row| row.get(0))?;
    task.parse().map_err(StoreError::corrupt)
}

/// What waits for paused tasks of an app waits until they go on.
fn hold_back(tx: &mut Tx<'_>, app: AppKey) -> Result<()> {
    hold_back_in(tx.conn, Some(app))?;
    tx.state.recount(tx.conn, app)
}

/// As [`hold_back`], of one app or of all, in the tables only.
pub(crate) fn hold_back_in(conn: &Connection, app: Option<AppKey>) -> Result<()> {
    let mut update = conn.prepare_cached(
        "UPDATE queue SET ready_at = ?1 WHERE state = 0 AND (?2 IS NULL OR app = ?2)
         AND id IN (SELECT q.id FROM conduct c JOIN queue q ON q.app = c.app AND q.state = 0
           JOIN triggers t ON t.id = q.id AND t.task = c.task
           WHERE c.paused_at IS NOT NULL AND (?2 IS NULL OR c.app = ?2))",
    )?;
    update.execute(params![NEVER, app.map(|app| app.0)])?;
    Ok(())
}

/// A toast for whoever runs the host. Nothing in it is the guest's.
fn tell_of_pause(
    tx: &Tx<'_>,
    app: AppKey,
    task: &Name,
    record: &Record,
    now: Timestamp,
) -> Result<Vec<ToastEvent>> {
    let state = tx.state.app(app)?;
    let times = state.conduct.tasks.get(task).map_or(0, |task| task.in_a_row);
    let toast = Toast {
        title: format!("The task `{task}` is paused"),
        body: format!(
            "It failed {times} times in a row, the last time as {}. What comes for it waits. \
             `bugle app resume {}` lets it go on.",
            record.outcome, state.id
        ),
        scenario: Scenario::Reminder,
        ..Toast::default()
    };
    tracing::warn!(app = %state.id, %task, times, "a task is paused");
    post(tx, Post { app, toasts: vec![ToastEffect::Show { toast }], badge: None, now })
}

/// Lets the paused tasks of an app go on; gives which they were.
pub(crate) fn resume(tx: &mut Tx<'_>, app: AppKey) -> Result<Vec<Name>> {
    let known = &mut tx.state.app_mut(app)?.conduct;
    let paused = known.tasks.iter().filter(|(_, task)| task.is_paused);
    let paused: Vec<Name> = paused.map(|(name, _)| name.clone()).collect();
    known.tasks.clear();
    tx.conn.prepare_cached("DELETE FROM conduct WHERE app = ?1")?.execute([app.0])?;
    if !paused.is_empty() {
        let mut update = tx.conn.prepare_cached(
            "UPDATE queue SET ready_at = 0 WHERE app = ?1 AND state = 0 AND ready_at = ?2",
        )?;
        update.execute(params![app.0, NEVER])?;
        tx.state.recount(tx.conn, app)?;
    }
    Ok(paused)
}

/// The window in which an app was charged last, and with how much.
pub(crate) fn spent(conn: &Connection, app: AppKey) -> Result<(u64, u64)> {
    let mut select = conn.prepare_cached("SELECT quarter, us FROM spent WHERE app = ?1")?;
    let spent = select.query_row([app.0], |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
    });
    Ok(spent.optional()?.unwrap_or_default())
}

/// The quotas that the last host held apps to.
pub(crate) fn quotas(conn: &Connection) -> Result<Quotas> {
    let quotas = conn.query_row("SELECT quotas FROM meta", [], |row| row.get::<_, String>(0))?;
    parse(&quotas)
}

/// What an app has used of its quotas.
pub(crate) fn of(conn: &Connection, app: AppKey) -> Result<Conduct> {
    let (cpu_window, cpu_us) = spent(conn, app)?;
    let mut failures = conn.prepare_cached(
        "SELECT coalesce(max(failures), 0) FROM conduct WHERE app = ?1 AND paused_at IS NULL",
    )?;
    let failures: i64 = failures.query_row([app.0], |row| row.get(0))?;
    let mut kept = conn.prepare_cached(
        "SELECT count(*), coalesce(sum(octet_length(report) + octet_length(head)
           + coalesce(octet_length(content), 0)), 0)
         FROM runs r JOIN triggers t ON t.id = r.trigger WHERE r.app = ?1",
    )?;
    let (kept_runs, kept_bytes) = kept.query_row([app.0], |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    let failures = failures.cast_unsigned();
    Ok(Conduct { cpu_us, cpu_window, failures, kept_runs, kept_bytes })
}

/// The tasks of an app that are paused.
pub(crate) fn paused(conn: &Connection, app: AppKey) -> Result<Vec<PausedTask>> {
    let mut select = conn.prepare_cached(
        "SELECT task, paused_at, failures FROM conduct
         WHERE app = ?1 AND paused_at IS NOT NULL ORDER BY task",
    )?;
    let mut rows = select.query([app.0])?;
    let mut paused = Vec::new();
    while let Some(row) = rows.next()? {
        paused.push(PausedTask {
            task: row.get::<_, String>(0)?.parse().map_err(StoreError::corrupt)?,
            paused_at: row.get::<_, i64>(1)?.cast_unsigned(),
            failures: row.get::<_, i64>(2)?.cast_unsigned(),
        });
    }
    Ok(paused)
}
