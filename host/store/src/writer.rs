use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::failure::Failure;
use crate::files::Opened;
use crate::state::State;
use crate::{Result, StoreError, channels, files};

/// The most requests in one transaction: enough that a sync costs each of them little, few enough
/// that the first does not wait long for the last (256 take about 10 ms).
const BATCH_MAX: usize = 256;
/// Pages in the log before they are copied into the database: 16 MiB, so that a page that is
/// written again and again is copied once.
const WAL_PAGES_MAX: i32 = 4_096;

/// What a request works with, inside of the transaction.
pub(crate) struct Tx<'a> {
    pub conn: &'a Connection,
    /// What the store knows by heart. Rebuilt from the tables whenever something is rolled back.
    pub state: &'a mut State,
}

/// How a request is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It checks before it writes, so that a refusal needs no savepoint: the frequent ones.
    Checked,
    /// In a savepoint of its own.
    Guarded,
    /// It only reads; after the commit of the batch it is in.
    Read,
    /// The last one: the writer ends with it.
    Close,
}

/// Something to do in a transaction, and whom to tell when it is durable.
pub(crate) trait Request: Send {
    fn kind(&self) -> Kind;
    /// Does the work, and keeps what came of it. An error has written nothing that counts.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;
    /// Replies: with what [`Request::run`] kept, or with why nothing of it is durable.
    fn reply(self: Box<Self>, committed: Result<()>);
}

/// The one thread that writes.
pub(crate) struct Writer {
    conn: Connection,
    state: State,
    requests: Receiver<Box<dyn Request>>,
    /// Held as long as the connection is there.
    lock: Option<File>,
    failure: Arc<Failure>,
    /// Pages in the log after the last commit.
    wal_pages: Arc<AtomicI32>,
}

