use std::collections::BTreeMap;

use bugle_task::{Quotas, Timestamp};
use rusqlite::params;

use crate::queue::{at, count};
use crate::sweep::{self, OldRun, RUN_BYTES, RUNS};
use crate::writer::Tx;
use crate::{AppKey, Digest, Result, repeat};

/// The most rows of a kind that one call removes: some 2 ms of the writer's time.
const STEP: usize = 256;
/// How long events stay although every sink has read them: the allowance of toasts is counted by
/// the hour.
const EVENT_AGE_MS_MIN: u64 = 60 * 60 * 1_000;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Runs of one app.
    pub runs_max: u64,
    /// Bytes of the kept runs of one app, with what woke them; the oldest go first.
    pub run_bytes_max: u64,
    /// How long a run is kept, in milliseconds; also how long an event waits for a sink.
    pub age_ms: u64,
    /// How long a dead letter is kept, in milliseconds.
    pub dead_age_ms: u64,
    /// Dead letters of one app; the oldest go first.
    pub dead_max: u64,
}

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retained {
    /// Runs, by number or by age.
    pub runs: u64,
    /// Dead letters, by number or by age.
    pub dead: u64,
    /// Events that every sink has read, or that are too old.
    pub events: u64,
    /// How many of them each sink has never read, of the sinks that have not read some.
    pub lost: BTreeMap<String, u64>,
    /// Components that neither a task nor a run names any more.
    pub components: Vec<Digest>,
    /// Former values of settings that no kept run has seen.
    pub settings: u64,
    /// Names of pushes that are not remembered any longer.
    pub names: u64,
    /// Whether there may be more: call again.
    pub more: bool,
}

impl Default for Retention {
    fn default() -> Self {
        Self::of(&Quotas::default())
    }
}

impl Retention {
    /// As the operator wants it. A week is how long a person remembers what to look for; dead letters
    /// wait a month for somebody to come back.
    #[must_use]
    pub fn of(quotas: &Quotas) -> Self {
        const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
        Self {
            runs_max: quotas.kept_runs,
            run_bytes_max: quotas.kept_bytes,
            age_ms: 7 * DAY_MS,
            dead_age_ms: 30 * DAY_MS,
            dead_max: quotas.dead,
        }
    }
}

/// Removes a step of what need not be kept. A round ends although more has come meanwhile: that is for the
/// next.
pub(crate) fn retain(tx: &mut Tx<'_>, retention: Retention, now: Timestamp) -> Result<Retained> {
    let mut gone = Retained::default();
    remove_old_runs(tx, retention, now, &mut gone)?;
    if !gone.more {
        sweep::step(tx, retention, &mut gone)?;
    }
    if gone.more {
        return Ok(gone);
    }
    remove_old_dead(tx, retention, now, &mut gone)?;
    remove_events(tx, retention, now, &mut gone)?;
    let names = repeat::sweep(tx, now, STEP)?;
    gone.names += names as u64;
    gone.more |= names == STEP;
    if !gone.more {
        gone.components = sweep::components(tx.conn)?;
    }
    Ok(gone)
}

fn remove_old_runs(
    tx: &mut Tx<'_>,
    retention: Retention,
    now: Timestamp,
    gone: &mut Retained,
) -> Result<()> {
    let mut select = tx.conn.prepare_cached(
        "SELECT seq, trigger, octet_length(report), app, ended_at FROM runs ORDER BY seq LIMIT ?1",
    )?;
    let oldest = at(now.saturating_sub(retention.age_ms));
    let rows = select.query_map([count(RUNS)], |row| {
        Ok((OldRun::of(row)?, AppKey(row.get(3)?), row.get::<_, i64>(4)?))
    })?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    // In the order in which they were committed, so the first that stays ends it.
    let old = rows.into_iter().take_while(|(_, _, ended_at)| *ended_at < oldest);
    let (runs, apps): (Vec<_>, Vec<_>) = old.map(|(run, app, _)| (run, app)).unzip();
    for app in apps {
        tx.state.unswept.entry(app).or_default();
    }
    let removed = sweep::remove(tx.conn, &runs, RUN_BYTES)?;
    gone.runs += removed as u64;
    gone.more |= removed < runs.len() || runs.len() == RUNS;
    Ok(())
}

fn remove_old_dead(
    tx: &mut Tx<'_>,
    retention: Retention,
    now: Timestamp,
    gone: &mut Retained,
) -> Result<()> {
    let mut delete = tx.conn.prepare_cached(
        "DELETE FROM queue WHERE id IN (
           SELECT id FROM (
             SELECT id, dead_at, row_number() OVER (PARTITION BY app ORDER BY dead_at DESC, id DESC)
               AS place FROM queue WHERE state = 2)
           WHERE dead_at < ?1 OR place > ?2 LIMIT ?3)
         RETURNING id",
    )?;
    let oldest = at(now.saturating_sub(retention.dead_age_ms));
    let dead_max = i64::try_from(retention.dead_max).unwrap_or(i64::MAX);
    let ids =
        delete.query_map(params![oldest, dead_max, count(STEP)], |row| row.get::<_, i64>(0))?;
    let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut orphan = tx.conn.prepare_cached(
        "DELETE FROM triggers WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM runs WHERE trigger = ?1)",
    )?;
    for id in &ids {
        orphan.execute([id])?;
    }
    gone.dead += ids.len() as u64;
    gone.more |= ids.len() == STEP;
    Ok(())
}

fn remove_events(
    tx: &mut Tx<'_>,
    retention: Retention,
    now: Timestamp,
    gone: &mut Retained,
) -> Result<()> {
    let mut delete = tx.conn.prepare_cached(
        "DELETE FROM toast_events WHERE seq IN (
           SELECT seq FROM toast_events WHERE at < ?1
             OR at < ?2 AND seq <= (SELECT min(seq) FROM cursors) ORDER BY seq LIMIT ?3)
         RETURNING seq",
    )?;
    let oldest = at(now.saturating_sub(retention.age_ms));
    let read = at(now.saturating_sub(EVENT_AGE_MS_MIN));
    let events =
        delete.query_map(params![oldest, read, count(STEP)], |row| row.get::<_, i64>(0))?;
    let events = events.collect::<rusqlite::Result<Vec<_>>>()?;
    gone.events += events.len() as u64;
    gone.more |= events.len() == STEP;
    let Some(newest) = events.iter().max() else { return Ok(()) };
    let mut behind = tx.conn.prepare_cached("SELECT sink, seq FROM cursors WHERE seq < ?1")?;
    let mut sinks = behind.query([newest])?;
    while let Some(sink) = sinks.next()? {
        let cursor: i64 = sink.get(1)?;
        let unread = events.iter().filter(|seq| **seq > cursor).count();
        *gone.lost.entry(sink.get(0)?).or_default() += unread as u64;
    }
    Ok(())
}
