use std::fmt;

use bugle_task::{Name, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::queue::at;
use crate::writer::Tx;
use crate::{AppKey, Result, StoreError};

/// A channel's number in the store; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChannelKey(pub i64);

/// A channel to open.
pub struct OpenChannel {
    /// Whose it is.
    pub app: AppKey,
    /// Its name in the manifest.
    pub name: Name,
    /// The moment of the opening.
    pub now: Timestamp,
    /// When it ends, unless it is open already.
    pub expires_at: Timestamp,
    /// The hash of its address, from its generation. Called once at most, by the writer's thread.
    pub hash_of: Box<dyn Fn(u32) -> [u8; 32] + Send>,
}

/// A channel as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChannelRecord {
    /// Its number in the store.
    pub key: ChannelKey,
    /// Whose it is.
    pub app: AppKey,
    /// Its name in the manifest.
    pub name: Name,
    /// Which address it has: another one each time it is opened anew, and never that of another
    /// channel, be it one of an app that was removed.
    pub generation: u32,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was closed; none if it was not.
    pub closed_at: Option<Timestamp>,
}

impl ChannelRecord {
    /// Whether pushes may come over it.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.closed_at.is_none() && now < self.expires_at
    }
}

impl fmt::Debug for OpenChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut form = f.debug_struct("OpenChannel");
        form.field("app", &self.app).field("name", &self.name).finish_non_exhaustive()
    }
}

const COLUMNS: &str =
    "SELECT key, app, name, generation, opened_at, expires_at, closed_at FROM channels";

fn record(row: &Row<'_>) -> Result<ChannelRecord> {
    Ok(ChannelRecord {
        key: ChannelKey(row.get(0)?),
        app: AppKey(row.get(1)?),
        name: row.get::<_, String>(2)?.parse().map_err(StoreError::corrupt)?,
        generation: row.get(3)?,
        opened_at: row.get::<_, i64>(4)?.cast_unsigned(),
        expires_at: row.get::<_, i64>(5)?.cast_unsigned(),
        closed_at: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
    })
}

fn by_name(conn: &Connection, app: AppKey, name: &Name) -> Result<Option<ChannelRecord>> {
    let mut select = conn.prepare_cached(&format!("{COLUMNS} WHERE app = ?1 AND name = ?2"))?;
    let found = select.query_row(params![app.0, name.as_str()], |row| Ok(record(row)));
    found.optional()?.transpose()
}

/// Gives the channel if it is open, and opens it with a new generation if not.
pub(crate) fn open(tx: &Tx<'_>, open: &OpenChannel) -> Result<ChannelRecord> {
    tx.state.app(open.app)?;
    let known = by_name(tx.conn, open.app, &open.name)?;
    if let Some(channel) = known
        && channel.is_open(open.now)
    {
        return Ok(channel);
    }
    // One count for the store, so that an address that was given up never comes back.
    let mut next = tx
        .conn
        .prepare_cached("UPDATE meta SET generation = generation + 1 RETURNING generation")?;
    let generation: u32 = next.query_row([], |row| row.get(0))?;
    let hash = (open.hash_of)(generation);
    let mut write = tx.conn.prepare_cached(
        "INSERT INTO channels (app, name, generation, opened_at, expires_at, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (app, name) DO UPDATE SET generation = excluded.generation,
           opened_at = excluded.opened_at, expires_at = excluded.expires_at,
           hash = excluded.hash, closed_at = NULL",
    )?;
    let name = open.name.as_str();
    let (opened_at, expires_at) = (at(open.now), at(open.expires_at));
    write.execute(params![open.app.0, name, generation, opened_at, expires_at, hash])?;
    by_name(tx.conn, open.app, &open.name)?
        .ok_or_else(|| StoreError::corrupt("a channel is gone as soon as it is opened"))
}

/// Closes a channel; gives whether it was open.
pub(crate) fn close(tx: &Tx<'_>, app: AppKey, name: &Name, now: Timestamp) -> Result<bool> {
    let mut update = tx.conn.prepare_cached(
        "UPDATE channels SET closed_at = ?3
         WHERE app = ?1 AND name = ?2 AND closed_at IS NULL AND expires_at > ?3",
    )?;
    Ok(update.execute(params![app.0, name.as_str(), at(now)])? > 0)
}

pub(crate) fn list(conn: &Connection, app: Option<AppKey>) -> Result<Vec<ChannelRecord>> {
    let mut select =
        conn.prepare_cached(&format!("{COLUMNS} WHERE ?1 IS NULL OR app = ?1 ORDER BY app, name"))?;
    let mut rows = select.query([app.map(|app| app.0)])?;
    let mut channels = Vec::new();
    while let Some(row) = rows.next()? {
        channels.push(record(row)?);
    }
    Ok(channels)
}

pub(crate) fn by_hash(conn: &Connection, hash: [u8; 32]) -> Result<Option<ChannelRecord>> {
    let mut select = conn.prepare_cached(&format!("{COLUMNS} WHERE hash = ?1"))?;
    select.query_row([hash], |row| Ok(record(row))).optional()?.transpose()
}
