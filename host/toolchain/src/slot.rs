//! A place in the folder for one set of tools, which is there as a whole or not at all.

use std::env::consts::{ARCH, OS};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::Error;

/// The file that is written last.
const STAMP: &str = "stamp";

/// Where one set of tools is, or will be.
#[derive(Debug)]
pub(crate) struct Slot {
    folder: PathBuf,
    /// What the stamp begins with. Another version, or another machine's folder, has another one.
    pins: String,
    /// A file without which it is not whole.
    needs: PathBuf,
}

impl Slot {
    pub(crate) fn new(tools: &Path, name: &str, pins: &str, needs: impl Into<PathBuf>) -> Self {
        let pins = format!("{ARCH}-{OS}\n{pins}");
        Self { folder: tools.join(name), pins, needs: needs.into() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What was noted when it was made, if it is there.
    pub(crate) fn note(&self) -> Option<String> {
        let stamp = fs::read_to_string(self.folder.join(STAMP)).ok()?;
        let note = stamp.strip_prefix(&self.pins)?;
        self.folder.join(&self.needs).exists().then(|| note.to_owned())
    }

    /// Makes it, unless another program has made it by the time that it is this one's turn.
    pub(crate) fn make(
        &self,
        say: &mut dyn FnMut(&str),
        fill: impl FnOnce(&Path, &mut dyn FnMut(&str)) -> Result<String, Error>,
    ) -> Result<(), Error> {
        let _lock = self.lock(say)?;
        if self.note().is_some() {
            return Ok(());
        }
        let staged = self.folder.with_extension("new");
        clear(&staged)?;
        create(&staged)?;
        let filled = fill(&staged, say).and_then(|note| {
            let stamp = staged.join(STAMP);
            fs::write(&stamp, format!("{}{note}", self.pins))
                .map_err(|error| Error::io("write", &stamp, error))?;
            clear(&self.folder)?;
            fs::rename(&staged, &self.folder)
                .map_err(|error| Error::io("move into its place", &staged, error))
        });
        if filled.is_err() {
            // It takes hundreds of megabytes, and the next try begins anew.
            clear(&staged)?;
        }
        filled
    }

    fn lock(&self, say: &mut dyn FnMut(&str)) -> Result<File, Error> {
        if let Some(tools) = self.folder.parent() {
            create(tools)?;
        }
        let path = self.folder.with_extension("lock");
        let file = File::create(&path).map_err(|error| Error::io("write", &path, error))?;
        if file.try_lock().is_err() {
            say("waiting for another program that sets up the same");
            file.lock().map_err(|error| Error::io("lock", &path, error))?;
        }
        Ok(file)
    }
}

/// Makes a folder and those above it.
pub(crate) fn create(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|error| Error::io("make the folder", folder, error))
}

/// Takes a folder away, if it is there.
pub(crate) fn clear(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove", folder, error))
        }
        _ => Ok(()),
    }
}

/// What is in a folder.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
    });
    entries.map_err(|error| Error::io("read the folder", folder, error))
}
