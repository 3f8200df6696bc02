use std::fs::File;
use std::sync::Arc;

use rusqlite::Connection;

use crate::failure::Failure;
use crate::files::Opened;
use crate::inbox::Outlet;
use crate::log::{self, Log};
use crate::state::State;
use crate::waiting::{Share, Waiting};
use crate::{Result, StoreError, channels};

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
    fn share(&self) -> Share;
    /// Does the work, and keeps what came of it. An error has written nothing that counts.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;
    /// Replies: with what [`Request::run`] kept, or with why nothing of it is durable.
    fn reply(self: Box<Self>, committed: Result<()>);
}

/// The one thread that writes.
pub(crate) struct Writer {
    conn: Connection,
    state: State,
    waiting: Waiting,
    log: Log,
    /// Closed after the connection: with it the locks go that the process has on the file.
    file: Option<Arc<File>>,
    /// Held as long as the connection is there.
    lock: Option<File>,
    failure: Arc<Failure>,
}

impl Writer {
    pub(crate) fn new(
        opened: Opened,
        state: State,
        requests: Outlet,
        failure: Arc<Failure>,
    ) -> Result<Self> {
        let Opened { mut conn, beside, file, lock } = opened;
        let log = Log::new(&mut conn, beside, Arc::clone(&failure))?;
        Ok(Self { conn, state, waiting: Waiting::new(requests), log, file, lock, failure })
    }

    /// Works until the store is closed, or nobody is left to ask for anything.
    pub(crate) fn run(mut self) {
        while self.waiting.wait() {
            let batch = self.waiting.take();
            self.serve(batch);
            if let Some(last) = self.waiting.take_close() {
                return self.close(last);
            }
            if self.state.erased {
                // What was erased is in the log still; again after the next batch if a reader needs it now.
                self.state.erased = !self.log.empty(&self.conn);
            }
            self.log.look_after(&self.conn);
        }
        self.log.close();
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

    /// The lock is free when the reply is called, so that whoever waits can open the store again.
    fn close(mut self, last: Box<dyn Request>) {
        let mut batch = [last];
        let committed = self.write(&mut batch);
        let Self { conn, log, file, lock, waiting, .. } = self;
        log.close();
        // Readers that are open still would keep the last connection from doing it.
        if committed.is_ok()
            && let Err(error) = log::truncate(&conn)
        {
            tracing::warn!(%error, "the log could not be copied into the database");
        }
        if let Err((_, error)) = conn.close() {
            tracing::warn!(%error, "the database did not close");
        }
        drop(file);
        drop(lock);
        drop(waiting);
        let [last] = batch;
        last.reply(committed);
    }
}

/// Runs a request so that its refusal leaves nothing behind.
fn guarded(request: &mut dyn Request, tx: &mut Tx<'_>) -> Result<()> {
    tx.conn.prepare_cached("SAVEPOINT request")?.execute([])?;
    match request.run(tx) {
        Err(error) if error.is_of_the_file() && !error.is_of_the_request() => return Err(error),
        Err(_) => {
            tx.conn.prepare_cached("ROLLBACK TO request")?.execute([])?;
            // Of requests before this one.
            let taken = std::mem::take(&mut tx.state.taken);
            *tx.state = State { taken, ..State::load(tx.conn)?.after(tx.state) };
        }
        Ok(()) => {}
    }
    tx.conn.prepare_cached("RELEASE request")?.execute([])?;
    Ok(())
}
