use std::borrow::Cow;
use std::collections::BTreeMap;

use bugle_task::{
    Allowances, AppId, Effects, Identity, Limits, Log, Mark, Measured, Name, Outcome, Permissions,
    ResumeWork, RunId, RunInput, RunReport, RunResult, Seed, Snapshot, Timestamp, ToastEffect,
    TriggerId, TriggerKind, Usage,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::queue::{Head, at, count};
use crate::setups::Setup;
use crate::writer::Tx;
use crate::{AppKey, Digest, Result, StoreError, settings, setups};

/// What is kept of a run beside what the store knows itself: with it, the run can be repeated.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Where the run's clock started.
    pub started_at: Timestamp,
    /// Where its randomness started.
    pub seed: Seed,
    /// The number of the app's last change of settings that its snapshot had.
    pub change_before: u64,
    /// The app's badge in its snapshot.
    pub badge: Option<Mark>,
    /// The allowances in its snapshot.
    pub allowances: Allowances,
    /// The permissions in its snapshot. Where toasts are not permitted, none is shown.
    pub permissions: Permissions,
    /// The app's version.
    pub app_version: String,
    /// What ran.
    pub component: Digest,
    /// What it ran on.
    pub engine_hash: String,
    /// What came of it. Its limits are those of the run.
    pub report: RunReport,
}

/// Which runs to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFilter {
    /// Only those of this app.
    pub app: Option<AppKey>,
    /// Only those with this outcome, by [`Outcome::code`].
    pub outcome: Option<String>,
    /// Only those that started then or later.
    pub since: Option<Timestamp>,
    /// At most so many.
    pub limit: usize,
}

/// One line of a list of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words are those of `Identity` and `RunInput`")]
pub struct RunSummary {
    pub run: RunId,
    pub app: AppId,
    pub task: Name,
    pub trigger: TriggerKind,
    pub attempt: u32,
    pub attempts_max: u32,
    /// By [`Outcome::code`].
    pub outcome: String,
    pub started_at: Timestamp,
    /// When it was committed.
    pub ended_at: Timestamp,
    pub app_version: String,
}

/// A run whole, with everything that is needed to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct KeptRun {
    /// In short.
    pub summary: RunSummary,
    /// What it depended on.
    pub input: RunInput,
    /// What came of it.
    pub report: RunReport,
    /// What ran; the store keeps its bytes as long as the run.
    pub component: Digest,
    /// What it ran on.
    pub engine_hash: String,
}

/// A run's record in the form of the tables.
pub(crate) struct Record {
    started_at: Timestamp,
    seed: Seed,
    pub change_before: u64,
    badge: Option<String>,
    toasts_left: u32,
    pub setup: Setup,
    pub outcome: &'static str,
    /// The processor time that it is charged with.
    pub cpu_us: u64,
    /// Whether it speaks against its task.
    pub is_fault: bool,
    /// Whether the task did what it is for.
    pub is_answer: bool,
    report: String,
    pub settings: Vec<(String, Option<String>)>,
    pub settings_version: Option<u32>,
    pub toasts: Vec<ToastEffect>,
    #[expect(clippy::option_option, reason = "as in `Effects`: an inner none clears it")]
    pub badge_after: Option<Option<Mark>>,
    pub resume_work: Vec<ResumeWork>,
}

/// A report without what is kept elsewhere: its limits are in the setup, and the settings that count
/// are those of the change after the one that the run read.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptReport<'a> {
    #[serde(flatten)]
    pub outcome: Cow<'a, Outcome>,
    pub effects: Cow<'a, Effects>,
    /// How many settings count.
    #[serde(default, skip_serializing_if = "is_zero")]
    settings: usize,
    pub log: Cow<'a, Log>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    progress: Option<u32>,
    pub usage: Cow<'a, Usage>,
    pub measured: Measured,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

pub(crate) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::invalid(error.to_string()))
}

pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    serde_json::from_str(text).map_err(StoreError::corrupt)
}

