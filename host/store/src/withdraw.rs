//! Triggers that leave the queue without an end of their own: their sender took them back, or sent a
//! later one of the same topic.

use bugle_task::{RunId, TriggerId};
use rusqlite::{OptionalExtension as _, params};

use crate::queue::{Accept, at, erase};
use crate::writer::Tx;
use crate::{AppKey, Result, claim};

/// Takes what waits of the same topic away; what an attempt of is claimed gets no further one. One that
/// the app holds and has not begun is given up.
pub(crate) fn replace(tx: &mut Tx<'_>, accept: &Accept) -> Result<Vec<Withdrawn>> {
    let Some(topic) = &accept.topic else { return Ok(Vec::new()) };
    let mut replaced = Vec::new();
    if let Some(held) = accept.replaces {
        replaced.extend(give_up(tx, accept.app, held)?);
    }
    let mut select = tx.conn.prepare_cached(
        "SELECT id, ready_at, bytes FROM queue WHERE app = ?1 AND topic = ?2 AND state = 0",
    )?;
    let rows = select.query_map(params![accept.app.0, topic], |row| {
        let id = TriggerId(row.get::<_, i64>(0)?.cast_unsigned());
        Ok((id, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?.cast_unsigned()))
    })?;
    for (id, ready_at, bytes) in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        claim::expire_one(tx, accept.app, id, ready_at)?;
        replaced.push(Withdrawn { app: accept.app, id, bytes });
    }
    let mut running = tx.conn.prepare_cached(
        "UPDATE queue SET expires_at = min(coalesce(expires_at, ?3), ?3)
         WHERE app = ?1 AND topic = ?2 AND state = 1",
    )?;
    running.execute(params![accept.app.0, topic, at(accept.accepted_at)])?;
    Ok(replaced)
}

/// Takes a claim's trigger out of the queue, whose run has not begun. None if the claim is not held.
fn give_up(tx: &mut Tx<'_>, app: AppKey, run: RunId) -> Result<Option<Withdrawn>> {
    let open = tx.state.open.get(&run.trigger);
    if !open.is_some_and(|open| open.app == app && open.claim == run.claim) {
        return Ok(None);
    }
    let mut select = tx.conn.prepare_cached("SELECT bytes FROM queue WHERE id = ?1")?;
    let bytes: i64 = select.query_row([run.trigger.0.cast_signed()], |row| row.get(0))?;
    erase(tx, run.trigger, true)?;
    tx.state.ended(run.trigger, false);
    Ok(Some(Withdrawn { app, id: run.trigger, bytes: bytes.cast_unsigned() }))
}

/// A trigger that left the queue without an end of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawn {
    /// Whose it was.
    pub app: AppKey,
    /// Which.
    pub id: TriggerId,
    /// Bytes of content that it had.
    pub bytes: u64,
}

/// Takes a trigger out of the queue that still waits, or that is `held` by a claim whose run has not
/// begun. None if there is nothing to take.
pub(crate) fn cancel(
    tx: &mut Tx<'_>,
    id: TriggerId,
    held: Option<(AppKey, RunId)>,
) -> Result<Option<Withdrawn>> {
    if let Some((app, run)) = held {
        return give_up(tx, app, run);
    }
    let mut select = tx
        .conn
        .prepare_cached("SELECT app, ready_at, bytes FROM queue WHERE id = ?1 AND state = 0")?;
    let found = select.query_row([id.0.cast_signed()], |row| {
        Ok((AppKey(row.get(0)?), row.get::<_, i64>(1)?, row.get::<_, i64>(2)?.cast_unsigned()))
    });
    let Some((app, ready_at, bytes)) = found.optional()? else { return Ok(None) };
    claim::expire_one(tx, app, id, ready_at)?;
    Ok(Some(Withdrawn { app, id, bytes }))
}
