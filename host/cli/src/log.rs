//! The log, on standard error.

use std::cell::Cell;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use self::json::JsonLines;
use crate::args::LogFormat;

mod json;

/// Lines that wait to be written: some seconds of a host that tells of every run. Of more, the newest are
/// lost: who does not read what a host says must not hold it up. There is as much room again for warnings and
/// errors, which those of runs that fail do not push out.
const LINES_MAX: u64 = 16_384;

/// The least from one writing to the next: of a host that tells of every run, what is said in it is written
/// at once. What is said after a longer silence does not wait, nor what was asked for by its name.
const GATHERED: Duration = Duration::from_millis(10);

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
    /// What waits to be written.
    text: Vec<u8>,
    /// Its lines.
    lines: u64,
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
        // Not the verbs, of which a push has five.
        (2, _) => "debug,bugle=trace,bugle::way=off",
        _ => "trace",
    };
    let asked = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
    if asked.is_none() && level == "off" {
        return None;
    }
    let lines = Lines::default();
    let (log, writer) = (Log(lines.clone()), lines.clone());
    let thread = thread::Builder::new().name("bugle-stderr".to_owned());
    // Without it there is no log, and the host works as well.
    let gathered = if asked.is_some() { Duration::ZERO } else { GATHERED };
    thread.spawn(move || writer.write_all(gathered)).ok()?;
    let filter = EnvFilter::new(asked.as_deref().unwrap_or(level));
    let said = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines);
    match daemon {
        Some(LogFormat::Json) => said.event_format(JsonLines).init(),
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

    /// Writes what is said, until it is over; after what was just written, not before so long.
    fn write_all(&self, gathered: Duration) {
        IS_KEPT.set(true);
        let (mut text, mut written, mut lost) = (Vec::new(), None::<Instant>, 0);
        loop {
            let is_silent = |state: &mut State| state.lines == 0 && !state.is_over;
            let state = self.0.changed.wait_while(self.lock(), is_silent);
            let state = state.unwrap_or_else(PoisonError::into_inner);
            let pause = written.map_or(Duration::ZERO, |at| gathered.saturating_sub(at.elapsed()));
            let paused = self.0.changed.wait_timeout_while(state, pause, |state| !state.is_over);
            let mut state = paused.unwrap_or_else(PoisonError::into_inner).0;
            if state.lines == 0 {
                state.is_done = true;
                return self.0.changed.notify_all();
            }
            text.clear();
            std::mem::swap(&mut text, &mut state.text);
            lost += std::mem::take(&mut state.lost);
            let lines = std::mem::take(&mut state.lines);
            drop(state);
            match io::stderr().write_all(&text) {
                Ok(()) if lost > 0 => {
                    tracing::warn!(
                        lines = lost,
                        "the log was not read in time; some of it is lost"
                    );
                    lost = 0;
                }
                Ok(()) => {}
                // Nobody reads it, or there is no room for it. What was written of it may have no end.
                Err(_) => {
                    lost += lines;
                    text.clear();
                    self.lock().text.insert(0, b'\n');
                }
            }
            written = Some(Instant::now());
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { lines: self.clone(), room: LINES_MAX }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line {
        let is_urgent = *about.level() <= Level::WARN;
        Line { lines: self.clone(), room: if is_urgent { 2 * LINES_MAX } else { LINES_MAX } }
    }
}

/// Where a line is written to.
struct Line {
    lines: Lines,
    /// How many may wait with it.
    room: u64,
}

impl Write for Line {
    /// Takes a whole line: what is said is written at once.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.lines.lock();
        let was_silent = state.lines == 0;
        if IS_KEPT.get() || state.lines < self.room {
            state.text.extend_from_slice(line);
            state.lines += 1;
        } else {
            state.lost += 1;
        }
        drop(state);
        // A call of the system: not for each line.
        if was_silent {
            self.lines.0.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_lines_the_newest_are_lost_and_warnings_last() {
        let lines = Lines::default();
        let log = tracing_subscriber::fmt().event_format(JsonLines).with_writer(lines.clone());
        tracing::subscriber::with_default(log.finish(), || {
            (0..LINES_MAX + 5).for_each(|number| tracing::info!(number, "much"));
            tracing::warn!("this as well");
            (0..LINES_MAX).for_each(|_| tracing::error!("more"));
            Log::last(|| tracing::error!("why it ends"));
        });
        let state = lines.lock();
        assert_eq!((state.lines, state.lost), (2 * LINES_MAX + 1, 6));
        let text = String::from_utf8_lossy(&state.text);
        let said: Vec<&str> = text.lines().collect();
        let newest = usize::try_from(LINES_MAX).expect("it is small");
        assert!(said[newest - 1].contains("\"number\":16383"), "{}", said[newest - 1]);
        assert!(said[newest].contains("this as well"));
        assert!(said[2 * newest].contains("why it ends"));
    }
}
