use rusqlite::Connection;

use crate::{Result, StoreError};

/// `BUGL`, in the header of the file: tells a store from any other database.
const APPLICATION_ID: i64 = 0x4255_474c;

/// The steps from an empty file to the newest schema. Version n is what the first n of them make;
/// a step that was released never changes.
const MIGRATIONS: &[&str] = &[V1, V2, V3, V4, V5, V6];

/// The schema that this crate reads and writes.
#[expect(clippy::cast_possible_wrap, reason = "there are a handful")]
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;

// `queue` is apart from `triggers` so that claiming and ending a trigger touches a row of a few
// bytes, while what a push carries is written once and stays for its runs' sake.
//
// `queue.state` is 0 waiting, 1 claimed, 2 dead. `ready_at` is 0 unless the trigger waits for
// another attempt, so that first attempts are in accept order at the front of `queue_waiting`.
//
// `runs_app` has what retention asks about an app's runs, so that it does not read the runs.
//
// `settings.path` '' is the version of the settings, which no real path can be. The table has row
// ids although its key is the path: an index keeps only 1,000 bytes of a row in its own page, so that
// a value of 1 KB would take a page of 4 KB for itself.
const V1: &str = "
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1), incarnation INTEGER NOT NULL, clean INTEGER NOT NULL,
  stopped_at INTEGER, sqlite TEXT NOT NULL, generation INTEGER NOT NULL) STRICT;
CREATE TABLE apps (
  key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, version TEXT NOT NULL,
  name TEXT NOT NULL, manifest TEXT NOT NULL, installed_at INTEGER NOT NULL) STRICT;
CREATE TABLE tasks (
  app INTEGER NOT NULL, name TEXT NOT NULL, component BLOB NOT NULL,
  PRIMARY KEY (app, name)) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_component ON tasks (component);
CREATE TABLE components (
  key INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, size INTEGER NOT NULL,
  bytes BLOB NOT NULL) STRICT;
CREATE TABLE channels (
  key INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, name TEXT NOT NULL,
  generation INTEGER NOT NULL, opened_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  closed_at INTEGER, hash BLOB NOT NULL UNIQUE, UNIQUE (app, name)) STRICT;
CREATE TABLE triggers (
  id INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, channel INTEGER, task TEXT NOT NULL,
  head TEXT NOT NULL, content BLOB, accepted_at INTEGER NOT NULL,
  attempts_max INTEGER NOT NULL) STRICT;
CREATE TABLE queue (
  id INTEGER PRIMARY KEY, app INTEGER NOT NULL, state INTEGER NOT NULL, ready_at INTEGER NOT NULL,
  expires_at INTEGER, bytes INTEGER NOT NULL, claims INTEGER NOT NULL, pardons INTEGER NOT NULL,
  crashes INTEGER NOT NULL, suspect INTEGER NOT NULL, claimed_by INTEGER, dead_reason TEXT,
  dead_message TEXT, dead_at INTEGER) STRICT;
CREATE INDEX queue_waiting ON queue (app, ready_at) WHERE state = 0;
CREATE INDEX queue_expiring ON queue (expires_at) WHERE state = 0 AND expires_at IS NOT NULL;
CREATE INDEX queue_dead ON queue (dead_at) WHERE state = 2;
CREATE TABLE setups (
  id INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, component BLOB NOT NULL,
  engine_hash TEXT NOT NULL, app_version TEXT NOT NULL, permissions TEXT NOT NULL,
  limits TEXT NOT NULL) STRICT;
CREATE INDEX setups_app ON setups (app);
CREATE INDEX setups_component ON setups (component);
CREATE TABLE runs (
  seq INTEGER PRIMARY KEY, app INTEGER NOT NULL, trigger INTEGER NOT NULL, claim INTEGER NOT NULL,
  attempt INTEGER NOT NULL, setup INTEGER NOT NULL, outcome TEXT NOT NULL,
  started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, seed BLOB NOT NULL,
  change_before INTEGER NOT NULL, badge TEXT, toasts_left INTEGER NOT NULL,
  report TEXT NOT NULL) STRICT;
