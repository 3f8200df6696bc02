use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use bugle::{Sink, ToastEvent, plain_json};

use crate::SinkError;

/// Writes every event as a line of JSON behind what a file has, or into a named pipe.
///
/// Lines are on the disk when the cursor goes on behind them. A file that was moved away is made anew; a pipe
/// that nobody reads, or reads too slowly, is tried again, and its line goes on where it ended.
#[derive(Debug)]
pub struct LinesSink {
    name: String,
    path: PathBuf,
    open: Option<File>,
    /// Whether what is open is a file: a pipe has no disk.
    is_file: bool,
    /// What is left of the line of an event.
    rest: Option<(u64, Vec<u8>)>,
    /// Whether something was written to a file that is perhaps not on the disk.
    is_unsynced: bool,
}

impl LinesSink {
    /// A sink that appends to a file, which is made if it is not there, for its owner only.
    ///
    /// # Errors
    ///
    /// The file cannot be written to.
    pub fn new(path: &Path) -> Result<Self, SinkError> {
        let path = std::path::absolute(path).map_err(|source| SinkError::file(path, source))?;
        let name = format!("json={}", path.display());
        let (open, rest) = (None, None);
        let mut sink = Self { name, path, open, rest, is_file: false, is_unsynced: false };
        // The next line begins anew, whoever wrote the last.
        match sink.reopen() {
            // Nobody reads the pipe yet.
            Err(error) if is_pipe(&sink.path) && is_unread(&error) => Ok(sink),
            Err(source) => Err(SinkError::file(&sink.path, source)),
            Ok(()) => Ok(sink),
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            // A pipe that nobody reads is an error in place of a wait without end.
            let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
            options.mode(0o600).custom_flags(nonblocking);
        }
        let mut file = options.open(&self.path)?;
        self.is_file = file.metadata()?.is_file();
        if self.is_file && ends_within_a_line(&self.path)? {
            // Whoever wrote last was cut short; what comes is a line of its own.
            file.write_all(b"\n")?;
        }
        self.open = Some(file);
        Ok(())
    }

    /// Whether what is open is what has the name.
    fn is_in_place(&self) -> bool {
        let Some(open) = &self.open else { return false };
        match (open.metadata(), self.path.metadata()) {
            (Ok(open), Ok(named)) => is_same(&open, &named),
            _ => false,
        }
    }

    fn write_rest(&mut self) -> io::Result<()> {
        let (Some(file), Some((_, rest))) = (&mut self.open, &mut self.rest) else { return Ok(()) };
        while !rest.is_empty() {
            self.is_unsynced = self.is_file;
            match file.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(rest.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Puts on the disk what was written.
    fn sync(&mut self) -> io::Result<()> {
        if !self.is_unsynced {
            return Ok(());
        }
        let file = self.open.as_ref();
        let lost = || Err(io::Error::other("what was written last may not be on the disk"));
        let synced = file.map_or_else(lost, File::sync_data);
        if synced.is_ok() {
            self.is_unsynced = false;
        } else {
            // The system tells of it once: a second sync of the same file would say that all is well.
            (self.open, self.rest) = (None, None);
        }
        synced
    }
}

impl Sink for LinesSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        if !self.is_in_place() {
            self.sync()?;
            self.open = None;
            // Whoever reads now has not had the beginning.
            self.rest = None;
            self.reopen()?;
        }
        if self.rest.as_ref().is_none_or(|(seq, _)| *seq != event.seq) {
            let mut line = plain_json(&serde_json::to_string(event)?).into_owned().into_bytes();
            line.push(b'\n');
            self.rest = Some((event.seq, line));
        }
        let written = self.write_rest();
        if written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
            // Whoever reads next gets the whole line.
            (self.open, self.rest) = (None, None);
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        let synced = self.sync();
        // What is perhaps lost comes again.
        self.is_unsynced = false;
        synced
    }
}

/// Whether a file has something behind its last line feed.
fn ends_within_a_line(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(unix)]
fn is_same(one: &std::fs::Metadata, other: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// A file that is open cannot be moved away there.
#[cfg(not(unix))]
fn is_same(_: &std::fs::Metadata, _: &std::fs::Metadata) -> bool {
    true
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> bool {
    false
}

/// Whether a pipe could not be opened since nobody reads it.
#[cfg(unix)]
fn is_unread(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error())
}

#[cfg(not(unix))]
fn is_unread(_: &io::Error) -> bool {
    false
}
