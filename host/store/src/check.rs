use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::apps::{self, TABLES_OF_AN_APP};

/// Something in the tables that must not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Violation {
    /// The invariant's number.
    pub invariant: u32,
    /// The invariant, and what breaks it.
    pub what: String,
}

/// The most rows that are named for each invariant.
const NAMED_MAX: usize = 10;

/// Each invariant: its number, which never changes, what must be, and a query for what breaks it.
const INVARIANTS: &[(u32, &str, &str)] = &[
    (
        3,
        "what is in the queue has what it carries",
        "SELECT id FROM queue WHERE id NOT IN (SELECT id FROM triggers)",
    ),
    (
        4,
        "a trigger is kept only for the queue or for its runs",
        "SELECT id FROM triggers WHERE id NOT IN (SELECT id FROM queue)
         AND id NOT IN (SELECT trigger FROM runs)",
    ),
    (
        5,
        "a queued trigger is waiting, claimed or dead, and says who claimed it and why it is dead",
        "SELECT id FROM queue WHERE state NOT IN (0, 1, 2) OR (state = 1) <> (claimed_by IS NOT NULL)
         OR (state = 2) <> (dead_reason IS NOT NULL AND dead_message IS NOT NULL
                            AND dead_at IS NOT NULL)",
    ),
    (
        6,
        "only the newest incarnation has claims",
        "SELECT id FROM queue WHERE claimed_by <> (SELECT incarnation FROM meta)",
    ),
    (
        7,
        "attempts are claims less pardons, and no more than there may be",
        "SELECT q.id FROM queue q JOIN triggers USING (id)
         WHERE pardons > claims OR claims - pardons > attempts_max
         OR (state = 1 AND claims = pardons)
         OR (state = 0 AND claims - pardons >= attempts_max)",
    ),
    (
        8,
        "a run has its trigger, of the same app, and was claimed",
        "SELECT r.seq FROM runs r LEFT JOIN triggers t ON t.id = r.trigger
         WHERE t.app IS NOT r.app OR r.claim < 1 OR r.attempt < 1 OR r.attempt > t.attempts_max",
    ),
    (
        9,
        "a run has its setup, of the same app",
        "SELECT r.seq FROM runs r LEFT JOIN setups s ON s.id = r.setup WHERE s.app IS NOT r.app",
    ),
    (
        10,
        "a component that a task or a run names is there",
        "SELECT hex(component) FROM (SELECT component FROM tasks UNION SELECT component FROM setups)
         WHERE component NOT IN (SELECT digest FROM components)",
    ),
    (
        11,
        "a completed trigger is in the queue no more, and completed once",
        "SELECT trigger FROM runs WHERE outcome = 'completed' AND trigger IN (SELECT id FROM queue)
         UNION ALL SELECT trigger FROM runs WHERE outcome = 'completed' GROUP BY trigger
         HAVING count(*) > 1",
    ),
    (
        12,
        "no setting and no run is ahead of its app's last change",
        "SELECT s.app FROM (SELECT app, max(since) AS last FROM settings GROUP BY app
           UNION ALL SELECT app, max(change_before) FROM runs GROUP BY app) s
         WHERE last > coalesce((SELECT change FROM changes c WHERE c.app = s.app), 0)",
    ),
    (
        13,
        "an app has one live toast of a tag and a group",
        "SELECT min(key) FROM toasts WHERE tag IS NOT NULL GROUP BY app, tag, grp
         HAVING count(*) > 1",
    ),
    (
        14,
        "an app has at most 64 keys of work",
        "SELECT app FROM resume_work GROUP BY app HAVING count(*) > 64",
    ),
    (
        15,
        "no cursor is ahead of the events",
        "SELECT sink FROM cursors
         WHERE seq > coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'toast_events'), 0)",
    ),
    (
        16,
        "only what waits or is claimed is a suspect",
        "SELECT id FROM queue WHERE suspect NOT IN (0, 1) OR (suspect = 1 AND state = 2)",
    ),
    (
        17,
        "while there are suspects, at most one trigger is claimed",
        "SELECT count(*) FROM queue WHERE state = 1 AND EXISTS (SELECT 1 FROM queue WHERE suspect = 1)
         HAVING count(*) > 1",
    ),
    (
        18,
        "a push is remembered by its name only while its channel is there",
        "SELECT trigger FROM push_names WHERE channel NOT IN (SELECT key FROM channels)",
    ),
    (
        19,
        "what waits is held back if its task is paused, and only then",
        "SELECT q.id FROM queue q JOIN triggers t USING (id)
         WHERE q.state = 0 AND (q.ready_at = 9223372036854775807) <> EXISTS (
           SELECT 1 FROM conduct c
           WHERE c.app = q.app AND c.task = t.task AND c.paused_at IS NOT NULL)",
    ),
];

/// Looks for whatever must not be.
pub(crate) fn check(conn: &Connection) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    let mut look = |invariant: u32, rule: &str, sql: &str, sound: &str| -> Result<()> {
        let mut select = conn.prepare(sql)?;
        let mut rows = select.query([])?;
        let mut named = Vec::new();
        while let Some(row) = rows.next()? {
            let text = match row.get_ref(0)? {
                rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                other => format!("{other:?}"),
            };
            if text != sound && named.len() < NAMED_MAX {
                named.push(text);
            }
        }
        if !named.is_empty() {
            let what = format!("{rule}: {}", named.join(", "));
            violations.push(Violation { invariant, what });
        }
        Ok(())
    };
    look(1, "the database's own structures are sound", "PRAGMA integrity_check", "ok")?;
    for table in TABLES_OF_AN_APP {
        let sql = format!(
            "SELECT DISTINCT '{table} of app ' || app FROM {table}
             WHERE app NOT IN (SELECT key FROM apps)"
        );
        look(2, "every row of an app has its app", &sql, "")?;
    }
    for (invariant, rule, sql) in INVARIANTS {
        look(*invariant, rule, sql, "")?;
    }
    let forged = apps::forged(conn)?;
    if !forged.is_empty() {
        let what = format!("a component's bytes are those of its digest: {}", forged.join(", "));
        violations.push(Violation { invariant: 20, what });
    }
    Ok(violations)
}
