use std::collections::BTreeMap;

use bugle_task::{Settings, Value, check_path};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::queue::count;
use crate::runs::{json, parse};
use crate::writer::Tx;
use crate::{AppKey, Result, StoreError};

/// The path of the settings' version: no real path is empty.
const VERSION: &str = "";

/// Changes in the form of the tables; refuses paths that cannot be.
pub(crate) fn encode(
    changes: BTreeMap<String, Option<Value>>,
) -> Result<Vec<(String, Option<String>)>> {
    let encode = |(path, value): (String, Option<Value>)| -> Result<_> {
        check_path(&path)
            .map_err(|error| StoreError::invalid(format!("the setting `{path}`: {error}")))?;
        Ok((path, value.as_ref().map(json).transpose()?))
    };
    changes.into_iter().map(encode).collect()
}

/// Writes one change of settings, under the app's next number. [`keep_change`] makes the number
/// itself durable.
pub(crate) fn write(
    tx: &mut Tx<'_>,
    app: AppKey,
    changes: &[(String, Option<String>)],
    version: Option<u32>,
) -> Result<u64> {
    let state = tx.state.app_mut(app)?;
    state.change += 1;
    let change = state.change;
    let mut insert = tx
        .conn
        .prepare_cached("INSERT INTO settings (app, path, since, value) VALUES (?1, ?2, ?3, ?4)")?;
    for (path, value) in changes {
        insert.execute(params![app.0, path, change.cast_signed(), value])?;
    }
    if let Some(version) = version {
        insert.execute(params![app.0, VERSION, change.cast_signed(), version.to_string()])?;
    }
    Ok(change)
}

/// Makes the number of the app's last change durable.
pub(crate) fn keep_change(tx: &Tx<'_>, app: AppKey) -> Result<()> {
    let change = tx.state.app(app)?.change.cast_signed();
    let mut update =
        tx.conn.prepare_cached("INSERT OR REPLACE INTO changes (app, change) VALUES (?1, ?2)")?;
    update.execute([app.0, change])?;
    Ok(())
}

/// The number of the app's last change; 0 if there was none.
pub(crate) fn last_change(conn: &Connection, app: AppKey) -> Result<u64> {
    let mut select = conn.prepare_cached("SELECT change FROM changes WHERE app = ?1")?;
    let change = select.query_row([app.0], |row| row.get::<_, i64>(0)).optional()?;
    Ok(change.unwrap_or(0).cast_unsigned())
}

/// The app's settings as they were after a change.
pub(crate) fn at_change(conn: &Connection, app: AppKey, change: u64) -> Result<Settings> {
    let mut value = conn.prepare_cached(
        "SELECT value FROM settings WHERE app = ?1 AND path = ?2 AND since <= ?3
         ORDER BY since DESC LIMIT 1",
    )?;
    let mut value_of = |path: &str| -> Result<Option<String>> {
        let params = params![app.0, path, change.cast_signed()];
        Ok(value.query_row(params, |row| row.get(0)).optional()?.flatten())
    };
    let version = value_of(VERSION)?.as_deref().map(parse).transpose()?.unwrap_or(0);
    let mut values = BTreeMap::new();
    for path in paths(conn, app)? {
        if let Some(value) = value_of(&path)? {
            values.insert(path, parse(&value)?);
        }
    }
    Ok(Settings::new(version, values))
}

/// What one change did to each setting, the version left out.
pub(crate) fn of_change(
    conn: &Connection,
    app: AppKey,
    change: u64,
) -> Result<BTreeMap<String, Option<Value>>> {
    let mut value = conn
        .prepare_cached("SELECT value FROM settings WHERE app = ?1 AND path = ?2 AND since = ?3")?;
    let mut changes = BTreeMap::new();
    for path in paths(conn, app)? {
        let params = params![app.0, path, change.cast_signed()];
        if let Some(value) =
            value.query_row(params, |row| row.get::<_, Option<String>>(0)).optional()?
        {
            changes.insert(path, value.as_deref().map(parse).transpose()?);
        }
    }
    Ok(changes)
}

/// The paths of an app's settings, present and former.
fn paths(conn: &Connection, app: AppKey) -> Result<Vec<String>> {
    // From path to path, since a setting that changes often has many rows.
    let mut next = conn.prepare_cached(
        "SELECT path FROM settings WHERE app = ?1 AND path > ?2 ORDER BY path LIMIT 1",
    )?;
    let mut paths: Vec<String> = Vec::new();
    loop {
        let last = paths.last().map_or(VERSION, String::as_str);
        let Some(path) = next.query_row(params![app.0, last], |row| row.get(0)).optional()? else {
            return Ok(paths);
        };
        paths.push(path);
    }
}

/// Removes what no kept run and no run to come can read: rows that another of the same path
/// replaced by `floor`, and removals that nothing precedes. Gives how many went.
pub(crate) fn sweep(conn: &Connection, app: AppKey, floor: u64, at_most: usize) -> Result<usize> {
    let mut delete = conn.prepare_cached(
        "DELETE FROM settings WHERE (app, path, since) IN (
           SELECT s.app, s.path, s.since FROM settings s WHERE s.app = ?1 AND s.since <= ?2 AND (
             EXISTS (SELECT 1 FROM settings n
                     WHERE n.app = s.app AND n.path = s.path AND n.since > s.since AND n.since <= ?2)
             OR s.value IS NULL AND NOT EXISTS (SELECT 1 FROM settings o
                     WHERE o.app = s.app AND o.path = s.path AND o.since < s.since))
           LIMIT ?3)",
    )?;
    Ok(delete.execute(params![app.0, floor.cast_signed(), count(at_most)])?)
}
