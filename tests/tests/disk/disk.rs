//! A disk under a folder of SQLite's: it notes what is written and synced, and can be told to fail.
//!
//! It never syncs, since nothing here outlives a loss of power that is not made by a test.

use std::collections::{BTreeMap, HashMap};
use std::ffi::c_int;
use std::fs::{self, Metadata};
use std::ops::Deref;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::ffi;

use crate::platter::{FileId, Op, Platter};
use crate::vfs;

// A disk's state is locked after this, never before.
/// The folders that have a disk.
static DISKS: Mutex<BTreeMap<PathBuf, Arc<Disk>>> = Mutex::new(BTreeMap::new());

/// What can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Read,
    /// To write, or to cut a file.
    Write,
    Sync,
    /// To open or delete.
    Folder,
}

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// `EIO`, and nothing was done.
    Io,
    /// `ENOSPC`, and nothing was done.
    Full,
    /// `EIO`, and the first half was written.
    HalfThenIo,
    /// `ENOSPC`, and the first half was written.
    HalfThenFull,
    /// `EROFS`.
    ReadOnly,
    /// Of a sync: what was not on the disk is forgotten, and from here on reads as it was.
    Reverted,
    /// Of a sync: what was not on the disk reads as if it were, and is never written to it.
    Forgotten,
}

/// A failure to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) call: Call,
    pub(crate) how: How,
    /// How many calls succeed before.
    pub(crate) after: u64,
    /// How many fail.
    pub(crate) times: u64,
}

pub(crate) struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

/// A disk under its folder, as long as this is there.
pub(crate) struct Mount(Arc<Disk>);

#[derive(Default)]
struct State {
    /// Whether operations are noted.
    is_noted: bool,
    /// A sync is said to be done and is not.
    lies: bool,
    log: Vec<Op>,
    /// By the inode, as a file can be renamed behind SQLite's back.
    files: HashMap<u64, FileId>,
    fault: Option<Fault>,
    /// Whether the fault has shown itself.
    has_struck: bool,
}

/// A file that SQLite is about to open.
pub(crate) struct Opening {
    disk: Arc<Disk>,
    path: PathBuf,
    is_made: bool,
    is_journal: bool,
}

/// A file that SQLite has opened.
pub(crate) struct OnDisk {
    disk: Arc<Disk>,
    file: FileId,
}

/// The disk of a file's folder, and the file's name.
pub(crate) fn of(path: &Path) -> Option<(Arc<Disk>, String)> {
    let name = path.file_name()?.to_str()?.to_owned();
    let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    Some((Arc::clone(disks.get(path.parent()?)?), name))
}

/// Asks the disk of a file that SQLite opens; none if no disk has it.
pub(crate) fn open(path: &Path, flags: c_int) -> Option<Result<Opening, c_int>> {
    let (disk, _) = of(path)?;
    let is_made = !path.exists();
    if let (true, Some(how)) = (is_made, disk.state().strike(Call::Folder)) {
        // What the system's VFS says whatever the reason is.
        return Some(Err(if how == How::Io { ffi::SQLITE_IOERR } else { ffi::SQLITE_CANTOPEN }));
    }
    let is_journal = flags & (ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL) != 0;
    Some(Ok(Opening { disk, path: path.to_owned(), is_made, is_journal }))
}

impl Disk {
    /// A disk for a folder that is there, which notes nothing and fails nothing.
    pub(crate) fn under(folder: &Path) -> anyhow::Result<Mount> {
        vfs::install();
        // As SQLite names its files.
        let folder = folder.canonicalize()?;
        let disk = Arc::new(Self { folder: folder.clone(), state: Mutex::default() });
        let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.insert(folder, Arc::clone(&disk));
        Ok(Mount(disk))
    }

    /// As [`under`](Self::under), for a folder without files, and everything is noted.
    pub(crate) fn noting(folder: &Path) -> anyhow::Result<Mount> {
        let mount = Self::under(folder)?;
        mount.state().is_noted = true;
        Ok(mount)
    }