impl Writer {
    pub(crate) fn new(
        opened: Opened,
        state: State,
        requests: Receiver<Box<dyn Request>>,
        failure: Arc<Failure>,
    ) -> Result<Self> {
        let Opened { mut conn, lock } = opened;
        let wal_pages = Arc::new(AtomicI32::new(0));
        let seen = Arc::clone(&wal_pages);
        conn.wal_hook(Some(move |_: &mut Wal, pages| {
            seen.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self { conn, state, requests, lock, failure, wal_pages })
    }

    /// Works until the store is closed, or nobody is left to ask for anything.
    pub(crate) fn run(mut self) {
        while let Ok(first) = self.requests.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH_MAX && !batch.last().is_some_and(|r| r.kind() == Kind::Close)
            {
                match self.requests.try_recv() {
                    Ok(request) => batch.push(request),
                    Err(_) => break,
                }
            }
            let last = batch.pop_if(|request| request.kind() == Kind::Close);
            self.serve(batch);
            if let Some(last) = last {
                return self.close(last);
            }
            self.empty_log();
            self.checkpoint();
        }
    }

    /// One transaction for all that write, then the replies, in order.
    fn serve(&mut self, mut batch: Vec<Box<dyn Request>>) {
        let committed = self.write(&mut batch);
        for mut request in batch {
            if request.kind() == Kind::Read {
                let read = request.run(&mut Tx { conn: &self.conn, state: &mut self.state });
                request.reply(read);
            } else {
                request.reply(committed.clone());
            }
        }
    }

    fn write(&mut self, batch: &mut [Box<dyn Request>]) -> Result<()> {
        if batch.iter().all(|request| request.kind() == Kind::Read) {
            return Ok(());
        }
        if let Some(error) = self.failure.error() {
            return Err(error);
        }
        self.transaction(batch).inspect_err(|error| {
            tracing::error!(%error, code = error.code(), "a transaction failed");
            self.roll_back(error);
        })
    }

    fn transaction(&mut self, batch: &mut [Box<dyn Request>]) -> Result<()> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut tx = Tx { conn: &self.conn, state: &mut self.state };
        for request in batch {
            match request.kind() {
                Kind::Read => {}
                Kind::Guarded => guarded(request.as_mut(), &mut tx)?,
                Kind::Checked | Kind::Close => match request.run(&mut tx) {
                    Err(error) if error.is_of_the_file() => return Err(error),
                    _ => {}
                },
            }
        }
        channels::note_pushes(&self.conn, &std::mem::take(&mut self.state.taken))?;
        self.conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Brings tables and memory to what they were before the batch.
    fn roll_back(&mut self, error: &StoreError) {
        if error.is_final() {
            self.failure.note(error);
        }
        let restored = || -> Result<State> {
            if !self.conn.is_autocommit() {
                self.conn.execute_batch("ROLLBACK")?;
            }
            State::load(&self.conn)
        };
        match restored() {
            Ok(state) => {
                let erased = self.state.erased;
                self.state = State { erased, ..state };
            }
            Err(error) => self.failure.note(&error),
        }
    }

    /// Empties the log, which has what was erased; again after the next batch if a reader needs it now.
    fn empty_log(&mut self) {
        if !self.state.erased || self.failure.error().is_some() {
            return;
        }
        match truncate_log(&self.conn) {
            Ok(is_done) => self.state.erased = !is_done,
            Err(error) => {
                tracing::warn!(%error, "the log could not be emptied");
                if error.is_final() {
                    self.failure.note(&error);
                }
            }
        }
    }

    fn checkpoint(&mut self) {
        if self.wal_pages.load(Ordering::Relaxed) < WAL_PAGES_MAX || self.failure.error().is_some()
        {
            return;
        }
        // Passive: it waits for no reader. What it cannot copy stays in the log for the next time.
        let done = self.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        self.wal_pages.store(0, Ordering::Relaxed);
        if let Err(error) = done.map_err(StoreError::from) {
            tracing::warn!(%error, "the log could not be copied into the database");
            if error.is_final() {
                self.failure.note(&error);
            }
        }
    }

    /// The lock is free when the reply is called, so that whoever waits can open the store again.
    fn close(mut self, last: Box<dyn Request>) {
        let mut batch = [last];
        let committed = self.write(&mut batch);
        let Self { conn, lock, requests, .. } = self;
        // Readers that are open still would keep the last connection from doing it.
        if committed.is_ok()
            && let Err(error) = truncate_log(&conn)
        {
            tracing::warn!(%error, "the log could not be copied into the database");
        }
        if let Err((_, error)) = conn.close() {
            tracing::warn!(%error, "the database did not close");
        }
        drop(lock);
        drop(requests);
        let [last] = batch;
        last.reply(committed);
    }
}

/// Copies all of the log into the database and empties it, unless a reader needs it. Whether it did.
fn truncate_log(conn: &Connection) -> Result<bool> {
    // Whoever reads now is not waited for.
    conn.busy_timeout(Duration::ZERO)?;
    let is_busy =
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    conn.busy_timeout(files::BUSY_TIMEOUT)?;
    Ok(!is_busy?)
}

/// Runs a request so that its refusal leaves nothing behind.
fn guarded(request: &mut dyn Request, tx: &mut Tx<'_>) -> Result<()> {
    tx.conn.prepare_cached("SAVEPOINT request")?.execute([])?;
    match request.run(tx) {
        Err(error) if error.is_of_the_file() && !error.is_of_the_request() => return Err(error),
        Err(_) => {
            tx.conn.prepare_cached("ROLLBACK TO request")?.execute([])?;
            let (taken, erased) = (std::mem::take(&mut tx.state.taken), tx.state.erased);
            *tx.state = State::load(tx.conn)?;
            // Of requests before this one.
            (tx.state.taken, tx.state.erased) = (taken, erased);
        }
        Ok(()) => {}
    }
    tx.conn.prepare_cached("RELEASE request")?.execute([])?;
    Ok(())
}
