use std::fmt;
use std::str::FromStr;

use bugle_task::{
    AppId, Dismissal, IdError, Mark, RunId, Timestamp, Toast, ToastEffect, ToastKey, ToastUpdate,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::queue::{at, count};
use crate::runs::{json, parse, run_id};
use crate::writer::Tx;
use crate::{AppKey, Result, StoreError};

/// How long a toast stays if it does not say less: 3 days, by the contract.
pub const TOAST_AGE_MS_MAX: u64 = 3 * 24 * 60 * 60 * 1_000;

/// The stable name of a toast: `toast-17.1.0` is the first effect of `run-17.1`. A sink that sees
/// an event twice knows it by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ToastId {
    /// The run that raised it.
    pub run: RunId,
    /// Its place among the run's toast effects, from 0.
    pub index: u32,
}

/// Something that sinks show: read in the order of `seq`, behind a cursor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ToastEvent {
    /// Its place among all events; never given twice.
    pub seq: u64,
    /// Whose it is.
    pub app: AppKey,
    /// Whose it is, for people.
    pub app_id: AppId,
    /// When it was committed.
    pub at: Timestamp,
    /// What happened.
    pub change: ToastChange,
}

/// What happened to an app's toasts or its badge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ToastChange {
    /// A toast was raised.
    Show {
        /// Its stable name.
        id: ToastId,
        /// The toast.
        toast: Toast,
        /// The toast of the same tag and group that it replaces.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<ToastId>,
    },
    /// A toast was changed.
    Update {
        /// Its stable name.
        id: ToastId,
        /// The toast as it is now, whole.
        toast: Toast,
    },
    /// A toast was taken away.
    Hide {
        /// Its stable name.
        id: ToastId,
        /// Its tag and group.
        key: ToastKey,
        /// Why.
        reason: Dismissal,
    },
    /// The badge changed.
    Badge {
        /// What it is now; none if it was cleared.
        mark: Option<Mark>,
    },
}

impl fmt::Display for ToastId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "toast-{}.{}.{}", self.run.trigger.0, self.run.claim, self.index)
    }
}

impl FromStr for ToastId {
    type Err = IdError;

    fn from_str(text: &str) -> std::result::Result<Self, IdError> {
        let parse = || {
            let (run, index) = text.strip_prefix("toast-")?.rsplit_once('.')?;
            Some(Self { run: run.parse().ok()?, index: index.parse().ok()? })
        };
        parse().ok_or_else(|| IdError::new("a toast's id", text, "like `toast-17.1.0`"))
    }
}

impl ToastChange {
    fn kind(&self) -> &'static str {
        match self {
            Self::Show { .. } => "show",
            Self::Update { .. } => "update",
            Self::Hide { .. } => "hide",
            Self::Badge { .. } => "badge",
        }
    }
}

/// Keeps an event for the sinks.
fn emit(
    tx: &Tx<'_>,
    app: AppKey,
    change: ToastChange,
    now: Timestamp,
    events: &mut Vec<ToastEvent>,
) -> Result<()> {
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO toast_events (app, kind, change, at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let seq = insert.insert(params![app.0, change.kind(), json(&change)?, at(now)])?;
    let app_id = tx.state.app(app)?.id.clone();
    events.push(ToastEvent { seq: seq.cast_unsigned(), app, app_id, at: now, change });
    Ok(())
}

/// Does what a run did to the app's toasts.
pub(crate) fn apply(
    tx: &Tx<'_>,
    app: AppKey,
    id: ToastId,
    effect: ToastEffect,
    now: Timestamp,
    events: &mut Vec<ToastEvent>,
) -> Result<()> {
    match effect {
        ToastEffect::Show { toast } => show(tx, app, id, toast, now, events),
        ToastEffect::Update { key, sequence, change } => {
            update(tx, app, &key, sequence, change, now, events)
        }
        ToastEffect::Hide { key } => hide(tx, app, &key, now, events),
    }
}

fn show(
    tx: &Tx<'_>,
    app: AppKey,
    id: ToastId,
    toast: Toast,
    now: Timestamp,
    events: &mut Vec<ToastEvent>,
) -> Result<()> {
    let mut replaces = None;
    if toast.tag.is_some() {
        let mut delete = tx.conn.prepare_cached(
            "DELETE FROM toasts WHERE app = ?1 AND tag = ?2 AND grp IS ?3
             RETURNING trigger, claim, place",
        )?;
        let key = params![app.0, toast.tag, toast.group];
        replaces = delete.query_row(key, |row| Ok(toast_id(row))).optional()?.transpose()?;
    }
    let age = toast.expires_after_ms.map_or(TOAST_AGE_MS_MAX, u64::from).min(TOAST_AGE_MS_MAX);
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO toasts
           (app, trigger, claim, place, tag, grp, toast, shown_at, expires_at, sequence)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
    )?;
    insert.execute(params![
        app.0,
        id.run.trigger.0.cast_signed(),
        id.run.claim,
        id.index,
        toast.tag,
        toast.group,
        json(&toast)?,
        at(now),
        at(now.saturating_add(age)),
    ])?;
    emit(tx, app, ToastChange::Show { id, toast, replaces }, now, events)
}

