use bugle_task::{Bytes, ResumeWork, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::queue::at;
use crate::writer::Tx;
use crate::{AppKey, Result};

/// The most keys of work that an app may have, by the contract. Beyond, the oldest goes.
const KEYS_MAX: i64 = 64;

fn work(row: &Row<'_>) -> rusqlite::Result<ResumeWork> {
    Ok(ResumeWork { key: row.get(0)?, content: Bytes(row.get(1)?) })
}

/// Leaves work for the app, in place of what it has under the same keys.
pub(crate) fn leave(tx: &Tx<'_>, app: AppKey, left: &[ResumeWork], now: Timestamp) -> Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    let mut write = tx.conn.prepare_cached(
        "INSERT OR REPLACE INTO resume_work (app, key, content, left_at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for work in left {
        write.execute(params![app.0, work.key, work.content.0, at(now)])?;
    }
    let mut trim = tx.conn.prepare_cached(
        "DELETE FROM resume_work WHERE seq IN (SELECT seq FROM resume_work WHERE app = ?1
         ORDER BY seq DESC LIMIT -1 OFFSET ?2)",
    )?;
    trim.execute([app.0, KEYS_MAX])?;
    Ok(())
}

/// The app's work, oldest first.
pub(crate) fn list(conn: &Connection, app: AppKey) -> Result<Vec<ResumeWork>> {
    let mut select =
        conn.prepare_cached("SELECT key, content FROM resume_work WHERE app = ?1 ORDER BY seq")?;
    Ok(select.query_map([app.0], work)?.collect::<rusqlite::Result<_>>()?)
}

/// Hands the app its work, and forgets it.
pub(crate) fn take(tx: &Tx<'_>, app: AppKey) -> Result<Vec<ResumeWork>> {
    let work = list(tx.conn, app)?;
    if !work.is_empty() {
        tx.conn.prepare_cached("DELETE FROM resume_work WHERE app = ?1")?.execute([app.0])?;
    }
    Ok(work)
}
