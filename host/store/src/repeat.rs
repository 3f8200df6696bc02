//! Pushes that their sender names, so that one that is sent again is taken once.

use bugle_task::{Timestamp, TriggerId};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::queue::{at, count, state_of};
use crate::writer::Tx;
use crate::{ChannelKey, Result, StoreError, TriggerState};

/// How long a name is remembered: a day, as those who send again give up by then.
const AGE_MS: u64 = 24 * 60 * 60 * 1_000;

/// The most names of one channel that are remembered, the latest ones: as many as may wait of an app, so
/// that whatever has not ended yet is known by its name, in a megabyte.
const NAMES_MAX: usize = 10_000;

/// How a sender calls a push. The store only compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushName {
    /// A digest of the name and of the address it came to.
    pub name: [u8; 32],
    /// A digest of what was sent under it.
    pub content: [u8; 32],
}

/// A push that was taken before, under the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    /// What it became then.
    pub id: TriggerId,
    /// What became of that.
    pub state: TriggerState,
}

/// Whether a push was taken before. Fails if something else has its name.
pub(crate) fn find(tx: &Tx<'_>, channel: ChannelKey, name: &PushName) -> Result<Option<Repeat>> {
    let mut select = tx.conn.prepare_cached(
        "SELECT trigger, content FROM push_names WHERE channel = ?1 AND name = ?2",
    )?;
    let found = select.query_row(params![channel.0, name.name], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?))
    });
    let Some((id, content)) = found.optional()? else { return Ok(None) };
    if content != name.content {
        return Err(StoreError::NameTaken);
    }
    let id = TriggerId(id.cast_unsigned());
    Ok(Some(Repeat { id, state: state_of(tx.conn, id)? }))
}

/// Remembers a push by its name.
pub(crate) fn remember(
    tx: &Tx<'_>,
    channel: ChannelKey,
    name: &PushName,
    id: TriggerId,
    now: Timestamp,
) -> Result<()> {
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO push_names (channel, name, content, trigger, at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let id = id.0.cast_signed();
    insert.execute(params![channel.0, name.name, name.content, id, at(now)])?;
    Ok(())
}

/// Forgets some of what is too old, or more than is kept of a channel. Gives how many.
pub(crate) fn sweep(conn: &Connection, now: Timestamp, step: usize) -> Result<usize> {
    let mut delete = conn.prepare_cached(
        "DELETE FROM push_names WHERE (channel, name) IN (
           SELECT channel, name FROM (
             SELECT channel, name, at, row_number() OVER (PARTITION BY channel ORDER BY at DESC)
               AS place FROM push_names)
           WHERE at < ?1 OR place > ?2 LIMIT ?3)",
    )?;
    let oldest = at(now.saturating_sub(AGE_MS));
    Ok(delete.execute(params![oldest, count(NAMES_MAX), count(step)])?)
}