impl Record {
    /// The record of a run; its effects are only taken out if they count.
    pub(crate) fn of(record: RunRecord, counts: bool) -> Result<Self> {
        let cpu_us = record.report.cpu_us();
        let RunReport { mut result, measured } = record.report;
        let settings =
            if counts { std::mem::take(&mut result.effects.settings) } else { BTreeMap::new() };
        let report = json(&KeptReport {
            outcome: Cow::Borrowed(&result.outcome),
            effects: Cow::Borrowed(&result.effects),
            settings: settings.len(),
            log: Cow::Borrowed(&result.log),
            progress: result.progress,
            usage: Cow::Borrowed(&result.usage),
            measured,
        })?;
        let permits_toasts = record.permissions.toasts;
        let effects = if counts { result.effects } else { Effects::default() };
        Ok(Self {
            started_at: record.started_at,
            seed: record.seed,
            change_before: record.change_before,
            badge: record.badge.as_ref().map(json).transpose()?,
            toasts_left: record.allowances.toasts,
            setup: Setup {
                component: record.component,
                engine_hash: record.engine_hash,
                app_version: record.app_version,
                permissions: record.permissions,
                limits: result.limits,
            },
            outcome: result.outcome.code(),
            cpu_us,
            is_fault: result.outcome.is_fault(),
            is_answer: matches!(result.outcome, Outcome::Completed | Outcome::Rejected { .. }),
            report,
            settings: settings::encode(settings)?,
            settings_version: effects.settings_version,
            toasts: if permits_toasts { effects.toasts } else { Vec::new() },
            badge_after: effects.badge,
            resume_work: effects.resume_work,
        })
    }

    /// How much of it is text that is written as it is.
    pub(crate) fn bytes(&self) -> usize {
        let settings = self.settings.iter().filter_map(|(_, value)| value.as_ref());
        self.report.len() + settings.map(String::len).sum::<usize>()
    }

    pub(crate) fn changes_settings(&self) -> bool {
        !self.settings.is_empty() || self.settings_version.is_some()
    }
}

/// Runs have gone, up to this place: if none is behind it, the next run is.
pub(crate) fn keep_places(conn: &Connection, last: i64) -> Result<()> {
    let mut keep = conn.prepare_cached(
        "UPDATE meta SET runs_to = max(runs_to, ?1)
         WHERE NOT EXISTS (SELECT 1 FROM runs WHERE seq > ?1)",
    )?;
    keep.execute([last])?;
    Ok(())
}

pub(crate) fn insert(
    tx: &mut Tx<'_>,
    app: AppKey,
    run: RunId,
    attempt: u32,
    now: Timestamp,
    record: &Record,
) -> Result<()> {
    let setup = setups::id_of(tx, app, &record.setup);
    let setup = setup.ok_or_else(|| StoreError::invalid("the run's setup is not kept"))?;
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO runs (seq, app, trigger, claim, attempt, setup, outcome, started_at, ended_at, seed,
           change_before, badge, toasts_left, report)
         VALUES (1 + max((SELECT coalesce(max(seq), 0) FROM runs), (SELECT runs_to FROM meta)),
           ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    insert.execute(params![
        app.0,
        run.trigger.0.cast_signed(),
        run.claim,
        attempt,
        setup,
        record.outcome,
        at(record.started_at),
        at(now),
        record.seed.0,
        record.change_before.cast_signed(),
        record.badge,
        record.toasts_left,
        record.report,
    ])?;
    Ok(())
}

/// The columns of [`summary`], and others behind them.
macro_rules! select_summary {
    ($($more:literal)?) => {
        concat!(
            "SELECT r.trigger, r.claim, a.id, t.task, json_extract(t.head, '$.kind'),
             r.attempt, t.attempts_max, r.outcome, r.started_at, r.ended_at, s.app_version",
            $($more,)?
            " FROM runs r JOIN triggers t ON t.id = r.trigger JOIN apps a ON a.key = r.app
             JOIN setups s ON s.id = r.setup"
        )
    };
}

const SUMMARY: &str = select_summary!();

/// With the report in column [`REPORT_AT`], and behind it the run's place, when its trigger was accepted, and
/// the trace that it is a part of.
pub(crate) const SUMMARY_AND_REPORT: &str = select_summary!(
    ", r.report, r.seq, t.accepted_at, (SELECT json_extract(h.value, '$.value')
       FROM json_each(t.head, '$.headers') h WHERE json_extract(h.value, '$.name') = 'traceparent')"
);
pub(crate) const REPORT_AT: usize = 11;

pub(crate) fn summary(row: &Row<'_>) -> Result<RunSummary> {
    let text = |at| -> Result<String> { Ok(row.get(at)?) };
    let unknown = |()| StoreError::corrupt("a trigger of an unknown kind");
    Ok(RunSummary {
        run: run_id(row)?,
        app: text(2)?.parse().map_err(StoreError::corrupt)?,
        task: text(3)?.parse().map_err(StoreError::corrupt)?,
        trigger: text(4)?.parse().map_err(unknown)?,
        attempt: row.get(5)?,
        attempts_max: row.get(6)?,
        outcome: row.get(7)?,
        started_at: row.get::<_, i64>(8)?.cast_unsigned(),
        ended_at: row.get::<_, i64>(9)?.cast_unsigned(),
        app_version: row.get(10)?,
    })
}

