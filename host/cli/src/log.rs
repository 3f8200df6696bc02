//! The log, on standard error.

use std::io::{self, IsTerminal as _};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::args::LogFormat;

/// Lines that wait to be written: some seconds of a host that tells of every run. Of more, the newest are
/// lost: who does not read what a host says must not hold it up.
const LINES_MAX: usize = 16_384;

/// Starts the log: for a daemon always, in the form that it was asked for; for a command only if it is asked
/// for, since a command's errors are its answer. What it has is written when the guard is dropped.
pub(crate) fn start(verbose: u8, daemon: Option<LogFormat>) -> Option<WorkerGuard> {
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
    let writer = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES_MAX);
    let (writer, guard) = writer.thread_name("bugle-log").finish(io::stderr());
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(asked.as_deref().unwrap_or(level)))
        .with_writer(writer);
    match daemon {
        Some(LogFormat::Json) => log.json().flatten_event(true).init(),
        Some(LogFormat::Text) | None => log.with_ansi(io::stderr().is_terminal()).init(),
    }
    Some(guard)
}
