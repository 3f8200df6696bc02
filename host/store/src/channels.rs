use std::collections::HashMap;
use std::fmt;

use bugle_task::{Bytes, Name, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::queue::{at, count};
use crate::writer::Tx;
use crate::{AppKey, Result, StoreError};

/// The most channels that are told of at one time; the rest a minute later.
const ENDING_MAX: usize = 256;

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
    /// How senders speak to it.
    pub setup: ChannelSetup,
    /// What happens to one that is open already.
    pub if_open: IfOpen,
    /// The hash of its address, from its generation. Called once at most, by the writer's thread.
    pub hash_of: Box<dyn Fn(u32) -> [u8; 32] + Send>,
}

/// What opening a channel does to one that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfOpen {
    /// Nothing.
    Keep,
    /// It ends later, at the same address.
    Renew,
    /// It ends later, at another address.
    Rotate,
}

/// How senders speak to a channel. The store only keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ChannelSetup {
    /// The protocol, by its name.
    pub protocol: String,
    /// The key of the only sender whose pushes it takes; none for any sender.
    pub sender_key: Option<Bytes>,
    /// The name under which it is found without its address; no two channels have one name.
    pub topic: Option<String>,
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
    /// How senders speak to it.
    pub setup: ChannelSetup,
    /// How many pushes it took.
    pub pushes: u64,
    /// When it took the last one.
    pub pushed_at: Option<Timestamp>,
    /// Who sent that, as far as the protocol tells. Sender-controlled: clean it before a terminal
    /// sees it.
    pub pushed_by: Option<String>,
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
    "SELECT key, app, name, generation, opened_at, expires_at, closed_at, protocol, sender_key, topic,
       pushes, pushed_at, pushed_by FROM channels";

fn record(row: &Row<'_>) -> Result<ChannelRecord> {
    Ok(ChannelRecord {
        key: ChannelKey(row.get(0)?),
        app: AppKey(row.get(1)?),
        name: row.get::<_, String>(2)?.parse().map_err(StoreError::corrupt)?,
        generation: row.get(3)?,
        opened_at: row.get::<_, i64>(4)?.cast_unsigned(),
        expires_at: row.get::<_, i64>(5)?.cast_unsigned(),
        closed_at: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
        setup: ChannelSetup {
            protocol: row.get(7)?,
            sender_key: row.get::<_, Option<Vec<u8>>>(8)?.map(Bytes),
            topic: row.get(9)?,
        },
        pushes: row.get::<_, i64>(10)?.cast_unsigned(),
        pushed_at: row.get::<_, Option<i64>>(11)?.map(i64::cast_unsigned),
        pushed_by: row.get(12)?,
    })
}

fn by_name(conn: &Connection, app: AppKey, name: &Name) -> Result<Option<ChannelRecord>> {
    let mut select = conn.prepare_cached(&format!("{COLUMNS} WHERE app = ?1 AND name = ?2"))?;
    let found = select.query_row(params![app.0, name.as_str()], |row| Ok(record(row)));
    found.optional()?.transpose()
}

/// Gives the channel if it is open, later if it is asked for, and opens it with a new generation if not.
/// Fails if it is open for another protocol, or if another channel has its topic.
pub(crate) fn open(tx: &mut Tx<'_>, open: &OpenChannel) -> Result<ChannelRecord> {
    tx.state.app(open.app)?;
    let known = by_name(tx.conn, open.app, &open.name)?;
    if let Some(channel) = known
        && channel.is_open(open.now)
        && open.if_open != IfOpen::Rotate
    {
        if channel.setup != open.setup {
            return Err(StoreError::OpenOtherwise {
                name: open.name.clone(),
                setup: channel.setup,
            });
        }
        return if open.if_open == IfOpen::Renew { renew(tx, open, channel) } else { Ok(channel) };
    }
    free_topic(tx, open)?;
    // One count for the store, so that an address that was given up never comes back.
    let mut next = tx
        .conn
        .prepare_cached("UPDATE meta SET generation = generation + 1 RETURNING generation")?;
    let generation: u32 = next.query_row([], |row| row.get(0))?;
    let hash = (open.hash_of)(generation);
    let mut write = tx.conn.prepare_cached(
        "INSERT INTO channels
           (app, name, generation, opened_at, expires_at, hash, protocol, sender_key, topic)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (app, name) DO UPDATE SET generation = excluded.generation,
           opened_at = excluded.opened_at, expires_at = excluded.expires_at,
           hash = excluded.hash, protocol = excluded.protocol, sender_key = excluded.sender_key,
           topic = excluded.topic, closed_at = NULL, pushes = 0, pushed_at = NULL, pushed_by = NULL",
    )?;
    let (name, setup) = (open.name.as_str(), &open.setup);
    let (opened_at, expires_at) = (at(open.now), at(open.expires_at));
    let sender_key = setup.sender_key.as_ref().map(|key| key.0.as_slice());
    write.execute(params![
        open.app.0,
        name,
        generation,
        opened_at,
        expires_at,
        hash,
        setup.protocol,
        sender_key,
        setup.topic,
    ])?;
    let channel = by_name(tx.conn, open.app, &open.name)?
        .ok_or_else(|| StoreError::corrupt("a channel is gone as soon as it is opened"))?;
    tx.state.addresses.insert(channel.key, generation);
    Ok(channel)
}

