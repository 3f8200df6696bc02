//! What a disk has, by what was written to it and synced, and what it can have after a loss of power.
//!
//! Assumed of it is what SQLite assumes: a write that the power cuts short leaves the bytes beside it as
//! they were ("powersafe overwrite"). Names last once the folder was synced, which SQLite does with the
//! first sync of a new log or journal.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::chance::Chance;

/// What a disk writes whole, whatever it is asked for.
const SECTOR: usize = 512;

/// What a system writes at a time, unless the power goes in between.
const PAGE: usize = 4_096;

/// A file, whatever its name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId(pub(crate) usize);

/// Something that happened on a disk.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// A file that is there, and was not made by SQLite.
    Found {
        file: FileId,
        name: String,
        content: Vec<u8>,
    },
    Made {
        file: FileId,
        name: String,
        is_journal: bool,
    },
    Renamed {
        from: String,
        to: String,
    },
    SyncedFolder,
    Write {
        file: FileId,
        at: usize,
        bytes: Box<[u8]>,
    },
    Truncate {
        file: FileId,
        len: usize,
    },
    Sync(FileId),
    /// A sync failed, and what was to be synced will not be.
    Lost {
        file: FileId,
        is_reverted: bool,
    },
    Deleted {
        name: String,
    },
    /// So many steps are done for all that the outside knows.
    Mark(usize),
}

/// What becomes of that which was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// All of it is lost.
    All,
    /// None of it is.
    None,
    /// None of it is, but that files grew.
    Growth,
    /// What chance says, sector by sector, in any order.
    Some,
}

/// The files of a folder, with what is in them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Image(pub(crate) BTreeMap<String, Vec<u8>>);

#[derive(Debug, Clone, Default)]
pub(crate) struct Platter {
    files: BTreeMap<FileId, Content>,
    names: BTreeMap<String, FileId>,
    synced_names: BTreeMap<String, FileId>,
}

#[derive(Debug, Clone, Default)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
    /// What was done since the last sync.
    pending: Vec<Pending>,
    /// The next sync of the file is one of the folder too.
    syncs_folder: bool,
}

#[derive(Debug, Clone)]
enum Pending {
    Write(usize, Box<[u8]>),
    Truncate(usize),
}

impl Pending {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
            Self::Truncate(len) => content.resize(*len, 0),
        }
    }

    /// The parts of a write that reach the disk one by one.
    fn sectors(&self, size: usize) -> Vec<Self> {
        let Self::Write(at, bytes) = self else { return vec![self.clone()] };
        let mut parts = Vec::new();
        let mut from = *at;
        while from < at + bytes.len() {
            let to = (from / size * size + size).min(at + bytes.len());
            parts.push(Self::Write(from, bytes[from - at..to - at].into()));
            from = to;
        }
        parts
    }
}

/// One of 0 to `end`, without `end`.
fn pick(chance: &mut Chance, end: usize) -> usize {
    usize::try_from(chance.below(end as u64)).unwrap_or_default()
}

impl Content {
    fn change(&mut self, change: Pending) {
        change.apply(&mut self.now);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.apply(&mut self.synced);
        }
    }

    fn lose(&mut self, is_reverted: bool) {
        self.pending.clear();
        if is_reverted {
            // The length is in memory; what is behind the old end reads as nothing.
            let len = self.now.len();
            self.now.clone_from(&self.synced);
            self.now.resize(len.max(self.synced.len()), 0);
        }
    }

    fn after(&self, loss: Loss, chance: &mut Chance) -> Vec<u8> {
        match loss {
            Loss::All => self.synced.clone(),
            Loss::None => {
                // Not what it is now: a failed sync may have left what never gets there.
                let mut content = self.synced.clone();
                self.pending.iter().for_each(|change| change.apply(&mut content));
                content
            }
            Loss::Growth => {
                let mut content = self.after(Loss::None, chance);
                content.truncate(self.synced.len());
                content
            }
            Loss::Some => self.scrambled(chance),
        }
    }

    /// Some of what is pending, in some order, and perhaps not as long as it should be.
    fn scrambled(&self, chance: &mut Chance) -> Vec<u8> {
        let size = if chance.below(2) == 0 { SECTOR } else { PAGE };
        // How much gets there, of ten: next to nothing, half, or nearly all.
        let share = [1, 5, 9][pick(chance, 3)];
        let mut parts: Vec<Pending> = Vec::new();
        for (left, change) in self.pending.iter().enumerate().rev() {
            // The last is torn as a disk tears it.
            let is_last = left + 1 == self.pending.len();
            parts.extend(change.sectors(if is_last { SECTOR } else { size }));
        }
        for end in (1..parts.len()).rev() {
            parts.swap(end, pick(chance, end + 1));
        }
        let mut content = self.synced.clone();
        for part in parts.iter().filter(|_| chance.below(10) < share) {
            part.apply(&mut content);
        }
        let grown = content.len().saturating_sub(self.synced.len());
        match chance.below(4) {
            0 => content.truncate(self.synced.len() + pick(chance, grown + 1)),
            // It is as long as it should be, whether anything got there or not.
            1 => content.resize(content.len().max(self.now.len()), 0),
            _ => {}
        }
        content
    }
}

