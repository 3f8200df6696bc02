use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::schema::{self, Kind};
use crate::{Result, StoreError, fresh};

/// The database, in the store's folder.
pub(crate) const DATABASE: &str = "bugle.db";
/// What SQLite has beside it until it is in WAL mode.
pub(crate) const JOURNAL: &str = "bugle.db-journal";
/// The file whose lock says that a host runs on the folder.
const LOCK: &str = "lock";
/// The first version without the WAL-reset bug, which can lose a committed transaction.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// How long a reader waits for a lock, which the writer holds only while it recovers the log.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Statements that a connection keeps prepared: more than the writer has.
const STATEMENTS_MAX: usize = 128;

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a folder of its own, which is created if it is not there. Only its owner may have access.
    Folder(PathBuf),
    /// Nowhere: it is gone with the last [`Store`](crate::Store). For tests and apps that want no
    /// disk.
    Memory,
}

impl Location {
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Memory => None,
        }
    }
}

/// The writer's connection, and the lock that makes it the only one.
pub(crate) struct Opened {
    pub conn: Connection,
    /// What copies the log into the database; none in memory.
    pub beside: Option<Beside>,
    /// The database's file, to be closed after the connections.
    pub file: Option<Arc<File>>,
    pub lock: Option<File>,
}

/// What works beside the writer.
pub(crate) struct Beside {
    pub conn: Connection,
    /// The database's file, to sync what was copied: SQLite does not before all is.
    pub file: Arc<File>,
}

/// Opens a store for writing. Nothing is written to a file that is not one.
pub(crate) fn open(location: &Location) -> Result<Opened> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(StoreError::OldLibrary { found: rusqlite::version() });
    }
    let Location::Folder(folder) = location else {
        let conn = Connection::open_in_memory()?;
        prepare(&conn)?;
        return Ok(Opened { conn, beside: None, file: None, lock: None });
    };
    create_folder(folder)?;
    let lock = lock(folder)?;
    fresh::renew(folder)?;
    let path = folder.join(DATABASE);
    let file = Arc::new(create_file(&path)?);
    refuse_foreign(&path)?;
    let conn = open_to_write(&path)?;
    // From here on something may have been written.
    prepare(&conn).inspect_err(|error| fresh::mark_if_unsynced(location, error))?;
    let beside = open_to_write(&path)?;
    beside.pragma_update(None, "synchronous", "full")?;
    let beside = Beside { conn: beside, file: Arc::clone(&file) };
    Ok(Opened { conn, beside: Some(beside), file: Some(file), lock: Some(lock) })
}

fn open_to_write(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    Ok(conn)
}

/// Opens the store in a folder for reading, beside whoever writes.
pub(crate) fn open_for_reading(folder: &Path) -> Result<Connection> {
    let path = folder.join(DATABASE);
    let missing = || StoreError::Missing { folder: folder.to_owned() };
    if fs::metadata(&path).map_err(|_| missing())?.len() == 0 {
        return Err(missing());
    }
    let conn = open_read_only(&path)?;
    match schema::kind(&conn)? {
        Kind::Store(version) => {
            schema::check_version(version)?;
            schema::check_is_newest(version)?;
        }
        Kind::Empty => return Err(missing()),
        Kind::Foreign => return Err(StoreError::Foreign { path }),
    }
    Ok(conn)
}

fn open_read_only(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(conn)
}

fn prepare(conn: &Connection) -> Result<()> {
    // To its end: it is committed after its one row, and whoever takes no more than the row never hears
    // that the commit failed.
    let mut wal = conn.prepare("PRAGMA journal_mode = wal")?;
    let mut rows = wal.query([])?;
    while rows.next()?.is_some() {}
    drop(rows);
    drop(wal);
    conn.pragma_update(None, "synchronous", "full")?;
    // No table names another as a foreign key: `check` proves what they would.
    conn.pragma_update(None, "foreign_keys", false)?;
    // 32 MiB: the queue's and the settings' pages of a busy host stay in memory.
    conn.pragma_update(None, "cache_size", -32 * 1024)?;
    // What is deleted is overwritten: an app that was removed leaves nothing in free pages.
    conn.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    // The log is looked after between transactions.
    conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    // Plans do not depend on what is bound. Without this, a library built with `STAT4` parses a
    // statement again whenever the values of its `WHERE` differ from the last time's.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A log that a slow reader let grow is cut to 64 MiB again.
    conn.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |_| Ok(()))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    schema::migrate(conn)
}

fn refuse_foreign(path: &Path) -> Result<()> {
    if fs::metadata(path).map_err(|error| StoreError::io(&error, path))?.len() == 0 {
        return Ok(());
    }
    // With a journal beside it, its first writer was cut short before the log took over, and only a
    // writer can put that right.
    let has_journal = path.with_file_name(JOURNAL).exists();
    let conn = if has_journal { open_to_write(path)? } else { open_read_only(path)? };
    match schema::kind(&conn)? {
        Kind::Store(version) => schema::check_version(version),
        Kind::Empty => Ok(()),
        Kind::Foreign => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let file = private(OpenOptions::new().write(true).create(true).truncate(false))
        .open(&path)
        .map_err(|error| StoreError::io(&error, &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(StoreError::io(&error, &path)),
    }
}

fn create_folder(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let is_new = !folder.exists();
    builder.create(folder).map_err(|error| StoreError::io(&error, folder))?;
    if is_new && let Some(parent) = folder.parent() {
        fresh::sync_folder(parent)?;
    }
    refuse_exposed(folder, 0o700)
}

/// The database's own files take its mode, so it is made before it is opened as one.
fn create_file(path: &Path) -> Result<File> {
    let file = try_create_private(path).map_err(|error| StoreError::io(&error, path))?;
    refuse_exposed(path, 0o600)?;
    Ok(file)
}

/// Makes a file that only its owner can read, unless it is there.
pub(crate) fn try_create_private(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().append(true).create(true)).open(path)
}

/// Makes a file that only its owner can read, which must not be there.
pub(crate) fn create_private_new(path: &Path) -> Result<File> {
    let file = private(OpenOptions::new().append(true).create_new(true)).open(path);
    file.map_err(|error| StoreError::io(&error, path))
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(unix)]
pub(crate) fn refuse_exposed(path: &Path, wanted: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs::metadata(path).map_err(|error| StoreError::io(&error, path))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(StoreError::Exposed { path: path.to_owned(), mode, wanted });
    }
    Ok(())
}

// Elsewhere a folder takes the access rules of the user's profile, in which it is by default.
#[cfg(not(unix))]
pub(crate) fn refuse_exposed(_: &Path, _: u32) -> Result<()> {
    Ok(())
}
