//! The write-ahead log, and how it is copied into the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::failure::Failure;
use crate::files::Beside;
use crate::{Result, StoreError, files};

/// Pages in the log before the writer itself copies the last of them, so that the log begins anew: 16 MiB.
/// It does so seldom, since others wait for it.
const WAL_PAGES_MAX: i32 = 4_096;

/// The same, if the thread beside it cannot come so close to the end that little is left: 32 MiB.
const WAL_PAGES_END: i32 = 2 * WAL_PAGES_MAX;

/// Pages that the thread left, of which the writer copies the rest: what that takes is about a millisecond.
const REST_PAGES_MAX: i32 = 128;

/// New pages in the log before they are copied: 2 MiB, so that a commit seldom waits at the disk behind more
/// than that.
const COPY_PAGES: i32 = 512;

/// The log as its one writer sees it.
pub(crate) struct Log {
    /// Pages in it after the last commit.
    pages: Arc<AtomicI32>,
    /// None for a store in memory, which has no log.
    copier: Option<Copier>,
    failure: Arc<Failure>,
}

/// A thread that copies the log beside the writer, and syncs what it copied. What is written meanwhile it
/// leaves, so the writer does the rest: SQLite syncs the database when all of the log is copied, and finds
/// little to sync then.
struct Copier {
    /// Dropped, the thread ends.
    wake: SyncSender<()>,
    /// Told after each copy.
    copied: Receiver<()>,
    /// From the wake until the writer knows that it is done.
    is_woken: bool,
    /// Pages in the log when it was woken.
    pages: i32,
    thread: JoinHandle<()>,
}

impl Log {
    /// The log of a connection that writes, with another that copies beside it.
    pub(crate) fn new(
        conn: &mut Connection,
        beside: Option<Beside>,
        failure: Arc<Failure>,
    ) -> Result<Self> {
        let pages = Arc::new(AtomicI32::new(0));
        let seen = Arc::clone(&pages);
        conn.wal_hook(Some(move |_: &mut Wal, pages| {
            seen.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        let copier =
            beside.map(|beside| Copier::start(beside, Arc::clone(&failure))).transpose()?;
        Ok(Self { pages, copier, failure })
    }

    /// Has the log copied if it is long. Called between transactions.
    pub(crate) fn look_after(&mut self, conn: &Connection) {
        let Some(copier) = &mut self.copier else { return };
        if self.failure.error().is_some() {
            return;
        }
        let pages = self.pages.load(Ordering::Relaxed);
        if copier.is_woken && copier.copied.try_recv().is_ok() {
            copier.is_woken = false;
            let is_little = pages - copier.pages <= REST_PAGES_MAX;
            if pages >= WAL_PAGES_END || pages >= WAL_PAGES_MAX && is_little {
                // With all of it copied, the log begins anew.
                copy(conn, &self.failure);
            }
        }
        if pages < copier.pages {
            copier.pages = 0;
        }
        // A reader may keep it from being copied: then that is tried now and then, and not for each commit.
        let pages_min = if pages < WAL_PAGES_MAX { COPY_PAGES } else { REST_PAGES_MAX };
        if !copier.is_woken && pages - copier.pages >= pages_min {
            copier.is_woken = copier.wake.try_send(()).is_ok();
            copier.pages = pages;
        }
    }

    /// Copies all of the log and empties it, unless a reader needs it now. Whether it did.
    pub(crate) fn empty(&mut self, conn: &Connection) -> bool {
        if let Some(copier) = self.copier.as_mut().filter(|copier| copier.is_woken) {
            // Two cannot copy at once, and this one is to be done now.
            let _ = copier.copied.recv();
            copier.is_woken = false;
        }
        if self.failure.error().is_some() {
            return false;
        }
        truncate(conn).unwrap_or_else(|error| {
            note(&self.failure, &error);
            false
        })
    }

    /// Ends the thread, so that the log's last copy is the writer's.
    pub(crate) fn close(self) {
        if let Some(Copier { wake, thread, .. }) = self.copier {
            drop(wake);
            if thread.join().is_err() {
                tracing::error!("the thread that copies the log panicked");
            }
        }
    }
}

impl Copier {
    fn start(beside: Beside, failure: Arc<Failure>) -> Result<Self> {
        let (wake, wakes) = sync_channel(1);
        let (tell, copied) = channel();
        let thread = thread::Builder::new()
            .name("bugle-log".into())
            .spawn(move || copy_when_woken(&beside, &wakes, &tell, &failure));
        let thread = thread.map_err(|error| StoreError::Io {
            what: format!("the thread that copies its log did not start: {error}"),
        })?;
        Ok(Self { wake, copied, is_woken: false, pages: 0, thread })
    }
}

fn copy_when_woken(beside: &Beside, wakes: &Receiver<()>, tell: &Sender<()>, failure: &Failure) {
    let mut copied_before = 0;
    while let Ok(()) = wakes.recv() {
        let copied = copy(&beside.conn, failure);
        if copied != copied_before
            && let Err(error) = beside.file.sync_data()
        {
            note(failure, &StoreError::Io { what: format!("syncing the database: {error}") });
        }
        copied_before = copied;
        // The writer may have ended.
        let _ = tell.send(());
    }
}

/// Passive: it waits for no reader. What it cannot copy stays in the log for the next time. Gives how many
/// pages of the log are copied.
fn copy(conn: &Connection, failure: &Failure) -> i64 {
    let copied = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2));
    copied.unwrap_or_else(|error| {
        note(failure, &error.into());
        0
    })
}

fn note(failure: &Failure, error: &StoreError) {
    tracing::warn!(%error, "the log could not be copied into the database");
    if error.is_final() {
        failure.note(error);
    }
}

/// Copies all of the log into the database and empties it, unless a reader needs it. Whether it did.
pub(crate) fn truncate(conn: &Connection) -> Result<bool> {
    // Whoever reads now is not waited for.
    conn.busy_timeout(Duration::ZERO)?;
    let is_busy =
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    conn.busy_timeout(files::BUSY_TIMEOUT)?;
    Ok(!is_busy?)
}