fn update(
    tx: &Tx<'_>,
    app: AppKey,
    key: &ToastKey,
    sequence: u32,
    change: ToastUpdate,
    now: Timestamp,
    events: &mut Vec<ToastEvent>,
) -> Result<()> {
    // With no tag there is no one toast to change.
    if key.tag.is_none() {
        return Ok(());
    }
    let mut select = tx.conn.prepare_cached(
        "SELECT trigger, claim, place, toast, key FROM toasts
         WHERE app = ?1 AND tag = ?2 AND grp IS ?3 AND (?4 = 0 OR sequence < ?4)",
    )?;
    let found = select.query_row(params![app.0, key.tag, key.group, sequence], |row| {
        Ok((toast_id(row), row.get::<_, String>(3)?, row.get::<_, i64>(4)?))
    });
    let Some((id, toast, row)) = found.optional()? else { return Ok(()) };
    let mut toast: Toast = parse(&toast)?;
    toast.title = change.title.unwrap_or(toast.title);
    toast.body = change.body.unwrap_or(toast.body);
    toast.progress = change.progress.or(toast.progress);
    let mut write = tx.conn.prepare_cached(
        "UPDATE toasts SET toast = ?2, sequence = max(sequence, ?3) WHERE key = ?1",
    )?;
    write.execute(params![row, json(&toast)?, sequence])?;
    emit(tx, app, ToastChange::Update { id: id?, toast }, now, events)
}

fn hide(
    tx: &Tx<'_>,
    app: AppKey,
    key: &ToastKey,
    now: Timestamp,
    events: &mut Vec<ToastEvent>,
) -> Result<()> {
    let mut delete = tx.conn.prepare_cached(
        "DELETE FROM toasts WHERE app = ?1 AND CASE
           WHEN ?2 IS NOT NULL THEN tag = ?2 AND grp IS ?3
           WHEN ?3 IS NOT NULL THEN grp = ?3
           ELSE true END
         RETURNING trigger, claim, place, tag, grp",
    )?;
    let mut rows = delete.query(params![app.0, key.tag, key.group])?;
    let mut hidden = Vec::new();
    while let Some(row) = rows.next()? {
        hidden.push((toast_id(row)?, ToastKey { tag: row.get(3)?, group: row.get(4)? }));
    }
    for (id, key) in hidden {
        let change = ToastChange::Hide { id, key, reason: Dismissal::ByApp };
        emit(tx, app, change, now, events)?;
    }
    Ok(())
}

/// Takes one toast away: somebody put it away, or chose it. None if it is not there any more.
pub(crate) fn hide_one(
    tx: &Tx<'_>,
    id: ToastId,
    reason: Dismissal,
    now: Timestamp,
) -> Result<Option<ToastEvent>> {
    let mut delete = tx.conn.prepare_cached(
        "DELETE FROM toasts WHERE trigger = ?1 AND claim = ?2 AND place = ?3
         RETURNING app, tag, grp",
    )?;
    let name = params![id.run.trigger.0.cast_signed(), id.run.claim, id.index];
    let found = delete.query_row(name, |row| {
        Ok((AppKey(row.get(0)?), ToastKey { tag: row.get(1)?, group: row.get(2)? }))
    });
    let Some((app, key)) = found.optional()? else { return Ok(None) };
    let mut events = Vec::new();
    emit(tx, app, ToastChange::Hide { id, key, reason }, now, &mut events)?;
    Ok(events.pop())
}

