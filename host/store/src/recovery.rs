use bugle_task::{Quotas, Timestamp, TriggerId};
use rusqlite::{Connection, params};

use crate::dead::DeadReason;
use crate::queue::at;
use crate::{AppKey, Result, conduct, fresh, runs};

/// How often the host may die while one trigger runs alone before it is that trigger's fault: once
/// can be chance, twice a bad day.
const CRASHES_MAX: i64 = 3;

/// What opening the store found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Which opening of the store this is, from 1.
    pub incarnation: u64,
    /// Whether the last one was not closed.
    pub unclean: bool,
    /// How many triggers were claimed and are waiting again, their attempt given back.
    pub requeued: u64,
    /// Triggers that were running alone each time the host died: they are dead letters now.
    pub dead: Vec<TriggerId>,
    /// Triggers that may have been why the host died. Run them alone, by
    /// [`Store::claim_suspect`](crate::Store::claim_suspect), before anything else.
    pub suspects: Vec<TriggerId>,
    /// The apps with something waiting, suspects included.
    pub apps: Vec<AppQueue>,
    /// The secret of the host whose backup this was. Take it over, then
    /// [`Store::forget_carried`](crate::Store::forget_carried).
    pub carried: Option<Vec<u8>>,
}

/// What waits for an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppQueue {
    /// The app.
    pub app: AppKey,
    /// How many triggers wait.
    pub waiting: u64,
    /// The bytes of their contents.
    pub bytes: u64,
    /// When the first is due; 0 if it is already.
    pub next_due: Timestamp,
}

/// Begins a new incarnation: what an earlier one had claimed waits again.
pub(crate) fn recover(conn: &Connection, quotas: &Quotas, now: Timestamp) -> Result<Recovery> {
    let tx = conn.unchecked_transaction()?;
    let (incarnation, unclean) =
        tx.query_row("SELECT incarnation + 1, clean = 0 FROM meta", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?))
        })?;
    tx.execute(
        "UPDATE meta SET incarnation = ?1, clean = 0, stopped_at = NULL, sqlite = ?2, quotas = ?3",
        params![incarnation, rusqlite::version(), runs::json(quotas)?],
    )?;
    let dead = if unclean { blame(&tx, now)? } else { Vec::new() };
    let requeued = tx.execute(
        "UPDATE queue SET state = 0, ready_at = 0, pardons = pardons + 1, claimed_by = NULL,
           suspect = max(suspect, ?1) WHERE state = 1",
        [unclean],
    )?;
    conduct::hold_back_in(&tx, None)?;
    let suspects = ids(&tx, "SELECT id FROM queue WHERE suspect = 1 ORDER BY id")?;
    let apps = waiting(&tx)?;
    let carried = fresh::carried(&tx)?;
    tx.commit()?;
    Ok(Recovery {
        incarnation: incarnation.cast_unsigned(),
        unclean,
        requeued: requeued as u64,
        dead,
        suspects,
        apps,
        carried,
    })
}

/// Counts the death of the host against the suspect that was running alone, and gives it up if it
/// was one too many.
fn blame(conn: &Connection, now: Timestamp) -> Result<Vec<TriggerId>> {
    conn.execute("UPDATE queue SET crashes = crashes + 1 WHERE state = 1 AND suspect = 1", [])?;
    let dead = ids(
        conn,
        &format!(
            "SELECT id FROM queue WHERE state = 1 AND suspect = 1 AND crashes >= {CRASHES_MAX}"
        ),
    )?;
    for id in &dead {
        conn.execute(
            "UPDATE queue SET state = 2, ready_at = 0, suspect = 0, claimed_by = NULL,
               dead_reason = ?2, dead_message = ?3, dead_at = ?4 WHERE id = ?1",
            params![
                id.0.cast_signed(),
                DeadReason::HostCrashed.code(),
                format!("the host died {CRASHES_MAX} times while it ran alone"),
                at(now)
            ],
        )?;
    }
    Ok(dead)
}

fn ids(conn: &Connection, sql: &str) -> Result<Vec<TriggerId>> {
    let mut select = conn.prepare(sql)?;
    let rows = select.query_map([], |row| Ok(TriggerId(row.get::<_, i64>(0)?.cast_unsigned())))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn waiting(conn: &Connection) -> Result<Vec<AppQueue>> {
    let mut select = conn.prepare(
        "SELECT app, count(*), sum(bytes), min(ready_at) FROM queue WHERE state = 0 GROUP BY app",
    )?;
    let rows = select.query_map([], |row| {
        let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
        let app = AppKey(row.get(0)?);
        Ok(AppQueue { app, waiting: number(1)?, bytes: number(2)?, next_due: number(3)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Marks a clean stop.
pub(crate) fn stop(conn: &Connection, now: Timestamp) -> Result<()> {
    conn.execute("UPDATE meta SET clean = 1, stopped_at = ?1", [at(now)])?;
    Ok(())
}
