use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::dead::{DeadLetter, DeadReason};
use crate::queue::{Head, count};
use crate::{AppKey, Result, StoreError};

/// What an app has in its queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Waiting {
    /// Triggers that wait for an attempt.
    pub waiting: u64,
    /// Triggers that are claimed.
    pub claimed: u64,
    /// Dead letters.
    pub dead: u64,
    /// The bytes of the contents of what waits or is claimed.
    pub bytes: u64,
}

/// How much there is of everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each says itself")]
pub struct Totals {
    pub apps: u64,
    /// Those that were closed included.
    pub channels: u64,
    pub waiting: u64,
    pub claimed: u64,
    pub dead: u64,
    pub runs: u64,
    /// Those that are to be seen now.
    pub toasts: u64,
    pub components: u64,
    pub component_bytes: u64,
    /// The database, without its log.
    pub disk_bytes: u64,
}

pub(crate) fn waiting(conn: &Connection, app: AppKey) -> Result<Waiting> {
    let mut select = conn.prepare_cached(
        "SELECT state, count(*), coalesce(sum(bytes), 0) FROM queue WHERE app = ?1 GROUP BY state",
    )?;
    let mut rows = select.query([app.0])?;
    let mut waiting = Waiting::default();
    while let Some(row) = rows.next()? {
        let count = row.get::<_, i64>(1)?.cast_unsigned();
        let bytes = row.get::<_, i64>(2)?.cast_unsigned();
        match row.get::<_, i64>(0)? {
            0 => waiting.waiting = count,
            1 => waiting.claimed = count,
            _ => waiting.dead = count,
        }
        if row.get::<_, i64>(0)? < 2 {
            waiting.bytes += bytes;
        }
    }
    Ok(waiting)
}

pub(crate) fn totals(conn: &Connection) -> Result<Totals> {
    let count = |sql: &str| -> Result<u64> {
        Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
    };
    Ok(Totals {
        apps: count("SELECT count(*) FROM apps")?,
        channels: count("SELECT count(*) FROM channels")?,
        waiting: count("SELECT count(*) FROM queue WHERE state = 0")?,
        claimed: count("SELECT count(*) FROM queue WHERE state = 1")?,
        dead: count("SELECT count(*) FROM queue WHERE state = 2")?,
        runs: count("SELECT count(*) FROM runs")?,
        toasts: count("SELECT count(*) FROM toasts")?,
        components: count("SELECT count(*) FROM components")?,
        component_bytes: count("SELECT coalesce(sum(size), 0) FROM components")?,
        disk_bytes: count(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        )?,
    })
}

/// Dead letters, the newest first; at most so many.
pub(crate) fn dead(
    conn: &Connection,
    app: Option<AppKey>,
    limit: Option<usize>,
) -> Result<Vec<DeadLetter>> {
    let mut select = conn.prepare_cached(
        "SELECT q.id, a.id, task, head, content, accepted_at, dead_at, dead_reason, dead_message,
           claims - pardons, crashes
         FROM queue q JOIN triggers t ON t.id = q.id JOIN apps a ON a.key = q.app
         WHERE state = 2 AND (?1 IS NULL OR q.app = ?1) ORDER BY dead_at DESC, q.id DESC
         LIMIT ?2",
    )?;
    let mut rows = select.query(params![app.map(|app| app.0), limit.map_or(i64::MAX, count)])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        let head = row.get_ref(3)?.as_str().map_err(StoreError::corrupt)?;
        letters.push(DeadLetter {
            id: bugle_task::TriggerId(row.get::<_, i64>(0)?.cast_unsigned()),
            app: row.get::<_, String>(1)?.parse().map_err(StoreError::corrupt)?,
            task: row.get::<_, String>(2)?.parse().map_err(StoreError::corrupt)?,
            trigger: Head::join(head, row.get(4)?)?,
            accepted_at: row.get::<_, i64>(5)?.cast_unsigned(),
            dead_at: row.get::<_, i64>(6)?.cast_unsigned(),
            reason: DeadReason::from_code(&row.get::<_, String>(7)?)?,
            message: row.get(8)?,
            attempts: row.get(9)?,
            crashes: row.get(10)?,
        });
    }
    Ok(letters)
}

pub(crate) fn app_count(conn: &Connection) -> Result<u64> {
    let mut select = conn.prepare_cached("SELECT count(*) FROM apps")?;
    Ok(select.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
}