/// The run that a row's first two columns name.
pub(crate) fn run_id(row: &Row<'_>) -> Result<RunId> {
    let trigger = TriggerId(row.get::<_, i64>(0)?.cast_unsigned());
    Ok(RunId { trigger, claim: row.get(1)? })
}

pub(crate) fn list(conn: &Connection, filter: &RunFilter) -> Result<Vec<RunSummary>> {
    // One text for each set of filters, so that each can use the index that serves it.
    let mut sql = format!("{SUMMARY} WHERE ?2 IS ?2 AND ?3 IS ?3 AND ?1 IS ?1");
    for (is_set, clause) in [
        (filter.app.is_some(), " AND r.app = ?1"),
        (filter.outcome.is_some(), " AND r.outcome = ?2"),
        (filter.since.is_some(), " AND r.started_at >= ?3"),
    ] {
        if is_set {
            sql.push_str(clause);
        }
    }
    sql.push_str(" ORDER BY r.seq DESC LIMIT ?4");
    let mut select = conn.prepare_cached(&sql)?;
    let app = filter.app.map(|app| app.0);
    let mut rows =
        select.query(params![app, filter.outcome, filter.since.map(at), count(filter.limit)])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(summary(row)?);
    }
    Ok(runs)
}

pub(crate) fn of_trigger(conn: &Connection, id: TriggerId) -> Result<Vec<RunSummary>> {
    let mut select =
        conn.prepare_cached(&format!("{SUMMARY} WHERE r.trigger = ?1 ORDER BY r.claim DESC"))?;
    let mut rows = select.query([id.0.cast_signed()])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(summary(row)?);
    }
    Ok(runs)
}

pub(crate) fn get(conn: &Connection, id: RunId) -> Result<Option<KeptRun>> {
    let key = params![id.trigger.0.cast_signed(), id.claim];
    let mut select =
        conn.prepare_cached(&format!("{SUMMARY} WHERE r.trigger = ?1 AND r.claim = ?2"))?;
    let found = select.query_row(key, |row| Ok(summary(row))).optional()?;
    let Some(summary) = found.transpose()? else { return Ok(None) };
    let mut select = conn.prepare_cached(
        "SELECT t.head, t.content, r.app, r.seed, r.change_before, r.badge, r.toasts_left, r.report,
           s.component, s.engine_hash, s.permissions, s.limits
         FROM runs r JOIN triggers t ON t.id = r.trigger JOIN setups s ON s.id = r.setup
         WHERE r.trigger = ?1 AND r.claim = ?2",
    )?;
    select.query_row(key, |row| Ok(rebuild(conn, summary, row)))?.map(Some)
}

fn rebuild(conn: &Connection, summary: RunSummary, row: &Row<'_>) -> Result<KeptRun> {
    let text = |at| row.get_ref(at)?.as_str().map_err(StoreError::corrupt);
    let app = AppKey(row.get(2)?);
    let change = row.get::<_, i64>(4)?.cast_unsigned();
    let limits: Limits = parse(text(11)?)?;
    let badge: Option<String> = row.get(5)?;
    let snapshot = Snapshot {
        settings: settings::at_change(conn, app, change)?.into(),
        badge: badge.as_deref().map(parse).transpose()?,
        allowances: Allowances { toasts: row.get(6)? },
        permissions: parse(text(10)?)?,
    };
    let kept: KeptReport<'_> = parse(text(7)?)?;
    let mut effects = kept.effects.into_owned();
    if kept.settings > 0 {
        effects.settings = settings::of_change(conn, app, change + 1)?;
        if effects.settings.len() != kept.settings {
            return Err(StoreError::corrupt("the settings of a run are not those that it wrote"));
        }
    }
    let result = RunResult {
        outcome: kept.outcome.into_owned(),
        effects,
        log: kept.log.into_owned(),
        progress: kept.progress,
        usage: kept.usage.into_owned(),
        limits: limits.clone(),
    };
    let input = RunInput {
        trigger: Head::join(text(0)?, row.get(1)?)?,
        identity: Identity {
            app: summary.app.clone(),
            app_version: summary.app_version.clone(),
            task: summary.task.clone(),
            trigger_id: summary.run.trigger,
            run_id: summary.run,
            attempt: summary.attempt,
            attempts_max: summary.attempts_max,
        },
        snapshot,
        started_at: summary.started_at,
        seed: Seed(row.get(3)?),
        limits,
    };
    let report = RunReport { result, measured: kept.measured };
    let (component, engine_hash) = (Digest(row.get(8)?), row.get(9)?);
    Ok(KeptRun { summary, input, report, component, engine_hash })
}
