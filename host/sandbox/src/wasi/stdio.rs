use bugle_task::Level;
use wasmtime::StoreContextMut;
use wasmtime::component::{LinkerInstance, Resource};

use super::streams::{InputStream, OutputStream};
use crate::log::LogBuffer;
use crate::meter::{charge, charge_work};
use crate::state::State;

/// What was written to standard output or error and has not come to the end of its line.
#[derive(Debug, Default)]
pub(super) struct LineBuffer {
    /// Never more than one line of the log.
    line: Vec<u8>,
}

impl LineBuffer {
    /// Every line that ends goes to the log. One that is longer than a line of the log becomes
    /// several.
    fn write(&mut self, bytes: &[u8], level: Level, log: &mut LogBuffer) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, is_end) = match part.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (part, false),
            };
            self.append(text, level, log);
            if is_end {
                self.end(self.line.len(), level, log);
            }
        }
    }

    fn append(&mut self, mut text: &[u8], level: Level, log: &mut LogBuffer) {
        while !text.is_empty() {
            if self.line.len() >= log.line_bytes_max() {
                self.end(self.end_of_text(), level, log);
            }
            let room = log.line_bytes_max().saturating_sub(self.line.len()).max(1);
            let (now, later) = text.split_at(room.min(text.len()));
            self.line.extend_from_slice(now);
            text = later;
        }
    }

    /// Where the line can be split without splitting a character.
    fn end_of_text(&self) -> usize {
        match std::str::from_utf8(&self.line) {
            Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
                error.valid_up_to()
            }
            _ => self.line.len(),
        }
    }

    fn end(&mut self, at: usize, level: Level, log: &mut LogBuffer) {
        let line = self.line.get(..at).unwrap_or_default();
        log.write(level, &String::from_utf8_lossy(line));
        self.line.drain(..at);
    }

    fn flush(&mut self, level: Level, log: &mut LogBuffer) {
        if !self.line.is_empty() {
            self.end(self.line.len(), level, log);
        }
    }
}

/// What a line costs beside its bytes, since 4,096 empty ones in a write are as many lines of the
/// log: the host needs about 50 ns for one, and a unit is about 1 ns.
const FUEL_PER_LINE: u64 = 50;

const STDOUT_LEVEL: Level = Level::Info;
const STDERR_LEVEL: Level = Level::Error;

/// Writes to the log what a guest gives a stream.
pub(super) fn write(
    store: &mut StoreContextMut<'_, State>,
    stream: OutputStream,
    bytes: &[u8],
) -> wasmtime::Result<()> {
    let lines = bytes.split(|byte| *byte == b'\n').count() as u64;
    charge_work(store, lines.saturating_mul(FUEL_PER_LINE))?;
    let State { wasi, log, .. } = store.data_mut();
    match stream {
        OutputStream::Stdout => wasi.stdout.write(bytes, STDOUT_LEVEL, log),
        OutputStream::Stderr => wasi.stderr.write(bytes, STDERR_LEVEL, log),
    }
    Ok(())
}

/// Writes to the log what is left of lines that had no end when the run had.
pub(crate) fn flush(state: &mut State) {
    let State { wasi, log, .. } = state;
    wasi.stdout.flush(STDOUT_LEVEL, log);
    wasi.stderr.flush(STDERR_LEVEL, log);
}

pub(super) fn define_stdin(stdin: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    stdin.func_wrap("get-stdin", |mut store, (): ()| {
        charge(&mut store, 0)?;
        store.data_mut().wasi.handles.give();
        Ok((Resource::<InputStream>::new_own(InputStream::STDIN),))
    })
}

pub(super) fn define_stdout(stdout: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    stdout.func_wrap("get-stdout", |mut store, (): ()| {
        charge(&mut store, 0)?;
        store.data_mut().wasi.handles.give();
        Ok((OutputStream::Stdout.to_handle(),))
    })
}

pub(super) fn define_stderr(stderr: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    stderr.func_wrap("get-stderr", |mut store, (): ()| {
        charge(&mut store, 0)?;
        store.data_mut().wasi.handles.give();
        Ok((OutputStream::Stderr.to_handle(),))
    })
}
