//! What is kept of each app's runs, and what only they need.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::queue::count;
use crate::retain::{Retained, Retention};
use crate::writer::Tx;
use crate::{AppKey, Digest, Result, apps, runs, settings};

/// How many runs may come of an app before those that are kept of it are counted again, as a part of what it
/// may keep. 1,000 are counted in 20 µs, which writing one takes too.
const RUNS_PART: u64 = 4;

/// The same of bytes, before they are summed up: 1,000 runs take a millisecond and a half, which is little
/// for what writing 4 MiB took.
const BYTES_PART: u64 = 16;

/// Of the runs that an app has too many of, how many go for each that comes.
const GO_FOR_EACH: usize = 2;

/// How many go at once, since the oldest are in pages that nothing else of the commit is in: some ten to a
/// page. It takes 0.4 ms, for which others wait.
const GO_AT_ONCE: usize = 32;

/// After how many runs that it has looked at a step ends; those of one app it looks at in one. 1,000 take a
/// millisecond of the writer's time.
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
    /// How many of those are to go for what came.
    owed: usize,
    /// They go until nothing is owed.
    is_paying: bool,
}

/// How far a round has come with an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    ToLookAt,
    /// Runs go up to this one.
    UpTo(i64),
    /// What only runs needed goes.
    Looked,
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
    if unswept.bytes > retention.run_bytes_max / BYTES_PART {
        (unswept.up_to, _) = surplus(tx.conn, app, retention)?;
        (unswept.runs, unswept.bytes) = (0, 0);
    } else if unswept.runs > retention.runs_max / RUNS_PART {
        unswept.up_to = unswept.up_to.max(surplus_runs(tx.conn, app, retention.runs_max)?);
        unswept.runs = 0;
    }
    let Some(up_to) = unswept.up_to else { return Ok(()) };
    unswept.owed += GO_FOR_EACH * runs;
    unswept.is_paying |= unswept.owed >= GO_AT_ONCE;
    if unswept.is_paying {
        let old = old_runs(tx.conn, app, up_to, unswept.owed.min(GO_AT_ONCE))?;
        let removed = remove(tx.conn, &old, RUN_BYTES)?;
        unswept.owed -= removed;
        unswept.is_paying = unswept.owed > 0;
        if old.is_empty() {
            *unswept = Unswept { runs: unswept.runs, bytes: unswept.bytes, ..Unswept::default() };
        }
    }
    Ok(())
}

/// Does a step of a round through all apps of which something came.
pub(crate) fn step(tx: &mut Tx<'_>, retention: Retention, gone: &mut Retained) -> Result<()> {
    let all = || tx.state.unswept.keys().map(|app| (*app, Progress::ToLookAt)).collect();
    let mut round: BTreeMap<AppKey, Progress> = tx.state.round.take().unwrap_or_else(all);
    let mut looks = 0;
    while looks < LOOKS
        && let Some(mut entry) = round.first_entry()
    {
        let (app, mut progress) = (*entry.key(), *entry.get());
        let (looked_at, is_done) = step_of_app(tx, app, &mut progress, retention, gone)?;
        looks += looked_at.max(1);
        entry.insert(progress);
        if is_done {
            tx.state.unswept.remove(&app);
            round.pop_first();
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
    progress: &mut Progress,
    retention: Retention,
    gone: &mut Retained,
) -> Result<(usize, bool)> {
    let mut looked_at = 0;
    if *progress == Progress::ToLookAt {
        let up_to;
        (up_to, looked_at) = surplus(tx.conn, app, retention)?;
        // Once a round: while more comes, there would be more each time.
        *progress = up_to.map_or(Progress::Looked, Progress::UpTo);
    }
    if let Progress::UpTo(up_to) = *progress {
        let old = old_runs(tx.conn, app, up_to, RUNS)?;
        let removed = remove(tx.conn, &old, RUN_BYTES)?;
        gone.runs += removed as u64;
        if removed < old.len() || old.len() == RUNS {
            // What was removed took longer than what was looked at.
            return Ok((LOOKS, false));
        }
        *progress = Progress::Looked;
    }
    sweep_setups(tx, app)?;
    let settings = settings::sweep(tx.conn, app, oldest_change(tx, app)?, SETTINGS)?;
    gone.settings += settings as u64;
    if settings == SETTINGS {
        return Ok((LOOKS, false));
    }
    Ok((looked_at, true))
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

/// The newest run of an app that has so many after it.
fn surplus_runs(conn: &Connection, app: AppKey, runs_max: u64) -> Result<Option<i64>> {
    let mut select = conn.prepare_cached(
        "SELECT seq FROM runs WHERE app = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2",
    )?;
    let seq = select.query_row(params![app.0, runs_max.cast_signed()], |row| row.get(0));
    Ok(seq.optional()?)
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

/// Removes runs in their order, and ends after the one with which they are too large together. Gives how
/// many it were: all, if these were not too large.
pub(crate) fn remove(conn: &Connection, old: &[OldRun], bytes_max: usize) -> Result<usize> {
    let mut bytes = 0;
    let mut removed = 0_usize;
    for run in old {
        if bytes > bytes_max {
            break;
        }
        bytes += run.bytes;
        remove_run(conn, run)?;
        removed += 1;
    }
    if let Some(last) = removed.checked_sub(1).and_then(|last| old.get(last)) {
        runs::keep_places(conn, last.seq)?;
    }
    Ok(removed)
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
