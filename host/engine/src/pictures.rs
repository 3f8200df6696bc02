//! Pictures of apps, for those who show toasts: copies of what was in an app's folder when it was installed.
//!
//! They are no part of the store. One that is not there is told by its text, and an app that is installed
//! again brings it back.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bugle_task::AppId;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use sha2::{Digest as _, Sha256};

use crate::cache::make_private;

/// Kinds of pictures, by the endings of their names, with their media types: those that browsers and desktops
/// show, and that cannot have a script in them.
const PICTURE_TYPES: [(&str, &str); 5] = [
    ("gif", "image/gif"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("png", "image/png"),
    ("webp", "image/webp"),
];

/// The largest picture: one that fills a screen.
const PICTURE_BYTES_MAX: u64 = 1 << 20;
/// Pictures of an app: a few for each of its toasts.
const PICTURES_MAX: usize = 64;
/// All pictures of an app.
pub(crate) const PICTURES_BYTES_MAX: u64 = PICTURE_BYTES_MAX * PICTURES_MAX as u64;
/// What is looked at in an app's folder to find them: a project may be in it.
const ENTRIES_MAX: usize = 4_096;
/// Folders within one another that are looked into.
const DEPTH_MAX: usize = 4;

/// Where they are in the data folder, in a folder for each app.
const FOLDER: &str = "pictures";

/// Where a picture of an app is on the disk, by what its toasts call it; none if it was not there when the
/// app was installed, or is of no kind that is shown.
#[must_use]
pub fn picture(data_dir: &Path, app: &AppId, uri: &str) -> Option<PathBuf> {
    let name = file_name(uri)?;
    let path = data_dir.join(FOLDER).join(app.as_str()).join(name);
    path.is_file().then_some(path)
}

/// The media type of a picture, by its ending.
#[must_use]
pub fn picture_type(uri: &str) -> Option<&'static str> {
    let (_, ending) = uri.rsplit_once('.')?;
    let known = PICTURE_TYPES.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known));
    known.map(|(_, kind)| *kind)
}

/// Named by the digest of its path, so that no path of an app is one of the system's.
fn file_name(uri: &str) -> Option<String> {
    picture_type(uri)?;
    let digest = Sha256::digest(uri);
    let half: [u8; 16] = std::array::from_fn(|byte| digest[byte]);
    Some(format!("{:032x}", u128::from_be_bytes(half)))
}

/// Takes over the pictures in an app's folder, in place of those that the app had. Links are not followed.
pub(crate) fn take_over(data_dir: &Path, app: &AppId, folder: &Path) -> io::Result<()> {
    // No id of an app has this character.
    static DRAFTS: AtomicU64 = AtomicU64::new(0);
    let draft = format!("draft~{}", DRAFTS.fetch_add(1, Ordering::Relaxed));
    let from = Dir::open_ambient_dir(folder, ambient_authority())?;
    let mut found = Found { paths: Vec::new(), entries: 0 };
    found.look(&from, "", 0)?;
    let all = open(data_dir)?;
    make_private(&all, &draft)?;
    let to = all.open_dir(&draft)?;
    let copied = found.paths.iter().try_for_each(|path| copy(&from, path, &to));
    let placed = copied.and_then(|()| {
        erase(&all, app.as_str())?;
        all.rename(&draft, &all, app.as_str())
    });
    if placed.is_err() {
        // What is left of it goes at the next start.
        let _ = all.remove_dir_all(&draft);
    }
    placed
}

/// Erases the pictures of an app.
pub(crate) fn remove(data_dir: &Path, app: &AppId) -> io::Result<()> {
    erase(&open(data_dir)?, app.as_str())
}

/// Erases those of apps that are not there, and drafts that a host left when it was killed.
pub(crate) fn sweep(data_dir: &Path, is_there: impl Fn(&AppId) -> bool) -> io::Result<()> {
    let all = open(data_dir)?;
    for entry in all.entries()? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.parse().is_ok_and(|app| is_there(&app)) {
            erase(&all, &name)?;
        }
    }
    Ok(())
}

fn open(data_dir: &Path) -> io::Result<Dir> {
    let data = Dir::open_ambient_dir(data_dir, ambient_authority())?;
    make_private(&data, FOLDER)?;
    data.open_dir(FOLDER)
}

fn erase(all: &Dir, name: &str) -> io::Result<()> {
    match all.remove_dir_all(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        erased => erased,
    }
}

/// The pictures of a folder, by their paths with `/` between the names.
struct Found {
    paths: Vec<String>,
    entries: usize,
}

impl Found {
    fn look(&mut self, folder: &Dir, within: &str, depth: usize) -> io::Result<()> {
        for entry in folder.entries()? {
            let entry = entry?;
            self.entries += 1;
            if self.entries > ENTRIES_MAX || self.paths.len() >= PICTURES_MAX {
                return Ok(());
            }
            let Ok(name) = entry.file_name().into_string() else { continue };
            let kind = entry.file_type()?;
            let path = format!("{within}{name}");
            // What builds and tools leave is not the app's.
            let is_apps = !name.starts_with('.') && name != "target" && name != "node_modules";
            if kind.is_dir() && is_apps && depth < DEPTH_MAX {
                self.look(&entry.open_dir()?, &format!("{path}/"), depth + 1)?;
            } else if kind.is_file() && picture_type(&path).is_some() {
                self.paths.push(path);
            }
        }
        Ok(())
    }
}

/// Copies a picture, unless it is too large.
fn copy(from: &Dir, path: &str, to: &Dir) -> io::Result<()> {
    let Some(name) = file_name(path) else { return Ok(()) };
    let mut bytes = Vec::new();
    from.open(path)?.take(PICTURE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > PICTURE_BYTES_MAX {
        tracing::warn!(path, "a picture has more than 1 MiB, and is not shown");
        return Ok(());
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    to.open_with(name, &options)?.write_all(&bytes)
}