    /// The disk of a copy of the folder, as the system has it when its process was killed: with all that
    /// memory has, whatever of it is on the disk.
    pub(crate) fn after_a_kill(&self, folder: &Path) -> anyhow::Result<Mount> {
        let log = self.log();
        let platter = Platter::after(&log);
        platter.in_memory().write(folder)?;
        let mount = Self::noting(folder)?;
        let mut state = mount.state();
        state.log = log;
        for (name, file) in platter.names() {
            state.files.insert(inode(&folder.join(name)), *file);
        }
        drop(state);
        Ok(mount)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on, syncs are said to be done and are not.
    pub(crate) fn lie(&self) {
        self.state().lies = true;
    }

    /// Notes how many steps whoever uses the folder knows to be done.
    pub(crate) fn mark(&self, done: usize) {
        self.state().log.push(Op::Mark(done));
    }

    /// Lets a fault come, in place of any other.
    pub(crate) fn arm(&self, fault: Fault) {
        let mut state = self.state();
        (state.fault, state.has_struck) = (Some(fault), false);
    }

    /// Takes the fault away; gives whether it has shown itself.
    pub(crate) fn disarm(&self) -> bool {
        let mut state = self.state();
        state.fault = None;
        state.has_struck
    }

    /// Whether the fault has shown itself so far.
    pub(crate) fn has_struck(&self) -> bool {
        self.state().has_struck
    }

    /// How many calls succeed before the fault comes.
    pub(crate) fn left(&self) -> Option<u64> {
        self.state().fault.map(|fault| fault.after)
    }

    /// All that was noted.
    pub(crate) fn log(&self) -> Vec<Op> {
        self.state().log.clone()
    }

    /// What the disk has now, by what was noted.
    pub(crate) fn platter(&self) -> Platter {
        Platter::after(&self.state().log)
    }

    /// Lets SQLite delete a file, and sync the folder afterwards.
    pub(crate) fn delete(&self, syncs_folder: bool, real: impl FnOnce() -> c_int) -> c_int {
        if self.state().strike(Call::Folder).is_some() {
            return ffi::SQLITE_IOERR_DELETE;
        }
        let code = real();
        if code == ffi::SQLITE_OK && syncs_folder {
            self.state().note(|| Op::SyncedFolder);
        }
        code
    }
}

/// Renames a file, and notes it.
pub(crate) fn rename(from: &Path, to: &Path, real: impl FnOnce() -> c_int) -> c_int {
    let (Some((disk, from)), Some((_, name))) = (of(from), of(to)) else { return real() };
    let mut state = disk.state();
    let replaced = inode(to);
    let done = real();
    if done == 0 {
        state.files.remove(&replaced);
        state.note(|| Op::Renamed { from, to: name });
    }
    done
}

/// Takes a file's name away, and notes it.
pub(crate) fn unlink(path: &Path, real: impl FnOnce() -> c_int) -> c_int {
    let Some((disk, name)) = of(path) else { return real() };
    let mut state = disk.state();
    let removed = inode(path);
    let done = real();
    if done == 0 {
        state.files.remove(&removed);
        state.note(|| Op::Deleted { name });
    }
    done
}

/// Syncs a file or a folder that a disk has; whether it did. None if no disk has it.
pub(crate) fn fsync(metadata: &Metadata) -> Option<bool> {
    let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    for (folder, disk) in disks.iter() {
        let mut state = disk.state();
        let file = state.files.get(&metadata.ino()).copied();
        if file.is_none() && inode(folder) != metadata.ino() {
            continue;
        }
        let strike = state.strike(Call::Sync);
        let op = match (file, strike) {
            (Some(file), None) => Op::Sync(file),
            (None, None) => Op::SyncedFolder,
            (Some(file), Some(how)) => Op::Lost { file, is_reverted: how == How::Reverted },
            (None, Some(_)) => return Some(false),
        };
        if !state.lies {
            state.note(|| op);
        }
        return Some(strike.is_none());
    }
    None
}

fn inode(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |metadata| metadata.ino())
}