CREATE INDEX runs_app ON runs (app, seq, setup, change_before);
CREATE UNIQUE INDEX runs_trigger ON runs (trigger, claim);
CREATE TABLE changes (app INTEGER PRIMARY KEY, change INTEGER NOT NULL) STRICT;
CREATE TABLE settings (
  app INTEGER NOT NULL, path TEXT NOT NULL, since INTEGER NOT NULL, value TEXT,
  PRIMARY KEY (app, path, since)) STRICT;
CREATE TABLE toasts (
  key INTEGER PRIMARY KEY, app INTEGER NOT NULL, trigger INTEGER NOT NULL, claim INTEGER NOT NULL,
  place INTEGER NOT NULL, tag TEXT, grp TEXT, toast TEXT NOT NULL, shown_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, sequence INTEGER NOT NULL) STRICT;
CREATE INDEX toasts_named ON toasts (app, tag, grp);
CREATE INDEX toasts_expiring ON toasts (expires_at);
CREATE UNIQUE INDEX toasts_id ON toasts (trigger, claim, place);
CREATE TABLE toast_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, kind TEXT NOT NULL,
  change TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX toast_events_app ON toast_events (app, at);
CREATE TABLE cursors (sink TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE badges (app INTEGER PRIMARY KEY, mark TEXT NOT NULL) STRICT;
CREATE TABLE resume_work (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL, key TEXT NOT NULL,
  content BLOB NOT NULL, left_at INTEGER NOT NULL, UNIQUE (app, key)) STRICT;
INSERT INTO meta VALUES (1, 0, 1, NULL, '', 0);
";

// `channels.protocol` says how senders speak to a channel, `sender_key` whose pushes alone it takes,
// `topic` under which public name it is found, `expiry_told` of which generation the app was told that
// it ends. `apps.credentials` is the number of the app's credentials, from the count that channels'
// generations are from; they are derived, never kept.
//
// `queue.topic` names a waiting push that a later one of the same channel and topic replaces.
const V2: &str = "
ALTER TABLE channels ADD COLUMN protocol TEXT NOT NULL DEFAULT 'plain';
ALTER TABLE channels ADD COLUMN sender_key BLOB;
ALTER TABLE channels ADD COLUMN topic TEXT;
ALTER TABLE channels ADD COLUMN pushes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channels ADD COLUMN pushed_at INTEGER;
ALTER TABLE channels ADD COLUMN pushed_by TEXT;
ALTER TABLE channels ADD COLUMN expiry_told INTEGER NOT NULL DEFAULT 0;
CREATE INDEX channels_ending ON channels (expires_at) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX channels_topic ON channels (topic) WHERE topic IS NOT NULL;
ALTER TABLE apps ADD COLUMN credentials INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN topic TEXT;
CREATE INDEX queue_topic ON queue (app, topic) WHERE topic IS NOT NULL;
";

// `push_names.name` is a digest of what a sender calls a push, and of the address it was sent to;
// `content` one of what it sent.
const V3: &str = "
CREATE TABLE push_names (
  channel INTEGER NOT NULL, name BLOB NOT NULL, content BLOB NOT NULL, trigger INTEGER NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY (channel, name)) STRICT, WITHOUT ROWID;
CREATE INDEX push_names_of ON push_names (channel, at);
CREATE INDEX push_names_old ON push_names (at);
";

// `meta.quotas` are those that the last host held apps to, so that who reads beside it can show them.
//
// `spent.us` is the processor time that an app was charged with in a quarter of an hour, by its number.
//
// `conduct` has the tasks that failed last: how often in a row, and since when they are paused for it.
// What waits for a paused task has the largest `queue.ready_at` there is.
const V4: &str = "
ALTER TABLE meta ADD COLUMN quotas TEXT NOT NULL DEFAULT '{}';
CREATE TABLE spent (
  app INTEGER PRIMARY KEY, quarter INTEGER NOT NULL, us INTEGER NOT NULL) STRICT;
CREATE TABLE conduct (
  app INTEGER NOT NULL, task TEXT NOT NULL, failures INTEGER NOT NULL, paused_at INTEGER,
  PRIMARY KEY (app, task)) STRICT, WITHOUT ROWID;
";

// Runs that did not complete are few among many, and what people look for first.
const V5: &str = "
CREATE INDEX runs_failed ON runs (seq) WHERE outcome <> 'completed';
CREATE INDEX runs_failed_of ON runs (app, seq) WHERE outcome <> 'completed';
";

// `meta.runs_to` is the place of the newest run that there was when the newest went, with its app or for its
// age: none is given again, since who follows the runs would take the next for one that it has seen.
const V6: &str = "
ALTER TABLE meta ADD COLUMN runs_to INTEGER NOT NULL DEFAULT 0;
";

/// What a database file is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing was ever written to it.
    Empty,
    /// A store of this schema version.
    Store(i64),
    /// Somebody else's.
    Foreign,
}