/// Takes toasts away whose time is up. One that is not there any more is left out.
pub(crate) fn expire(tx: &Tx<'_>, due: Vec<ToastId>, now: Timestamp) -> Result<Vec<ToastEvent>> {
    let hide = |id| hide_one(tx, id, Dismissal::Expired, now).transpose();
    due.into_iter().filter_map(hide).collect()
}

/// Sets the badge, if it is another than before.
pub(crate) fn set_badge(
    tx: &Tx<'_>,
    app: AppKey,
    mark: Option<Mark>,
    now: Timestamp,
    events: &mut Vec<ToastEvent>,
) -> Result<()> {
    let mark = mark.filter(|mark| *mark != Mark::Number(0));
    if badge(tx.conn, app)? == mark {
        return Ok(());
    }
    match &mark {
        Some(mark) => {
            let write = "INSERT OR REPLACE INTO badges (app, mark) VALUES (?1, ?2)";
            tx.conn.prepare_cached(write)?.execute(params![app.0, json(mark)?])?;
        }
        None => {
            tx.conn.prepare_cached("DELETE FROM badges WHERE app = ?1")?.execute([app.0])?;
        }
    }
    emit(tx, app, ToastChange::Badge { mark }, now, events)
}

pub(crate) fn badge(conn: &Connection, app: AppKey) -> Result<Option<Mark>> {
    let mut select = conn.prepare_cached("SELECT mark FROM badges WHERE app = ?1")?;
    let mark: Option<String> = select.query_row([app.0], |row| row.get(0)).optional()?;
    mark.as_deref().map(parse).transpose()
}

/// The toast that a row's first three columns name.
pub(crate) fn toast_id(row: &Row<'_>) -> Result<ToastId> {
    Ok(ToastId { run: run_id(row)?, index: row.get(2)? })
}

pub(crate) fn shown_since(
    conn: &Connection,
    app: AppKey,
    since: Timestamp,
) -> Result<Vec<Timestamp>> {
    let mut select = conn.prepare_cached(
        "SELECT at FROM toast_events WHERE app = ?1 AND at >= ?2 AND kind = 'show' ORDER BY at",
    )?;
    let rows =
        select.query_map([app.0, at(since)], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn events_after(conn: &Connection, seq: u64, limit: usize) -> Result<Vec<ToastEvent>> {
    let mut select = conn.prepare_cached(
        "SELECT seq, app, id, at, change FROM toast_events e JOIN apps a ON a.key = e.app
         WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = select.query([at(seq), count(limit)])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(ToastEvent {
            seq: row.get::<_, i64>(0)?.cast_unsigned(),
            app: AppKey(row.get(1)?),
            app_id: row.get::<_, String>(2)?.parse().map_err(StoreError::corrupt)?,
            at: row.get::<_, i64>(3)?.cast_unsigned(),
            change: parse(&row.get::<_, String>(4)?)?,
        });
    }
    Ok(events)
}

pub(crate) fn newest_event(conn: &Connection) -> Result<u64> {
    let newest = "SELECT seq FROM sqlite_sequence WHERE name = 'toast_events'";
    let seq = conn.prepare_cached(newest)?.query_row([], |row| row.get::<_, i64>(0)).optional()?;
    Ok(seq.unwrap_or(0).cast_unsigned())
}

pub(crate) fn events_left(conn: &Connection, seq: u64) -> Result<u64> {
    let mut select = conn.prepare_cached("SELECT count(*) FROM toast_events WHERE seq > ?1")?;
    Ok(select.query_row([at(seq)], |row| row.get::<_, i64>(0))?.cast_unsigned())
}

/// Notes how far a sink has come. It never goes back, and never ahead of the events.
pub(crate) fn set_cursor(tx: &Tx<'_>, sink: &str, seq: u64) -> Result<()> {
    let mut write = tx.conn.prepare_cached(
        "INSERT INTO cursors (sink, seq) VALUES (?1, min(?2, coalesce(
           (SELECT seq FROM sqlite_sequence WHERE name = 'toast_events'), 0)))
         ON CONFLICT (sink) DO UPDATE SET seq = max(seq, excluded.seq)",
    )?;
    write.execute(params![sink, at(seq)])?;
    Ok(())
}

pub(crate) fn cursor(conn: &Connection, sink: &str) -> Result<u64> {
    let mut select = conn.prepare_cached("SELECT seq FROM cursors WHERE sink = ?1")?;
    let seq = select.query_row([sink], |row| row.get::<_, i64>(0)).optional()?;
    Ok(seq.unwrap_or(0).cast_unsigned())
}