impl Deref for Mount {
    type Target = Disk;

    fn deref(&self) -> &Disk {
        &self.0
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.remove(&self.0.folder);
    }
}

impl State {
    /// Whether a call fails now.
    fn strike(&mut self, call: Call) -> Option<How> {
        let fault = self.fault.as_mut().filter(|fault| fault.call == call)?;
        if let Some(less) = fault.after.checked_sub(1) {
            fault.after = less;
            return None;
        }
        fault.times = fault.times.checked_sub(1)?;
        self.has_struck = true;
        Some(fault.how)
    }

    fn note(&mut self, op: impl FnOnce() -> Op) {
        if self.is_noted {
            self.log.push(op());
        }
    }
}

impl Opening {
    /// The file is open.
    pub(crate) fn done(self) -> OnDisk {
        let Self { disk, path, is_made, is_journal } = self;
        let inode = inode(&path);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut state = disk.state();
        let known = state.files.get(&inode).copied().filter(|_| !is_made);
        let file = known.unwrap_or(FileId(state.log.len()));
        state.files.insert(inode, file);
        if is_made {
            state.note(|| Op::Made { file, name, is_journal });
        } else if known.is_none() {
            let content = fs::read(&path).unwrap_or_default();
            state.note(|| Op::Found { file, name, content });
        }
        drop(state);
        OnDisk { disk, file }
    }
}

impl OnDisk {
    pub(crate) fn read(&self, real: impl FnOnce() -> c_int) -> c_int {
        match self.disk.state().strike(Call::Read) {
            Some(_) => ffi::SQLITE_IOERR_READ,
            None => real(),
        }
    }

    pub(crate) fn write(&self, at: u64, bytes: &[u8], real: impl Fn(&[u8]) -> c_int) -> c_int {
        let mut state = self.disk.state();
        let (part, code) = match state.strike(Call::Write) {
            None => (bytes, ffi::SQLITE_OK),
            Some(How::Full) => return ffi::SQLITE_FULL,
            Some(How::HalfThenFull) => (&bytes[..bytes.len() / 2], ffi::SQLITE_FULL),
            Some(How::HalfThenIo) => (&bytes[..bytes.len() / 2], ffi::SQLITE_IOERR_WRITE),
            Some(How::ReadOnly) => return ffi::SQLITE_READONLY,
            Some(_) => return ffi::SQLITE_IOERR_WRITE,
        };
        let done = real(part);
        if done != ffi::SQLITE_OK {
            return done;
        }
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        state.note(|| Op::Write { file: self.file, at, bytes: part.into() });
        code
    }

    pub(crate) fn truncate(&self, len: u64, real: impl FnOnce() -> c_int) -> c_int {
        let mut state = self.disk.state();
        // A file is made shorter on a full disk too: it takes no room.
        if !matches!(state.strike(Call::Write), None | Some(How::Full | How::HalfThenFull)) {
            return ffi::SQLITE_IOERR_TRUNCATE;
        }
        let code = real();
        if code == ffi::SQLITE_OK {
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            state.note(|| Op::Truncate { file: self.file, len });
        }
        code
    }

    pub(crate) fn sync(&self, real_write: impl Fn(&[u8]) -> c_int) -> c_int {
        let mut state = self.disk.state();
        let lost = |is_reverted| Op::Lost { file: self.file, is_reverted };
        match state.strike(Call::Sync) {
            None if state.lies => {}
            None => state.note(|| Op::Sync(self.file)),
            Some(How::Reverted) => {
                state.note(|| lost(true));
                // By the open file: to close another of the process would give up SQLite's locks.
                let _ = real_write(&Platter::after(&state.log).content(self.file));
                return ffi::SQLITE_IOERR_FSYNC;
            }
            Some(How::Forgotten) => {
                state.note(|| lost(false));
                return ffi::SQLITE_IOERR_FSYNC;
            }
            Some(_) => return ffi::SQLITE_IOERR_FSYNC,
        }
        ffi::SQLITE_OK
    }
}
