//! What is kept of each app's runs, and what only they need.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row, params};

use crate::queue::count;
use crate::retain::{Retained, Retention};
use crate::writer::Tx;
use crate::{AppKey, Digest, Result, apps, settings};

/// How much may come of an app before it is looked through again what is kept of it: a quarter of the runs
/// that are kept, or a sixteenth of the bytes. Looking at 1,000 runs takes a millisecond, which is little
/// for what writing 250 took.
const RUNS_PART: u64 = 4;
const BYTES_PART: u64 = 16;

/// Of the runs that an app has too many of, how many go for each that comes.
const GO_FOR_EACH: usize = 2;

/// How many come before some go, since the oldest are in pages that nothing else of the commit is in.
const COME_AT_ONCE: u64 = 64;

/// How many runs one step looks at before it ends: 1 ms of the writer's time.
const LOOKS: usize = 512;

/// Runs that one step removes, with what woke them, at most: under 1 ms.
pub(crate) const RUNS: usize = 64;

/// The most bytes of their reports: what is removed is overwritten, which takes as long as writing it did.
pub(crate) const RUN_BYTES: usize = 256 * 1024;

/// The most former values of settings that one step removes.
const SETTINGS: usize = 256;

/// What came of an app since somebody looked how much is kept of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unswept {
    runs: u64,
    bytes: u64,
    /// The newest run that need not be kept, if any was found.
    up_to: Option<i64>,
}

/// A run that need not be kept.
pub(crate) struct OldRun {
    seq: i64,
    trigger: i64,
    bytes: usize,
}

impl OldRun {
    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let bytes = usize::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
        Ok(Self { seq: row.get(0)?, trigger: row.get(1)?, bytes })
    }
}

/// Runs of an app have come. Those that there is no room for any more go with them, so that whoever
/// writes much does so at its own cost.
pub(crate) fn added(tx: &mut Tx<'_>, app: AppKey, runs: usize, bytes: usize) -> Result<()> {
    let retention = Retention::of(&tx.state.quotas);
    let unswept = tx.state.unswept.entry(app).or_default();
    unswept.runs += runs as u64;
    unswept.bytes += bytes as u64;
    let is_much = unswept.runs > retention.runs_max / RUNS_PART
        || unswept.bytes > retention.run_bytes_max / BYTES_PART;
    if is_much && unswept.up_to.is_none() {
        let (up_to, _) = surplus(tx.conn, app, retention)?;
        *unswept = Unswept { up_to, ..Unswept::default() };
    }
    let is_step = unswept.runs >= COME_AT_ONCE || unswept.bytes >= RUN_BYTES as u64;
    if let Some(up_to) = unswept.up_to.filter(|_| is_step) {
        let twice = |count: u64| usize::try_from(count).unwrap_or(0) * GO_FOR_EACH;
        let (rows, bytes) = (twice(unswept.runs), twice(unswept.bytes));
        let old = old_runs(tx.conn, app, up_to, rows)?;
        let more = remove(tx.conn, &old, bytes, &mut Retained::default())? || old.len() == rows;
        *unswept = Unswept { up_to: Some(up_to).filter(|_| more), ..Unswept::default() };
    }
    Ok(())
}

/// Does a step of a round through all apps of which something came.
pub(crate) fn step(tx: &mut Tx<'_>, retention: Retention, gone: &mut Retained) -> Result<()> {
    let unswept = || tx.state.unswept.keys().copied().collect();
    let mut round: BTreeSet<AppKey> = tx.state.round.take().unwrap_or_else(unswept);
    let mut looks = 0;
    while looks < LOOKS
        && let Some(app) = round.first().copied()
    {
        let (looked_at, is_done) = step_of_app(tx, app, retention, gone)?;
        looks += looked_at.max(1);
        if is_done {
            tx.state.unswept.remove(&app);
            round.remove(&app);
        }
    }
    gone.more |= !round.is_empty();
    tx.state.round = Some(round).filter(|round| !round.is_empty());
    Ok(())
}

