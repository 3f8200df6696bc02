//! The log, on standard error.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::args::LogFormat;

/// Lines that wait to be written: some seconds of a host that tells of every run. Of more, the newest are
/// lost: who does not read what a host says must not hold it up.
const LINES_MAX: usize = 16_384;

/// How long a program that ends waits for what it said to be written: nobody may read it any more.
const END_PAUSE: Duration = Duration::from_secs(1);

thread_local! {
    /// What this thread says is not lost, however much waits.
    static IS_KEPT: Cell<bool> = const { Cell::new(false) };
}

/// The log, which is written to its end before the program's.
#[derive(Debug)]
pub(crate) struct Log(Lines);

/// Lines on their way to standard error, which a thread of its own writes.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    /// Lines that were lost since it was last said.
    lost: u64,
    is_over: bool,
    /// Everything is written.
    is_done: bool,
}

/// Starts the log: for a daemon always, in the form that it was asked for; for a command only if it is asked
/// for, since a command's errors are its answer.
pub(crate) fn start(verbose: u8, daemon: Option<LogFormat>) -> Option<Log> {
    let level = match (verbose, daemon) {
        (0, Some(_)) => "warn,bugle=info",
        (1, Some(_)) => "info,bugle=debug",
        (0 | 1, None) => "off",
        (2, _) => "debug",
        _ => "trace",
    };
    let asked = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
    if asked.is_none() && level == "off" {
        return None;
    }
    let lines = Lines::default();
    let (log, writer) = (Log(lines.clone()), lines.clone());
    let thread = thread::Builder::new().name("bugle-log".to_owned());
    // Without it there is no log, and the host works as well.
    thread.spawn(move || writer.write_all()).ok()?;
    let filter = EnvFilter::new(asked.as_deref().unwrap_or(level));
    let made = move || Line(lines.clone());
    let said = tracing_subscriber::fmt().with_env_filter(filter).with_writer(made);
    match daemon {
        Some(LogFormat::Json) => said.json().flatten_event(true).init(),
        Some(LogFormat::Text) | None => said.with_ansi(io::stderr().is_terminal()).init(),
    }
    Some(log)
}

impl Log {
    /// Says the last that is to be said; it is not lost, however much waits.
    pub(crate) fn last(say: impl FnOnce()) {
        IS_KEPT.set(true);
        say();
        IS_KEPT.set(false);
    }

    /// Waits until all is written that was said. False if nobody reads it: then nothing more can be said.
    pub(crate) fn end(self) -> bool {
        self.0.end()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // After a panic it was not ended; otherwise it was, and is not waited for twice.
        if !self.0.lock().is_over {
            let _ = self.0.end();
        }
    }
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) -> bool {
        let mut state = self.lock();
        state.is_over = true;
        self.0.changed.notify_all();
        let is_writing = |state: &mut State| !state.is_done;
        let waited = self.0.changed.wait_timeout_while(state, END_PAUSE, is_writing);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_done
    }

    /// Writes what is said, until it is over.
    fn write_all(&self) {
        IS_KEPT.set(true);
        loop {
            let is_silent = |state: &mut State| state.lines.is_empty() && !state.is_over;
            let state = self.0.changed.wait_while(self.lock(), is_silent);
            let mut state = state.unwrap_or_else(PoisonError::into_inner);
            if state.lines.is_empty() {
                state.is_done = true;
                return self.0.changed.notify_all();
            }
            let (lines, lost) = (std::mem::take(&mut state.lines), std::mem::take(&mut state.lost));
            drop(state);
            // An error is that nobody reads it.
            lines.iter().for_each(|line| drop(io::stderr().write_all(line)));
            if lost > 0 {
                tracing::warn!(lines = lost, "the log was not read in time; some of it is lost");
            }
        }
    }
}

/// Where a line is written to.
struct Line(Lines);

impl Write for Line {
    /// Takes a whole line: what is said is written at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        if IS_KEPT.get() || state.lines.len() < LINES_MAX {
            state.lines.push_back(line.to_vec());
        } else {
            state.lost += 1;
        }
        drop(state);
        self.0.0.changed.notify_all();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
