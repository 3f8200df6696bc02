//! A whole copy of the database in a file that was never written before, and how it takes the place
//! of the one in the folder.
//!
//! After a sync that failed, what the system's memory has of the database may never have reached the
//! disk, and neither a second sync nor a second opening tells: the system takes the pages for clean
//! (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). What does help
//! is to write all of it again, elsewhere. A backup is the same copy.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::files::{self, DATABASE};
use crate::schema::{self, Kind};
use crate::{Location, Result, StoreError};

/// Says that a write of the database may not have reached the disk although memory has it. It is as
/// lasting as it has to be without a sync of its own: it matters only as long as that memory does.
const UNSYNCED: &str = "bugle.db-unsynced";
/// A whole copy that is on the disk. Whoever opens the folder next takes it into use.
const FRESH: &str = "bugle.db-fresh";
/// A copy that is being written.
const DRAFT: &str = "bugle.db-draft";
/// What SQLite has beside a database; none of it belongs to another one.
const BESIDE: [&str; 3] = ["bugle.db-wal", "bugle.db-shm", files::JOURNAL];

/// Notes that a write of the database in a folder may not have reached the disk.
pub(crate) fn mark_unsynced(folder: &Path) {
    if !folder.join(DATABASE).exists() {
        return;
    }
    // On a disk that cannot be written, nothing was.
    if let Err(error) = files::try_create_private(&folder.join(UNSYNCED))
        && error.kind() != io::ErrorKind::ReadOnlyFilesystem
    {
        tracing::error!(%error, "it cannot be noted that the store must be copied: restart the system");
    }
}

/// Notes it if an error says so.
pub(crate) fn mark_if_unsynced(location: &Location, error: &StoreError) {
    if let (Location::Folder(folder), StoreError::Io { .. }) = (location, error) {
        mark_unsynced(folder);
    }
}

/// Sees to it that what is opened next is on the disk: takes a copy into use that is there, or makes
/// one if a write may have been lost. The caller has the folder's lock.
pub(crate) fn renew(folder: &Path) -> Result<()> {
    remove(&folder.join(DRAFT))?;
    if !exists(&folder.join(FRESH))? {
        if !exists(&folder.join(UNSYNCED))? {
            return Ok(());
        }
        if exists(&folder.join(DATABASE))? {
            tracing::warn!("a write may not have reached the disk: the store is copied whole");
            copy_database(folder)?;
        }
    }
    take_into_use(folder)
}

fn copy_database(folder: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(folder.join(DATABASE), flags)?;
    // The file is given up; nothing more is to be written to it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    if schema::kind(&conn)? == Kind::Empty {
        // Its first opening failed: there is nothing to keep.
        drop(conn);
        for name in [DATABASE].into_iter().chain(BESIDE) {
            remove(&folder.join(name))?;
        }
        return sync_folder(folder);
    }
    let draft = folder.join(DRAFT);
    write_copy(&conn, &draft)?;
    rename(&draft, &folder.join(FRESH))?;
    sync_folder(folder)
}

/// Each step can be done again: as long as the copy is there under its own name, a stop in between
/// is made good by the next opening.
fn take_into_use(folder: &Path) -> Result<()> {
    let (fresh, database) = (folder.join(FRESH), folder.join(DATABASE));
    if exists(&fresh)? {
        refuse_what_is_no_store(&fresh)?;
        // Whoever put a backup there has perhaps not seen to it that it is on the disk.
        let file = File::open(&fresh).map_err(|error| StoreError::io(&error, &fresh))?;
        sync(&file, &fresh)?;
        for name in BESIDE {
            remove(&folder.join(name))?;
        }
        // Before the name changes: the log of one database is never applied to another.
        sync_folder(folder)?;
        rename(&fresh, &database)?;
        sync_folder(folder)?;
    }
    remove(&folder.join(UNSYNCED))
}

/// Somebody may have put it there, to restore a backup.
fn refuse_what_is_no_store(fresh: &Path) -> Result<()> {
    files::refuse_exposed(fresh, 0o600)?;
    let conn = Connection::open_with_flags(fresh, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match schema::kind(&conn)? {
        Kind::Store(version) => schema::check_version(version),
        Kind::Empty | Kind::Foreign => Err(StoreError::Foreign { path: fresh.to_owned() }),
    }
}

/// Writes what a connection sees, all of one moment, to a file that is not there yet, and syncs it.
pub(crate) fn write_copy(conn: &Connection, path: &Path) -> Result<()> {
    let file = files::create_private_new(path)?;
    // SQLite takes an empty file for one that is to be written, and does not sync it.
    let copied = conn.execute("VACUUM INTO ?1", [path_text(path)?]);
    let synced = copied.map_err(StoreError::from).and_then(|_| sync(&file, path));
    synced.inspect_err(|_| drop(fs::remove_file(path)))
}

/// Writes a backup: a copy of the store with its host's secret in it, which its next host takes over.
pub(crate) fn write_backup(folder: &Path, path: &Path, secret: &[u8]) -> Result<()> {
    let conn = files::open_for_reading(folder)?;
    // The pragma bars the copy too, which writes nothing to what is copied.
    conn.pragma_update(None, "query_only", false)?;
    write_copy(&conn, path)?;
    let finish = || -> Result<()> {
        let backup = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        backup.pragma_update(None, "synchronous", "full")?;
        let tx = backup.unchecked_transaction()?;
        tx.execute_batch(
            "DROP TABLE IF EXISTS carried; CREATE TABLE carried (secret BLOB NOT NULL) STRICT",
        )?;
        tx.execute("INSERT INTO carried VALUES (?1)", [secret])?;
        // What was running then did not die: it waits, and nobody is a suspect.
        // Addresses and credentials that are given out until it is restored have numbers that none after
        // it will have.
        tx.execute("UPDATE meta SET clean = 1, generation = generation + 1000000", [])?;
        tx.commit()?;
        drop(backup);
        sync(&File::open(path).map_err(|error| StoreError::io(&error, path))?, path)?;
        path.parent().map_or(Ok(()), sync_folder)
    };
    finish().inspect_err(|_| drop(fs::remove_file(path)))
}

/// The secret that a backup carries, until its host has taken it over.
pub(crate) fn carried(conn: &Connection) -> Result<Option<Vec<u8>>> {
    let table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'carried'";
    if !conn.prepare(table)?.exists([])? {
        return Ok(None);
    }
    Ok(Some(conn.query_row("SELECT secret FROM carried", [], |row| row.get(0))?))
}

pub(crate) fn forget_carried(conn: &Connection) -> Result<()> {
    conn.execute_batch("DROP TABLE IF EXISTS carried")?;
    Ok(())
}

fn path_text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        StoreError::invalid(format!("`{}` is not UTF-8: choose another name", path.display()))
    })
}

fn exists(path: &Path) -> Result<bool> {
    path.try_exists().map_err(|error| StoreError::io(&error, path))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(&error, path)),
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(|error| StoreError::io(&error, from))
}

fn sync(file: &File, path: &Path) -> Result<()> {
    file.sync_all().map_err(|error| StoreError::io(&error, path))
}

/// Names last as long as what is in the files.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    // `Path::parent` of a bare file name.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let open = File::open(folder).map_err(|error| StoreError::io(&error, folder))?;
    match open.sync_all() {
        // A folder cannot be synced everywhere, nor need it be.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced.map_err(|error| StoreError::io(&error, folder)),
    }
}
