//! Pushes that their sender names, so that one that is sent again is taken once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bugle_task::{Timestamp, TriggerId};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::queue::{at, count, state_of};
use crate::writer::Tx;
use crate::{ChannelKey, Result, StoreError, TriggerState};

/// How long a name is remembered: a day, as those who send again give up by then.
const AGE_MS: u64 = 24 * 60 * 60 * 1_000;

/// The most names of one channel that are remembered, the latest ones: as many as may wait of an app. A
/// megabyte.
const NAMES_MAX: u64 = 10_000;

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

/// Remembers a push by its name, in place of the channel's oldest if there are too many.
pub(crate) fn remember(
    tx: &mut Tx<'_>,
    channel: ChannelKey,
    name: &PushName,
    id: TriggerId,
    now: Timestamp,
) -> Result<()> {
    let names = tx.state.names.entry(channel).or_default();
    if *names >= NAMES_MAX {
        let mut oldest = tx.conn.prepare_cached(
            "DELETE FROM push_names WHERE channel = ?1 AND name = (
               SELECT name FROM push_names WHERE channel = ?1 ORDER BY at LIMIT 1)",
        )?;
        *names -= oldest.execute([channel.0])? as u64;
    }
    *names += 1;
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO push_names (channel, name, content, trigger, at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let id = id.0.cast_signed();
    insert.execute(params![channel.0, name.name, name.content, id, at(now)])?;
    Ok(())
}

/// Forgets some of what is too old. Gives how many.
pub(crate) fn sweep(tx: &mut Tx<'_>, now: Timestamp, step: usize) -> Result<usize> {
    let mut delete = tx.conn.prepare_cached(
        "DELETE FROM push_names WHERE (channel, name) IN (
           SELECT channel, name FROM push_names WHERE at < ?1 ORDER BY at LIMIT ?2)
         RETURNING channel",
    )?;
    let oldest = at(now.saturating_sub(AGE_MS));
    let channels = delete.query_map(params![oldest, count(step)], |row| row.get(0))?;
    let channels = channels.collect::<rusqlite::Result<Vec<_>>>()?;
    for channel in &channels {
        let names = tx.state.names.entry(ChannelKey(*channel));
        if let Entry::Occupied(mut names) = names {
            *names.get_mut() -= 1;
            if *names.get() == 0 {
                names.remove();
            }
        }
    }
    Ok(channels.len())
}

/// How many names each channel has.
pub(crate) fn names(conn: &Connection) -> Result<HashMap<ChannelKey, u64>> {
    let mut select = conn.prepare("SELECT channel, count(*) FROM push_names GROUP BY channel")?;
    let rows = select.query_map([], |row| {
        Ok((ChannelKey(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned()))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