/// Lets an open channel end later. The app is told of that end, too.
fn renew(tx: &Tx<'_>, open: &OpenChannel, channel: ChannelRecord) -> Result<ChannelRecord> {
    let mut update = tx
        .conn
        .prepare_cached("UPDATE channels SET expires_at = ?2, expiry_told = 0 WHERE key = ?1")?;
    update.execute(params![channel.key.0, at(open.expires_at)])?;
    Ok(ChannelRecord { expires_at: open.expires_at, ..channel })
}

/// Makes a topic free that a channel had which is not open any more. Fails if another has it still.
fn free_topic(tx: &Tx<'_>, open: &OpenChannel) -> Result<()> {
    let Some(topic) = &open.setup.topic else { return Ok(()) };
    let Some(owner) = by_topic(tx.conn, topic)? else { return Ok(()) };
    let is_own = owner.app == open.app && owner.name == open.name;
    if owner.is_open(open.now) && !is_own {
        return Err(StoreError::TopicTaken { topic: topic.clone() });
    }
    let mut update = tx.conn.prepare_cached("UPDATE channels SET topic = NULL WHERE key = ?1")?;
    update.execute([owner.key.0])?;
    Ok(())
}

/// Channels that end between two moments, of whose end the app was not told yet.
pub(crate) fn ending(
    conn: &Connection,
    after: Timestamp,
    until: Timestamp,
) -> Result<Vec<ChannelRecord>> {
    let mut select = conn.prepare_cached(&format!(
        "{COLUMNS} WHERE closed_at IS NULL AND expires_at > ?1 AND expires_at <= ?2
           AND expiry_told <> generation ORDER BY expires_at LIMIT ?3"
    ))?;
    let mut rows = select.query(params![at(after), at(until), count(ENDING_MAX)])?;
    let mut channels = Vec::new();
    while let Some(row) = rows.next()? {
        channels.push(record(row)?);
    }
    Ok(channels)
}

pub(crate) fn expiry_is_told(tx: &Tx<'_>, channel: ChannelKey, generation: u32) -> Result<()> {
    let update = "UPDATE channels SET expiry_told = ?2 WHERE key = ?1";
    tx.conn.prepare_cached(update)?.execute(params![channel.0, generation])?;
    Ok(())
}

/// Notes what channels took in a transaction.
pub(crate) fn note_pushes(conn: &Connection, taken: &HashMap<ChannelKey, Taken>) -> Result<()> {
    let mut update = conn.prepare_cached(
        "UPDATE channels SET pushes = pushes + ?2, pushed_at = ?3, pushed_by = ?4 WHERE key = ?1",
    )?;
    for (key, taken) in taken {
        update.execute(params![key.0, taken.pushes, at(taken.last_at), taken.last_by])?;
    }
    Ok(())
}

/// What a channel took.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) pushes: i64,
    pub(crate) last_at: Timestamp,
    pub(crate) last_by: Option<String>,
}

/// Closes a channel; gives whether it was open.
pub(crate) fn close(tx: &mut Tx<'_>, app: AppKey, name: &Name, now: Timestamp) -> Result<bool> {
    let mut update = tx.conn.prepare_cached(
        "UPDATE channels SET closed_at = ?3
         WHERE app = ?1 AND name = ?2 AND closed_at IS NULL AND expires_at > ?3 RETURNING key",
    )?;
    let closed = update.query_row(params![app.0, name.as_str(), at(now)], |row| row.get(0));
    let closed = closed.optional()?.map(ChannelKey);
    Ok(closed.is_some_and(|key| tx.state.addresses.remove(&key).is_some()))
}

/// The number of each channel's address, unless it was closed.
pub(crate) fn addresses(conn: &Connection) -> Result<HashMap<ChannelKey, u32>> {
    let mut select =
        conn.prepare("SELECT key, generation FROM channels WHERE closed_at IS NULL")?;
    let rows = select.query_map([], |row| Ok((ChannelKey(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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

pub(crate) fn by_topic(conn: &Connection, topic: &str) -> Result<Option<ChannelRecord>> {
    let mut select = conn.prepare_cached(&format!("{COLUMNS} WHERE topic = ?1"))?;
    select.query_row([topic], |row| Ok(record(row))).optional()?.transpose()
}

pub(crate) fn by_hash(conn: &Connection, hash: [u8; 32]) -> Result<Option<ChannelRecord>> {
    let mut select = conn.prepare_cached(&format!("{COLUMNS} WHERE hash = ?1"))?;
    select.query_row([hash], |row| Ok(record(row))).optional()?.transpose()
}
