//! Toasts on a terminal: the sink writes to its process's standard output, so that one is started
//! whose output can be read.

use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use bugle::{Sink as _, TerminalSink, ToastEvent};

/// What the program is started with to show toasts.
pub(super) const SHOW: &str = "show";

/// What ends the output of one event. A toast can write it only in a line that begins otherwise.
const END: &str = "== end ==";

/// A program that shows toasts.
pub(super) struct Terminal {
    child: Child,
    events: BufWriter<ChildStdin>,
    shown: BufReader<ChildStdout>,
}

impl Terminal {
    pub(super) fn start(program: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg(SHOW).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| program.display().to_string())?;
        let events = BufWriter::new(child.stdin.take().context("it was asked for")?);
        let shown = BufReader::new(child.stdout.take().context("it was asked for")?);
        Ok(Self { child, events, shown })
    }

    /// What an event looks like, byte for byte.
    pub(super) fn show(&mut self, event: &ToastEvent) -> Result<Vec<u8>> {
        serde_json::to_writer(&mut self.events, event)?;
        self.events.write_all(b"\n")?;
        self.events.flush()?;
        let end = format!("{END}\n").into_bytes();
        let mut shown = Vec::new();
        loop {
            let begin = shown.len();
            ensure!(self.shown.read_until(b'\n', &mut shown)? > 0, "terminal: the program is gone");
            if shown[begin..] == end {
                shown.truncate(begin);
                return Ok(shown);
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It would end by itself when nothing more can come, but not before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Shows the events that come by standard input, one a line, until that ends.
///
/// # Errors
///
/// A line is no event, or nothing can be written.
pub fn show() -> Result<()> {
    let mut sink = TerminalSink::new();
    for line in io::stdin().lock().lines() {
        let event: ToastEvent = serde_json::from_str(&line?)?;
        sink.deliver(&event)?;
        let mut out = io::stdout().lock();
        writeln!(out, "{END}")?;
        out.flush()?;
    }
    Ok(())
}
