//! Which toast is which notification, on the disk: a desktop shows them longer than a host runs.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::shown::OneShown;

/// Below the host's data folder.
const FILE: &str = "desktop.json";

/// What the file has. The numbers are those of one desktop, which has its name until its bus ends.
#[derive(Serialize, Deserialize)]
struct Contents<'a, S> {
    bus: &'a str,
    owner: &'a str,
    shown: S,
}

/// The file, for the desktop of now.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    bus: String,
    owner: String,
}

impl Kept {
    pub(super) fn of(data_dir: &Path, bus: String, owner: String) -> Self {
        Self { path: data_dir.join(FILE), bus, owner }
    }

    /// Whether an earlier host has shown something.
    pub(super) fn is_there(data_dir: &Path) -> bool {
        data_dir.join(FILE).is_file()
    }

    /// What an earlier host has shown on this desktop. A file that cannot be read, or is of another, has
    /// nothing of it.
    pub(super) fn read(&self) -> Vec<OneShown> {
        let Ok(text) = fs::read_to_string(&self.path) else { return Vec::new() };
        let contents: Option<Contents<'_, Vec<OneShown>>> = serde_json::from_str(&text).ok();
        let is_ours =
            |contents: &Contents<'_, _>| contents.bus == self.bus && contents.owner == self.owner;
        contents.filter(is_ours).map(|contents| contents.shown).unwrap_or_default()
    }

    /// Not synced: after a loss of power there is another desktop.
    pub(super) fn write(&self, shown: &[OneShown]) {
        if let Err(error) = self.try_write(shown) {
            tracing::warn!(%error, path = %self.path.display(), "notifications will be strange to the next host");
        }
    }

    fn try_write(&self, shown: &[OneShown]) -> io::Result<()> {
        let text = serde_json::to_vec(&Contents { bus: &self.bus, owner: &self.owner, shown })?;
        let draft = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&text)?;
        fs::rename(draft, &self.path)
    }
}
