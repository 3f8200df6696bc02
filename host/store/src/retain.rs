use bugle_task::{Quotas, Timestamp};
use rusqlite::{Connection, params};

use crate::queue::{at, count};
use crate::writer::Tx;
use crate::{AppKey, Digest, Result, apps, repeat, settings};

/// The most rows of a kind that one call removes: some 10 ms of the writer's time.
const STEP: usize = 256;
/// The most apps that one call looks at.
const APPS: usize = 64;
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

/// Removes a step of what need not be kept.
pub(crate) fn retain(tx: &mut Tx<'_>, retention: Retention, now: Timestamp) -> Result<Retained> {
    let mut gone = Retained::default();
    remove_old_runs(tx, retention, now, &mut gone)?;
    remove_old_dead(tx, retention, now, &mut gone)?;
    remove_events(tx, retention, now, &mut gone)?;
    let names = repeat::sweep(tx, now, STEP)?;
    gone.names += names as u64;
    gone.more |= names == STEP;
    for _ in 0..APPS {
        let Some(app) = tx.state.unswept.first().copied() else { break };
        if sweep_app(tx, app, retention, &mut gone)? {
            gone.more = true;
            break;
        }
        tx.state.unswept.remove(&app);
    }
    gone.more |= !tx.state.unswept.is_empty();
    if !gone.more {
        gone.components = sweep_components(tx.conn)?;
    }
    Ok(gone)
}

fn remove_old_runs(
    tx: &mut Tx<'_>,
    retention: Retention,
    now: Timestamp,
    gone: &mut Retained,
) -> Result<()> {
    let mut select = tx
        .conn
        .prepare_cached("SELECT seq, trigger, app, ended_at FROM runs ORDER BY seq LIMIT ?1")?;
    let oldest = at(now.saturating_sub(retention.age_ms));
    let rows = select.query_map([count(STEP)], |row| {
        Ok((row.get(0)?, row.get(1)?, AppKey(row.get(2)?), row.get::<_, i64>(3)?))
    })?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    // In the order in which they were committed, so the first that stays ends it.
    let old: Vec<_> = rows.iter().take_while(|row| row.3 < oldest).collect();
    for (seq, trigger, app, _) in &old {
        remove_run(tx.conn, *seq, *trigger)?;
        tx.state.unswept.insert(*app);
    }
    gone.runs += old.len() as u64;
    gone.more |= old.len() == STEP;
    Ok(())
}

fn remove_run(conn: &Connection, seq: i64, trigger: i64) -> Result<()> {
    conn.prepare_cached("DELETE FROM runs WHERE seq = ?1")?.execute([seq])?;
    let mut orphan = conn.prepare_cached(
        "DELETE FROM triggers WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM queue WHERE id = ?1)
         AND NOT EXISTS (SELECT 1 FROM runs WHERE trigger = ?1)",
    )?;
    orphan.execute([trigger])?;
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
             OR at < ?2 AND seq <= (SELECT min(seq) FROM cursors) ORDER BY seq LIMIT ?3)",
    )?;
    let oldest = at(now.saturating_sub(retention.age_ms));
    let read = at(now.saturating_sub(EVENT_AGE_MS_MIN));
    let events = delete.execute(params![oldest, read, count(STEP)])?;
    gone.events += events as u64;
    gone.more |= events == STEP;
    Ok(())
}

/// Removes a step of what one app has too many of. Gives whether there is more.
fn sweep_app(
    tx: &mut Tx<'_>,
    app: AppKey,
    retention: Retention,
    gone: &mut Retained,
) -> Result<bool> {
    let too_many = "SELECT seq, trigger FROM runs WHERE app = ?1 AND seq <= (
           SELECT seq FROM runs WHERE app = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)
         ORDER BY seq LIMIT ?3";
    // Counted from the newest on; the lengths are in the rows' heads, so no content is read.
    let too_large = "SELECT seq, trigger FROM (
           SELECT r.seq, r.trigger, sum(octet_length(report) + octet_length(head)
             + coalesce(octet_length(content), 0)) OVER (ORDER BY r.seq DESC) AS bytes
           FROM runs r JOIN triggers t ON t.id = r.trigger WHERE r.app = ?1)
         WHERE bytes > ?2 ORDER BY seq LIMIT ?3";
    for (which, limit) in [(too_many, retention.runs_max), (too_large, retention.run_bytes_max)] {
        let removed = remove_runs(tx.conn, which, app, limit)?;
        gone.runs += removed as u64;
        if removed == STEP {
            return Ok(true);
        }
    }
    sweep_setups(tx, app)?;
    let settings = settings::sweep(tx.conn, app, oldest_change(tx, app)?, STEP)?;
    gone.settings += settings as u64;
    Ok(settings == STEP)
}

/// Removes a step of the runs of an app that are beyond a limit.
fn remove_runs(conn: &Connection, which: &str, app: AppKey, limit: u64) -> Result<usize> {
    let mut select = conn.prepare_cached(which)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = select
        .query_map(params![app.0, limit, count(STEP)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for (seq, trigger) in &rows {
        remove_run(conn, *seq, *trigger)?;
    }
    Ok(rows.len())
}

/// The oldest change of settings that a kept run, or one to come, can read.
fn oldest_change(tx: &Tx<'_>, app: AppKey) -> Result<u64> {
    let mut select =
        tx.conn.prepare_cached("SELECT min(change_before) FROM runs WHERE app = ?1")?;
    let oldest: Option<i64> = select.query_row([app.0], |row| row.get(0))?;
    Ok(oldest.map_or(tx.state.app(app)?.change, i64::cast_unsigned))
}

/// Removes setups that no run of the app names any more.
fn sweep_setups(tx: &mut Tx<'_>, app: AppKey) -> Result<()> {
    let Some(setups) = tx.state.setups.get_mut(&app) else { return Ok(()) };
    let mut select = tx.conn.prepare_cached("SELECT DISTINCT setup FROM runs WHERE app = ?1")?;
    let used = select.query_map([app.0], |row| row.get(0))?;
    let used = used.collect::<rusqlite::Result<std::collections::BTreeSet<i64>>>()?;
    let mut delete = tx.conn.prepare_cached("DELETE FROM setups WHERE id = ?1")?;
    for (id, _) in setups.iter().filter(|(id, _)| !used.contains(id)) {
        delete.execute([id])?;
    }
    setups.retain(|(id, _)| used.contains(id));
    Ok(())
}

/// Removes components that nobody names. There are few, so all at once.
fn sweep_components(conn: &Connection) -> Result<Vec<Digest>> {
    let mut select = conn.prepare_cached(
        "SELECT digest FROM components WHERE digest NOT IN (SELECT component FROM tasks)
         AND digest NOT IN (SELECT component FROM setups)",
    )?;
    let digests = select.query_map([], |row| row.get(0))?;
    let digests = digests.collect::<rusqlite::Result<Vec<[u8; 32]>>>()?;
    let mut gone = Vec::new();
    for digest in digests.into_iter().map(Digest) {
        if apps::sweep_component(conn, digest)? {
            gone.push(digest);
        }
    }
    Ok(gone)
}
