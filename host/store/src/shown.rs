//! Toasts and badges that are to be seen now.

use bugle_task::{AppId, Mark, Timestamp, Toast, ToastKey};
use rusqlite::{Connection, Row, ToSql, params};
use serde::{Deserialize, Serialize};

use crate::queue::{at, count};
use crate::runs::parse;
use crate::toasts::toast_id;
use crate::{AppKey, Result, StoreError, ToastId};

/// A toast that is to be seen now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LiveToast {
    /// Its stable name.
    pub id: ToastId,
    /// Whose it is.
    pub app: AppKey,
    /// Whose it is, for people.
    pub app_id: AppId,
    /// The toast, updates included.
    pub toast: Toast,
    /// When it was committed.
    pub shown_at: Timestamp,
    /// When it goes by itself.
    pub expires_at: Timestamp,
    /// The number of the last update that was applied.
    pub sequence: u32,
}

/// The most toasts that go at once, so that a flood of them does not hold the writer.
pub const DUE_TOASTS_MAX: usize = 256;

/// A place among the toasts whose time is up. The default one is before all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DuePlace {
    expires_at: i64,
    key: i64,
}

/// A toast whose time is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueToast {
    /// Its place among them.
    pub place: DuePlace,
    /// Its stable name.
    pub id: ToastId,
    /// Whose it is.
    pub app: AppKey,
    /// Its tag and group.
    pub key: ToastKey,
}

const SELECT: &str = "SELECT trigger, claim, place, app, id, toast, shown_at, expires_at, sequence
  FROM toasts t JOIN apps a ON a.key = t.app";

/// Those of an app, or of all, oldest first.
pub(crate) fn toasts(conn: &Connection, app: Option<AppKey>) -> Result<Vec<LiveToast>> {
    // One text for each, so that those of an app are found by its index.
    match app {
        Some(app) => select(conn, "WHERE app = ?1 ORDER BY t.key", params![app.0]),
        None => select(conn, "ORDER BY t.key", params![]),
    }
}

/// The newest of all apps, newest first.
pub(crate) fn newest(conn: &Connection, limit: usize) -> Result<Vec<LiveToast>> {
    select(conn, "ORDER BY t.key DESC LIMIT ?1", params![count(limit)])
}

/// Those whose time is up behind a place, first those that it was up for first.
pub(crate) fn due(conn: &Connection, now: Timestamp, after: DuePlace) -> Result<Vec<DueToast>> {
    let mut select = conn.prepare_cached(
        "SELECT trigger, claim, place, app, tag, grp, expires_at, key FROM toasts
         WHERE expires_at <= ?1 AND (expires_at, key) > (?2, ?3)
         ORDER BY expires_at, key LIMIT ?4",
    )?;
    let DuePlace { expires_at, key } = after;
    let mut rows = select.query(params![at(now), expires_at, key, count(DUE_TOASTS_MAX)])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        let key = ToastKey { tag: row.get(4)?, group: row.get(5)? };
        let place = DuePlace { expires_at: row.get(6)?, key: row.get(7)? };
        due.push(DueToast { place, id: toast_id(row)?, app: AppKey(row.get(3)?), key });
    }
    Ok(due)
}

/// One toast, if it is still there.
pub(crate) fn toast(conn: &Connection, id: ToastId) -> Result<Option<LiveToast>> {
    let which = "WHERE trigger = ?1 AND claim = ?2 AND place = ?3";
    let name = params![id.run.trigger.0.cast_signed(), id.run.claim, id.index];
    Ok(select(conn, which, name)?.pop())
}

fn select(conn: &Connection, which: &str, of: &[&dyn ToSql]) -> Result<Vec<LiveToast>> {
    let mut select = conn.prepare_cached(&format!("{SELECT} {which}"))?;
    let mut rows = select.query(of)?;
    let mut toasts = Vec::new();
    while let Some(row) = rows.next()? {
        toasts.push(live(row)?);
    }
    Ok(toasts)
}

fn live(row: &Row<'_>) -> Result<LiveToast> {
    Ok(LiveToast {
        id: toast_id(row)?,
        app: AppKey(row.get(3)?),
        app_id: row.get::<_, String>(4)?.parse().map_err(StoreError::corrupt)?,
        toast: parse(&row.get::<_, String>(5)?)?,
        shown_at: row.get::<_, i64>(6)?.cast_unsigned(),
        expires_at: row.get::<_, i64>(7)?.cast_unsigned(),
        sequence: row.get(8)?,
    })
}

/// Badges of apps that have one, by the names of the apps.
pub(crate) fn badges(conn: &Connection, limit: usize) -> Result<Vec<(AppId, Mark)>> {
    let mut select = conn.prepare_cached(
        "SELECT id, mark FROM badges b JOIN apps a ON a.key = b.app ORDER BY id LIMIT ?1",
    )?;
    let mut rows = select.query([count(limit)])?;
    let mut badges = Vec::new();
    while let Some(row) = rows.next()? {
        let app = row.get::<_, String>(0)?.parse().map_err(StoreError::corrupt)?;
        badges.push((app, parse(&row.get::<_, String>(1)?)?));
    }
    Ok(badges)
}
