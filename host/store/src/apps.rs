use std::sync::Arc;

use bugle_task::{AppId, Name, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::conduct::Known;
use crate::queue::{at, count};
use crate::state::AppState;
use crate::writer::Tx;
use crate::{Digest, Result, StoreError, channels, repeat, runs};

/// The tables with rows of an app, by the column `app`.
pub(crate) const TABLES_OF_AN_APP: [&str; 14] = [
    "tasks",
    "channels",
    "triggers",
    "queue",
    "setups",
    "runs",
    "changes",
    "settings",
    "toasts",
    "toast_events",
    "badges",
    "resume_work",
    "spent",
    "conduct",
];

/// An app's number in the store; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AppKey(pub i64);

/// An app to install, in place of an earlier version if there is one: channels, settings, toasts,
/// history and what waits stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppInstall {
    /// Who it is.
    pub id: AppId,
    /// As its manifest has it.
    pub version: String,
    /// For people.
    pub name: String,
    /// JSON, which the store gives back as it is.
    pub manifest: String,
    /// Each task with the bytes of its component.
    pub tasks: Vec<(Name, Arc<[u8]>)>,
    /// The moment of the installation.
    pub now: Timestamp,
}

/// An app that is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AppRecord {
    /// Its number in the store.
    pub key: AppKey,
    /// Who it is.
    pub id: AppId,
    /// As its manifest has it.
    pub version: String,
    /// For people.
    pub name: String,
    /// As it was installed.
    pub manifest: String,
    /// Each task with the digest of its component, by name.
    pub components: Vec<(Name, Digest)>,
    /// When this version was installed.
    pub installed_at: Timestamp,
    /// The number of its credentials, which no others ever have; 0 if none were made.
    pub credentials: u32,
}

/// Installs an app whose components have the given digests, in the order of its tasks.
pub(crate) fn install(tx: &mut Tx<'_>, install: &AppInstall, digests: &[Digest]) -> Result<AppKey> {
    let mut write = tx.conn.prepare_cached(
        "INSERT INTO apps (id, version, name, manifest, installed_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name,
           manifest = excluded.manifest, installed_at = excluded.installed_at
         RETURNING key",
    )?;
    let AppInstall { id, version, name, manifest, tasks, now } = install;
    let row = params![id.as_str(), version, name, manifest, at(*now)];
    let app = AppKey(write.query_row(row, |row| row.get(0))?);
    tx.conn.prepare_cached("DELETE FROM tasks WHERE app = ?1")?.execute([app.0])?;
    let mut keep = tx.conn.prepare_cached(
        "INSERT INTO components (digest, size, bytes) VALUES (?1, ?2, ?3)
         ON CONFLICT (digest) DO UPDATE SET bytes = excluded.bytes WHERE bytes <> excluded.bytes",
    )?;
    let mut name_it =
        tx.conn.prepare_cached("INSERT INTO tasks (app, name, component) VALUES (?1, ?2, ?3)")?;
    let mut names = std::collections::BTreeSet::new();
    for ((task, bytes), digest) in tasks.iter().zip(digests) {
        if !names.insert(task) {
            return Err(StoreError::invalid(format!("`{id}` has two tasks named `{task}`")));
        }
        keep.execute(params![digest.0, count(bytes.len()), &bytes[..]])?;
        name_it.execute(params![app.0, task.as_str(), digest.0])?;
    }
    let fresh = || AppState {
        id: id.clone(),
        change: 0,
        open: 0,
        fresh: 0,
        retrying: 0,
        conduct: Known::default(),
    };
    tx.state.apps.entry(app).or_insert_with(fresh);
    tx.state.unswept.entry(app).or_default();
    Ok(app)
}

/// Makes an app's credentials if there are none yet, or anew; gives their number, from 1.
pub(crate) fn credentials(tx: &Tx<'_>, app: AppKey, anew: bool) -> Result<u32> {
    tx.state.app(app)?;
    let mut made = tx.conn.prepare_cached("SELECT credentials FROM apps WHERE key = ?1")?;
    let made: u32 = made.query_row([app.0], |row| row.get(0))?;
    if made > 0 && !anew {
        return Ok(made);
    }
    // One count for the store, so that what was given up never comes back, with no app of any name.
    let mut next = tx
        .conn
        .prepare_cached("UPDATE meta SET generation = generation + 1 RETURNING generation")?;
    let number: u32 = next.query_row([], |row| row.get(0))?;
    let update = "UPDATE apps SET credentials = ?2 WHERE key = ?1";
    tx.conn.prepare_cached(update)?.execute(params![app.0, number])?;
    Ok(number)
}