impl Platter {
    /// What a disk has after all that happened.
    pub(crate) fn after(log: &[Op]) -> Self {
        let mut platter = Self::default();
        log.iter().for_each(|op| platter.apply(op));
        platter
    }

    fn file(&mut self, file: FileId) -> &mut Content {
        self.files.entry(file).or_default()
    }

    pub(crate) fn apply(&mut self, op: &Op) {
        match op {
            Op::Found { file, name, content } => {
                let (now, synced) = (content.clone(), content.clone());
                self.files.insert(*file, Content { now, synced, ..Content::default() });
                self.names.insert(name.clone(), *file);
            }
            Op::Made { file, name, is_journal } => {
                self.file(*file).syncs_folder = *is_journal;
                self.names.insert(name.clone(), *file);
            }
            Op::Renamed { from, to } => {
                if let Some(file) = self.names.remove(from) {
                    self.names.insert(to.clone(), file);
                }
            }
            Op::SyncedFolder => self.synced_names.clone_from(&self.names),
            Op::Write { file, at, bytes } => {
                self.file(*file).change(Pending::Write(*at, bytes.clone()));
            }
            Op::Truncate { file, len } => self.file(*file).change(Pending::Truncate(*len)),
            Op::Sync(file) => {
                let content = self.file(*file);
                content.sync();
                if std::mem::take(&mut content.syncs_folder) {
                    self.synced_names.clone_from(&self.names);
                }
            }
            Op::Lost { file, is_reverted } => self.file(*file).lose(*is_reverted),
            Op::Deleted { name } => drop(self.names.remove(name)),
            Op::Mark(_) => {}
        }
    }

    /// What a file reads as.
    pub(crate) fn content(&self, file: FileId) -> Vec<u8> {
        self.files.get(&file).map(|content| content.now.clone()).unwrap_or_default()
    }

    /// What every file's name is.
    pub(crate) fn names(&self) -> &BTreeMap<String, FileId> {
        &self.names
    }

    /// What can be read of all of it.
    pub(crate) fn in_memory(&self) -> Image {
        let files = self.names.iter().map(|(name, file)| (name.clone(), self.content(*file)));
        Image(files.collect())
    }

    /// What can be there after a loss of power.
    pub(crate) fn after_power_loss(&self, loss: Loss, chance: &mut Chance) -> Image {
        let names = match loss {
            Loss::All => self.synced_names.clone(),
            Loss::None | Loss::Growth => self.names.clone(),
            Loss::Some => {
                let mut names = self.synced_names.clone();
                for name in self.names.keys().chain(self.synced_names.keys()) {
                    if chance.below(2) == 0 {
                        match self.names.get(name) {
                            Some(file) => names.insert(name.clone(), *file),
                            None => names.remove(name),
                        };
                    }
                }
                names
            }
        };
        let files = names.into_iter().map(|(name, file)| {
            let content = self.files.get(&file).map(|content| content.after(loss, chance));
            (name, content.unwrap_or_default())
        });
        Image(files.collect())
    }
}

impl Image {
    /// Puts the files into a folder that is not there yet.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        fs::DirBuilder::new().mode(0o700).create(folder)?;
        for (name, content) in &self.0 {
            let mut open = fs::OpenOptions::new();
            open.write(true).create_new(true).mode(0o600);
            std::io::Write::write_all(&mut open.open(folder.join(name))?, content)?;
        }
        Ok(())
    }
}