/// Does a step of what one app has too many of. Gives how many runs it looked at, and whether that was all.
fn step_of_app(
    tx: &mut Tx<'_>,
    app: AppKey,
    retention: Retention,
    gone: &mut Retained,
) -> Result<(usize, bool)> {
    let mut looked_at = 0;
    let unswept = tx.state.unswept.entry(app).or_default();
    if unswept.up_to.is_none() {
        (unswept.up_to, looked_at) = surplus(tx.conn, app, retention)?;
    }
    if let Some(up_to) = unswept.up_to {
        let old = old_runs(tx.conn, app, up_to, RUNS)?;
        let more = remove(tx.conn, &old, RUN_BYTES, gone)? || old.len() == RUNS;
        // It may have been found a while ago, so the next step looks again.
        unswept.up_to = unswept.up_to.filter(|_| more);
        // What was removed took longer than what was looked at.
        return Ok((LOOKS, false));
    }
    sweep_setups(tx, app)?;
    let settings = settings::sweep(tx.conn, app, oldest_change(tx, app)?, SETTINGS)?;
    gone.settings += settings as u64;
    Ok((looked_at, settings < SETTINGS))
}

/// The newest run of an app that there is no room for beside those after it, and how many were looked at.
fn surplus(conn: &Connection, app: AppKey, retention: Retention) -> Result<(Option<i64>, usize)> {
    // The lengths are in the rows' heads, so no content is read.
    let mut select = conn.prepare_cached(
        "SELECT r.seq, octet_length(report) + octet_length(head) + coalesce(octet_length(content), 0)
         FROM runs r JOIN triggers t ON t.id = r.trigger WHERE r.app = ?1 ORDER BY r.seq DESC",
    )?;
    let mut rows = select.query([app.0])?;
    let (mut runs, mut bytes) = (0_u64, 0_u64);
    while let Some(row) = rows.next()? {
        runs += 1;
        bytes += row.get::<_, i64>(1)?.unsigned_abs();
        if runs > retention.runs_max || bytes > retention.run_bytes_max {
            return Ok((Some(row.get(0)?), usize::try_from(runs).unwrap_or(usize::MAX)));
        }
    }
    Ok((None, usize::try_from(runs).unwrap_or(usize::MAX)))
}

/// The oldest runs of an app, up to one of them.
fn old_runs(conn: &Connection, app: AppKey, up_to: i64, at_most: usize) -> Result<Vec<OldRun>> {
    let mut select = conn.prepare_cached(
        "SELECT seq, trigger, octet_length(report) FROM runs WHERE app = ?1 AND seq <= ?2
         ORDER BY seq LIMIT ?3",
    )?;
    let runs = select.query_map(params![app.0, up_to, count(at_most)], OldRun::of)?;
    Ok(runs.collect::<rusqlite::Result<_>>()?)
}

/// Removes runs in their order, and ends after the one with which they are too large together. Gives
/// whether some were left.
pub(crate) fn remove(
    conn: &Connection,
    runs: &[OldRun],
    bytes_max: usize,
    gone: &mut Retained,
) -> Result<bool> {
    let mut bytes = 0;
    for run in runs {
        if bytes > bytes_max {
            return Ok(true);
        }
        bytes += run.bytes;
        remove_run(conn, run)?;
        gone.runs += 1;
    }
    Ok(false)
}

fn remove_run(conn: &Connection, run: &OldRun) -> Result<()> {
    conn.prepare_cached("DELETE FROM runs WHERE seq = ?1")?.execute([run.seq])?;
    let mut orphan = conn.prepare_cached(
        "DELETE FROM triggers WHERE id = ?1
         AND NOT EXISTS (SELECT 1 FROM queue WHERE id = ?1)
         AND NOT EXISTS (SELECT 1 FROM runs WHERE trigger = ?1)",
    )?;
    orphan.execute([run.trigger])?;
    Ok(())
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
    let used = used.collect::<rusqlite::Result<BTreeSet<i64>>>()?;
    let mut delete = tx.conn.prepare_cached("DELETE FROM setups WHERE id = ?1")?;
    for (id, _) in setups.iter().filter(|(id, _)| !used.contains(id)) {
        delete.execute([id])?;
    }
    setups.retain(|(id, _)| used.contains(id));
    Ok(())
}

/// Removes components that nobody names. There are few, so all at once.
pub(crate) fn components(conn: &Connection) -> Result<Vec<Digest>> {
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
