//! Runs for who watches: as they are committed, and what they came to lately.

use std::collections::BTreeMap;

use bugle_task::{AppId, Log, Timestamp, ToastEffect, Usage};
use rusqlite::{Connection, Rows, params};
use serde::Serialize;

use crate::queue::{at, count};
use crate::runs::{self, KeptReport, RunSummary, parse};
use crate::{AppKey, Result, StoreError};

/// A kept run with what its task said.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunLog {
    /// Its place among kept runs.
    #[serde(skip)]
    pub seq: u64,
    /// In short.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// How it ended, in a line. Guest-controlled in part: clean it before a terminal sees it.
    pub message: String,
    /// What it said.
    pub log: Log,
    /// What it used.
    pub usage: Usage,
    /// How long it took, in microseconds.
    pub wall_us: u64,
    /// When what woke it was accepted.
    pub accepted_at: Timestamp,
    /// The trace that its push is a part of, as the sender says it. Sender-controlled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The titles of the toasts that it raised, if it completed. Guest-controlled.
    pub toasts: Vec<String>,
}

/// What the runs of an app came to in a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each says itself")]
pub struct Activity {
    pub runs: u64,
    /// Runs that did not complete.
    pub failures: u64,
    pub fuel: u64,
}

/// Runs after a place, in the order in which they were committed.
pub(crate) fn runs_after(
    conn: &Connection,
    seq: u64,
    app: Option<AppKey>,
    limit: usize,
) -> Result<Vec<RunLog>> {
    let mut select = conn.prepare_cached(&format!(
        "{} WHERE r.seq > ?1 AND (?2 IS NULL OR r.app = ?2) ORDER BY r.seq LIMIT ?3",
        runs::SUMMARY_AND_REPORT
    ))?;
    let rows = select.query(params![at(seq), app.map(|app| app.0), count(limit)])?;
    logs(rows)
}

/// Runs before a place, the newest first, or only those that did not complete.
pub(crate) fn runs_before(
    conn: &Connection,
    seq: Option<u64>,
    app: Option<AppKey>,
    only_failed: bool,
    limit: usize,
) -> Result<Vec<RunLog>> {
    // One text for each set of filters, so that each can use the index that serves it.
    let mut sql = format!("{} WHERE r.seq < ?1 AND ?2 IS ?2", runs::SUMMARY_AND_REPORT);
    if app.is_some() {
        sql.push_str(" AND r.app = ?2");
    }
    if only_failed {
        sql.push_str(" AND r.outcome <> 'completed'");
    }
    sql.push_str(" ORDER BY r.seq DESC LIMIT ?3");
    let mut select = conn.prepare_cached(&sql)?;
    let seq = seq.map_or(i64::MAX, at);
    let rows = select.query(params![seq, app.map(|app| app.0), count(limit)])?;
    logs(rows)
}

fn logs(mut rows: Rows<'_>) -> Result<Vec<RunLog>> {
    let mut logs = Vec::new();
    while let Some(row) = rows.next()? {
        let summary = runs::summary(row)?;
        let report = row.get_ref(runs::REPORT_AT)?.as_str().map_err(StoreError::corrupt)?;
        let KeptReport { outcome, effects, log, usage, measured, .. } = parse(report)?;
        let toasts = if outcome.is_completed() { titles(&effects.toasts) } else { Vec::new() };
        logs.push(RunLog {
            seq: row.get::<_, i64>(runs::REPORT_AT + 1)?.cast_unsigned(),
            summary,
            message: outcome.to_string(),
            log: log.into_owned(),
            usage: usage.into_owned(),
            wall_us: measured.wall_us,
            accepted_at: row.get::<_, i64>(runs::REPORT_AT + 2)?.cast_unsigned(),
            traceparent: row.get(runs::REPORT_AT + 3)?,
            toasts,
        });
    }
    Ok(logs)
}

fn titles(effects: &[ToastEffect]) -> Vec<String> {
    let shown = effects.iter().filter_map(|effect| match effect {
        ToastEffect::Show { toast } => Some(toast.title.clone()),
        ToastEffect::Update { .. } | ToastEffect::Hide { .. } => None,
    });
    shown.collect()
}

/// The place before the newest so many runs.
pub(crate) fn place_before(conn: &Connection, app: Option<AppKey>, newest: usize) -> Result<u64> {
    let mut select = conn.prepare_cached(
        "SELECT coalesce(
           min(seq) - 1, (SELECT max((SELECT coalesce(max(seq), 0) FROM runs), runs_to) FROM meta))
         FROM (SELECT seq FROM runs WHERE ?1 IS NULL OR app = ?1 ORDER BY seq DESC LIMIT ?2)",
    )?;
    let app = app.map(|app| app.0);
    let place: i64 = select.query_row(params![app, count(newest)], |row| row.get(0))?;
    Ok(place.max(0).cast_unsigned())
}

/// What the kept runs came to that were committed since a moment, by app; of the newest so many runs.
pub(crate) fn activity_since(
    conn: &Connection,
    since: Timestamp,
    newest: usize,
) -> Result<BTreeMap<AppId, Activity>> {
    let mut select = conn.prepare_cached(
        // Reports are long, and read only of the runs that count.
        "SELECT a.id, count(*), sum(outcome <> 'completed'), sum(fuel)
         FROM (SELECT app, outcome, ended_at, CASE WHEN ended_at >= ?1
                 THEN coalesce(json_extract(report, '$.usage.fuel'), 0) END AS fuel
               FROM runs ORDER BY seq DESC LIMIT ?2) r
         JOIN apps a ON a.key = r.app WHERE ended_at >= ?1 GROUP BY a.id",
    )?;
    let mut rows = select.query(params![at(since), count(newest)])?;
    let mut activity = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let number = |at| -> Result<u64> { Ok(row.get::<_, i64>(at)?.cast_unsigned()) };
        let app = row.get::<_, String>(0)?.parse().map_err(StoreError::corrupt)?;
        let (runs, failures, fuel) = (number(1)?, number(2)?, number(3)?);
        activity.insert(app, Activity { runs, failures, fuel });
    }
    Ok(activity)
}