/// Erases an app with all that is its own, and the components that nobody else names; gives those.
pub(crate) fn remove(tx: &mut Tx<'_>, app: AppKey) -> Result<Vec<Digest>> {
    tx.state.app(app)?;
    let mut named = tx.conn.prepare(
        "SELECT component FROM tasks WHERE app = ?1 UNION SELECT component FROM setups WHERE app = ?1",
    )?;
    let named = named.query_map([app.0], |row| row.get(0))?;
    let named = named.collect::<rusqlite::Result<Vec<[u8; 32]>>>()?;
    let newest = "SELECT coalesce(max(seq), 0) FROM runs WHERE app = ?1";
    let newest = tx.conn.query_row(newest, [app.0], |row| row.get(0))?;
    // There is no index of triggers by app: the queue and the runs name all there are.
    tx.conn.execute(
        "DELETE FROM triggers WHERE id IN (SELECT id FROM queue WHERE app = ?1
           UNION SELECT trigger FROM runs WHERE app = ?1)",
        [app.0],
    )?;
    tx.conn.execute(
        "DELETE FROM push_names WHERE channel IN (SELECT key FROM channels WHERE app = ?1)",
        [app.0],
    )?;
    for table in TABLES_OF_AN_APP.into_iter().filter(|table| *table != "triggers") {
        tx.conn.execute(&format!("DELETE FROM {table} WHERE app = ?1"), [app.0])?;
    }
    runs::keep_places(tx.conn, newest)?;
    tx.conn.execute("DELETE FROM apps WHERE key = ?1", [app.0])?;
    let mut gone = Vec::new();
    for digest in named.into_iter().map(Digest) {
        if sweep_component(tx.conn, digest)? {
            gone.push(digest);
        }
    }
    tx.state.forget(app);
    tx.state.addresses = channels::addresses(tx.conn)?;
    tx.state.names = repeat::names(tx.conn)?;
    // The log still has what the tables have not.
    tx.state.erased = true;
    Ok(gone)
}

/// Removes a component if neither a task nor a run names it. Gives whether it went.
pub(crate) fn sweep_component(conn: &Connection, digest: Digest) -> Result<bool> {
    let mut delete = conn.prepare_cached(
        "DELETE FROM components WHERE digest = ?1
         AND NOT EXISTS (SELECT 1 FROM tasks WHERE component = ?1)
         AND NOT EXISTS (SELECT 1 FROM setups WHERE component = ?1)",
    )?;
    Ok(delete.execute([digest.0])? > 0)
}

pub(crate) fn list(conn: &Connection) -> Result<Vec<AppRecord>> {
    select(conn, "TRUE OR ?1", 0)
}

pub(crate) fn by_key(conn: &Connection, key: AppKey) -> Result<Option<AppRecord>> {
    Ok(select(conn, "a.key = ?1", key.0)?.pop())
}

pub(crate) fn by_id(conn: &Connection, id: &AppId) -> Result<Option<AppRecord>> {
    let mut find = conn.prepare_cached("SELECT key FROM apps WHERE id = ?1")?;
    let key = find.query_row([id.as_str()], |row| row.get(0)).optional()?;
    key.map_or(Ok(None), |key| by_key(conn, AppKey(key)))
}

/// Apps by key, from one pass over apps and tasks.
fn select(conn: &Connection, which: &str, key: i64) -> Result<Vec<AppRecord>> {
    let mut select = conn.prepare_cached(&format!(
        "SELECT a.key, a.id, a.version, a.name, a.manifest, a.installed_at, t.name, t.component,
           a.credentials
         FROM apps a LEFT JOIN tasks t ON t.app = a.key WHERE {which} ORDER BY a.key, t.name"
    ))?;
    let mut rows = select.query([key])?;
    let mut apps: Vec<AppRecord> = Vec::new();
    while let Some(row) = rows.next()? {
        let key = AppKey(row.get(0)?);
        if apps.last().is_none_or(|app| app.key != key) {
            apps.push(record(key, row)?);
        }
        if let (Some(app), Some(task)) = (apps.last_mut(), row.get::<_, Option<String>>(6)?) {
            let task = task.parse().map_err(StoreError::corrupt)?;
            app.components.push((task, Digest(row.get(7)?)));
        }
    }
    Ok(apps)
}

fn record(key: AppKey, row: &Row<'_>) -> Result<AppRecord> {
    Ok(AppRecord {
        key,
        id: row.get::<_, String>(1)?.parse().map_err(StoreError::corrupt)?,
        version: row.get(2)?,
        name: row.get(3)?,
        manifest: row.get(4)?,
        components: Vec::new(),
        installed_at: row.get::<_, i64>(5)?.cast_unsigned(),
        credentials: row.get(8)?,
    })
}

pub(crate) fn component(conn: &Connection, digest: Digest) -> Result<Option<Vec<u8>>> {
    let mut select = conn.prepare_cached("SELECT bytes FROM components WHERE digest = ?1")?;
    let bytes: Option<Vec<u8>> = select.query_row([digest.0], |row| row.get(0)).optional()?;
    match bytes {
        Some(bytes) if Digest::of(&bytes) != digest => Err(StoreError::corrupt(format!(
            "component {digest} has other bytes than its name says (install its app again)"
        ))),
        bytes => Ok(bytes),
    }
}

/// Components whose bytes are not those of their digest.
pub(crate) fn forged(conn: &Connection) -> Result<Vec<String>> {
    let mut select = conn.prepare("SELECT digest, bytes FROM components")?;
    let mut rows = select.query([])?;
    let mut forged = Vec::new();
    while let Some(row) = rows.next()? {
        let (named, bytes) = (Digest(row.get(0)?), row.get_ref(1)?);
        if Digest::of(bytes.as_blob().map_err(StoreError::corrupt)?) != named {
            forged.push(named.to_string());
        }
    }
    Ok(forged)
}