/// Looks at a file without writing to it.
pub(crate) fn kind(conn: &Connection) -> Result<Kind> {
    let read = || -> rusqlite::Result<(i64, i64, i64)> {
        let pragma = |name| conn.pragma_query_value(None, name, |row| row.get(0));
        let tables = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((pragma("application_id")?, pragma("user_version")?, tables))
    };
    match read() {
        Ok((APPLICATION_ID, version, _)) => Ok(Kind::Store(version)),
        Ok((0, 0, 0)) => Ok(Kind::Empty),
        Ok(_) => Ok(Kind::Foreign),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            Ok(Kind::Foreign)
        }
        Err(error) => Err(error.into()),
    }
}

/// Refuses what a newer version has written.
pub(crate) fn check_version(found: i64) -> Result<()> {
    if found > VERSION {
        return Err(StoreError::TooNew { found, known: VERSION });
    }
    Ok(())
}

/// Refuses to read what an older version has written: who opens it for writing brings it up to date.
pub(crate) fn check_is_newest(found: i64) -> Result<()> {
    if found < VERSION {
        return Err(StoreError::TooOld { found, known: VERSION });
    }
    Ok(())
}

/// Brings an empty file or an older schema to [`VERSION`], all in one transaction.
pub(crate) fn migrate(conn: &Connection) -> Result<()> {
    let found = match kind(conn)? {
        Kind::Empty => 0,
        Kind::Store(version) => version,
        Kind::Foreign => return Err(StoreError::corrupt("the file is not a store")),
    };
    check_version(found)?;
    if found == VERSION {
        return Ok(());
    }
    let tx = conn.unchecked_transaction()?;
    for step in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_every_earlier_version_is_brought_to_the_newest() {
        for version in 1..MIGRATIONS.len() {
            let conn = Connection::open_in_memory().expect("memory");
            MIGRATIONS[..version].iter().for_each(|step| {
                conn.execute_batch(step).expect("the step is sound");
            });
            conn.pragma_update(None, "application_id", APPLICATION_ID).expect("it is a number");
            conn.pragma_update(None, "user_version", i64::try_from(version).ok())
                .expect("it is a number");
            conn.execute_batch(
                "INSERT INTO channels (app, name, generation, opened_at, expires_at, hash)
                 VALUES (1, 'inbox', 1, 0, 1, x'00')",
            )
            .expect("it has channels");
            migrate(&conn).expect("it is migrated");
            assert_eq!(kind(&conn).expect("it is readable"), Kind::Store(VERSION));
            let protocol = conn.query_row("SELECT protocol FROM channels", [], |row| row.get(0));
            assert_eq!(protocol, Ok("plain".to_owned()), "version {version}");
        }
    }
}
