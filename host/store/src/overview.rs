//! What is seen of much at a glance: a part of it that does not grow with it.

use std::collections::HashMap;

use bugle_task::{AppId, Name, Timestamp, TriggerId, TriggerKind};
use rusqlite::{Connection, params};
use serde::Serialize;

use crate::queue::{at, count};
use crate::summary::Waiting;
use crate::{Activity, AppKey, Result, StoreError};

/// A trigger that waits, or whose run goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Queued {
    /// The trigger.
    pub id: TriggerId,
    /// Whose it is.
    pub app: AppId,
    /// What it wakes.
    pub task: Name,
    /// What it is.
    pub kind: TriggerKind,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Whether a worker has it.
    pub is_claimed: bool,
}

/// What an app has in its queue, and how many of its tasks are paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each says itself")]
pub struct Pressure {
    pub app: AppId,
    /// What waits, or whose run goes on.
    pub waiting: u64,
    pub dead: u64,
    pub paused: u64,
}

/// How it is with each app, by id, from one pass over the queue.
pub(crate) fn pressure(conn: &Connection) -> Result<Vec<Pressure>> {
    let mut select = conn.prepare_cached(
        "SELECT a.id, coalesce(q.waiting, 0), coalesce(q.dead, 0), coalesce(c.paused, 0) FROM apps a
         LEFT JOIN (SELECT app, count(*) FILTER (WHERE state < 2) AS waiting,
             count(*) FILTER (WHERE state = 2) AS dead FROM queue GROUP BY app) q ON q.app = a.key
         LEFT JOIN (SELECT app, count(*) AS paused FROM conduct WHERE paused_at IS NOT NULL GROUP BY app) c
           ON c.app = a.key
         ORDER BY a.id",
    )?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
        let app = row.get::<_, String>(0)?.parse().map_err(StoreError::corrupt)?;
        all.push(Pressure { app, waiting: number(1)?, dead: number(2)?, paused: number(3)? });
    }
    Ok(all)
}

/// What waits for some apps, or goes on, and how many dead letters they have; of those that have any. From
/// one pass over the queue, which has no index of all of it: pushes would pay for that.
pub(crate) fn queues_of(conn: &Connection, apps: &[AppKey]) -> Result<HashMap<AppKey, (u64, u64)>> {
    let keys: Vec<i64> = apps.iter().map(|app| app.0).collect();
    let keys = serde_json::to_string(&keys).map_err(StoreError::corrupt)?;
    let mut select = conn.prepare_cached(
        "SELECT app, count(*) FILTER (WHERE state < 2), count(*) FILTER (WHERE state = 2) FROM queue
         WHERE app IN (SELECT value FROM json_each(?1)) GROUP BY app",
    )?;
    let mut rows = select.query([keys])?;
    let mut queues = HashMap::new();
    while let Some(row) = rows.next()? {
        let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
        queues.insert(AppKey(row.get(0)?), (number(1)?, number(2)?));
    }
    Ok(queues)
}

/// What all apps have in their queues.
pub(crate) fn queues(conn: &Connection) -> Result<Waiting> {
    let mut select = conn.prepare_cached(
        "SELECT count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1),
           count(*) FILTER (WHERE state = 2), coalesce(sum(bytes) FILTER (WHERE state < 2), 0)
         FROM queue",
    )?;
    Ok(select.query_row([], |row| {
        let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
        Ok(Waiting {
            waiting: number(0)?,
            claimed: number(1)?,
            dead: number(2)?,
            bytes: number(3)?,
        })
    })?)
}

/// What came last and has not ended, newest first.
pub(crate) fn queued(conn: &Connection, limit: usize) -> Result<Vec<Queued>> {
    let mut select = conn.prepare_cached(
        "SELECT q.id, a.id, t.task, json_extract(t.head, '$.kind'), t.accepted_at, q.state = 1
         FROM queue q JOIN triggers t ON t.id = q.id JOIN apps a ON a.key = q.app
         WHERE q.state < 2 ORDER BY q.id DESC LIMIT ?1",
    )?;
    let mut rows = select.query([count(limit)])?;
    let mut queued = Vec::new();
    while let Some(row) = rows.next()? {
        let unknown = |()| StoreError::corrupt("a trigger of an unknown kind");
        queued.push(Queued {
            id: TriggerId(row.get::<_, i64>(0)?.cast_unsigned()),
            app: row.get::<_, String>(1)?.parse().map_err(StoreError::corrupt)?,
            task: row.get::<_, String>(2)?.parse().map_err(StoreError::corrupt)?,
            kind: row.get::<_, String>(3)?.parse().map_err(unknown)?,
            accepted_at: row.get::<_, i64>(4)?.cast_unsigned(),
            is_claimed: row.get(5)?,
        });
    }
    Ok(queued)
}

/// Apps whose id or name has a text, by id, after one of them.
pub(crate) fn apps(
    conn: &Connection,
    text: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<AppKey>> {
    let mut select = conn.prepare_cached(
        "SELECT key FROM apps WHERE id > ?2 AND (instr(id, ?1) > 0 OR instr(lower(name), ?1) > 0)
         ORDER BY id LIMIT ?3",
    )?;
    let keys = select.query_map(params![text.to_lowercase(), after, count(limit)], |row| {
        Ok(AppKey(row.get(0)?))
    })?;
    Ok(keys.collect::<rusqlite::Result<_>>()?)
}

/// Channels that are open, those that were pushed to last first.
pub(crate) fn open_channels(
    conn: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<(AppId, Name)>> {
    let mut select = conn.prepare_cached(
        "SELECT a.id, c.name FROM channels c JOIN apps a ON a.key = c.app
         WHERE c.closed_at IS NULL AND c.expires_at > ?1 ORDER BY c.pushed_at DESC LIMIT ?2",
    )?;
    let mut rows = select.query(params![at(now), count(limit)])?;
    let mut channels = Vec::new();
    while let Some(row) = rows.next()? {
        let app = row.get::<_, String>(0)?.parse().map_err(StoreError::corrupt)?;
        channels.push((app, row.get::<_, String>(1)?.parse().map_err(StoreError::corrupt)?));
    }
    Ok(channels)
}

/// What the kept runs of an app came to since a moment, in steps of so many milliseconds; the first step
/// begins at that moment.
pub(crate) fn history(
    conn: &Connection,
    app: AppKey,
    since: Timestamp,
    step_ms: u64,
    steps: usize,
) -> Result<Vec<Activity>> {
    let mut select = conn.prepare_cached(
        "SELECT (ended_at - ?2) / ?3, count(*), sum(outcome <> 'completed'),
           sum(coalesce(json_extract(report, '$.usage.fuel'), 0))
         FROM runs WHERE app = ?1 AND ended_at >= ?2 GROUP BY 1",
    )?;
    let mut rows = select.query(params![app.0, at(since), at(step_ms)])?;
    let mut history = vec![Activity::default(); steps];
    while let Some(row) = rows.next()? {
        let number = |at| -> Result<u64> { Ok(row.get::<_, i64>(at)?.cast_unsigned()) };
        let step = usize::try_from(number(0)?).ok().and_then(|step| history.get_mut(step));
        if let Some(step) = step {
            *step = Activity { runs: number(1)?, failures: number(2)?, fuel: number(3)? };
        }
    }
    Ok(history)
}
