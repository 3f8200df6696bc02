//! Pictures of apps, for those who show toasts: copies of what was in an app's folder when it was installed.
//!
//! Each installation copies them into a folder of its own, which the store names in the transaction that
//! installs the app. No folder is written twice, so that what an app names is whole and of its version,
//! whenever a host is killed and whoever installs meanwhile; what no app names is erased. They are in no
//! backup: one that is not there is told by its text, and an app that is installed again brings it back.

mod content;

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fmt::Display;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use bugle_task::AppId;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirEntry, OpenOptions};
use sha2::{Digest as _, Sha256};

use crate::cache::make_private;
use crate::{Error, Reader, bytes_text, count_text, keys, plain};

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
const PICTURE_BYTES_MAX: u64 = 1_024 * 1_024;
/// Pictures of an app: a few for each of its toasts.
const PICTURES_MAX: usize = 64;
/// What is looked at in an app's folder to find them: a project may be in it.
const ENTRIES_MAX: usize = 4_096;
/// What is named in the log of what is left out: enough to see why.
const NAMED_MAX: usize = 8;

/// Where they are in the data folder: in a folder for each app, in one for each of its installations.
const FOLDER: &str = "pictures";

/// Where a picture of an app is on the disk, by what its toasts call it: [`Reader::picture`], for who has
/// nothing but the data folder.
#[must_use]
pub fn picture(data_dir: &Path, app: &AppId, uri: &str) -> Option<PathBuf> {
    Reader::open(data_dir).ok()?.picture(app, uri)
}

/// The media type of a picture, by its ending.
#[must_use]
pub fn picture_type(uri: &str) -> Option<&'static str> {
    let (_, ending) = uri.rsplit_once('.')?;
    let known = PICTURE_TYPES.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known));
    known.map(|(_, kind)| *kind)
}

/// Where a picture is, of those that an app names.
pub(crate) fn path(data_dir: &Path, app: &AppId, named: &str, uri: &str) -> Option<PathBuf> {
    let path = data_dir.join(FOLDER).join(app.as_str()).join(named).join(file_name(uri));
    // One that has lost its content is not there.
    path.metadata().is_ok_and(|found| found.is_file() && found.len() > 0).then_some(path)
}

/// Named by the digest of its path, so that no path of an app is one of the system's. A part that is `.` is
/// none.
fn file_name(uri: &str) -> String {
    let parts: Vec<&str> = uri.split('/').filter(|part| *part != ".").collect();
    name_of(Sha256::digest(parts.join("/")).into())
}

fn name_of(bytes: [u8; 32]) -> String {
    let half: [u8; 16] = std::array::from_fn(|at| bytes[at]);
    format!("{:032x}", u128::from_be_bytes(half))
}

/// Copies the pictures in an app's folder into one that nothing names yet; gives its name, or none if there
/// are no pictures. Links are not followed. What cannot be shown is left out, and the log says so.
pub(crate) fn take_over(
    data_dir: &Path,
    app: &AppId,
    folder: &Path,
    has_room: impl FnOnce(u64) -> bool,
) -> io::Result<Option<String>> {
    let from = Dir::open_ambient_dir(folder, ambient_authority())?;
    let mut found = Found::default();
    found.look(&from);
    let named = if found.pictures.is_empty() {
        None
    } else if has_room(found.bytes) {
        found.copy(&from, data_dir, app)?
    } else {
        let what = "the disk has no room for them";
        return Err(io::Error::new(io::ErrorKind::StorageFull, what));
    };
    found.left_out.tell(app);
    Ok(named)
}

/// Erases all pictures of an app but those that it names.
pub(crate) fn erase_others(data_dir: &Path, app: &AppId, named: Option<&str>) -> io::Result<()> {
    erase_but(&open(data_dir)?, app, named)
}

/// Erases what no app names: what a host left when it was killed, and what is not ours.
pub(crate) fn sweep(
    data_dir: &Path,
    named: impl Fn(&AppId) -> Result<Option<String>, Error>,
) -> io::Result<()> {
    let all = open(data_dir)?;
    each(&all, |name| match name.to_str().and_then(|name| name.parse::<AppId>().ok()) {
        // What cannot be read may be named.
        Some(app) => named(&app).map_or(Ok(()), |named| erase_but(&all, &app, named.as_deref())),
        None => erase(&all, Path::new(name)),
    })
}

fn open(data_dir: &Path) -> io::Result<Dir> {
    folder_in(&Dir::open_ambient_dir(data_dir, ambient_authority())?, FOLDER)
}

/// A folder in another, made if it is not there.
fn folder_in(parent: &Dir, name: &str) -> io::Result<Dir> {
    make_private(parent, name)?;
    parent.open_dir(name)
}

fn erase_but(all: &Dir, app: &AppId, named: Option<&str>) -> io::Result<()> {
    let Some(named) = named else { return erase(all, Path::new(app.as_str())) };
    let of_app = all.open_dir(app.as_str())?;
    each(&of_app, |name| if name == named { Ok(()) } else { erase(&of_app, Path::new(name)) })
}

/// Does something with each entry of a folder, whatever becomes of the others. Gives the first error.
fn each(folder: &Dir, act: impl Fn(&OsStr) -> io::Result<()>) -> io::Result<()> {
    let mut first = Ok(());
    for entry in folder.entries()? {
        first = first.and(entry.and_then(|entry| act(&entry.file_name())));
    }
    first
}

/// Erases a folder with all that is in it, or a file.
fn erase(within: &Dir, name: &Path) -> io::Result<()> {
    let erased = match within.symlink_metadata(name) {
        Ok(found) if found.is_dir() => within.remove_dir_all(name),
        Ok(_) => within.remove_file(name),
        Err(error) => Err(error),
    };
    match erased {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        erased => erased,
    }
}

/// The pictures of a folder, by their paths with `/` between the names.
#[derive(Default)]
struct Found {
    /// With their media types.
    pictures: Vec<(String, &'static str)>,
    bytes: u64,
    left_out: LeftOut,
}

impl Found {
    /// Looks into a folder before it looks into those in it, and at each by name: which pictures are taken is
    /// not left to the disk.
    fn look(&mut self, from: &Dir) {
        let mut folders = VecDeque::from([String::new()]);
        let mut most = ENTRIES_MAX;
        while let Some(within) = folders.pop_front() {
            let entries = match entries(from, &within, most) {
                Ok(entries) => entries,
                Err(error) => {
                    self.left_out.add(&within, error);
                    continue;
                }
            };
            if entries.len() > most {
                let max = count_text(ENTRIES_MAX as u64);
                return self.left_out.add(&within, format!("at most {max} files are looked at"));
            }
            most -= entries.len();
            folders.extend(entries.iter().filter_map(|entry| self.see(entry, &within)));
        }
    }

    /// Takes in a picture, or gives the path of a folder.
    fn see(&mut self, entry: &DirEntry, within: &str) -> Option<String> {
        let name = entry.file_name().into_string().ok()?;
        // What builds and tools leave is not the app's.
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            return None;
        }
        let path = format!("{within}{name}");
        match entry.metadata() {
            Err(error) => self.left_out.add(&path, error),
            Ok(found) if found.is_dir() => return Some(format!("{path}/")),
            Ok(found) if found.is_file() => self.take(path, found.len()),
            Ok(_) => {}
        }
        None
    }

    fn take(&mut self, path: String, bytes: u64) {
        let Some(media_type) = picture_type(&path) else { return };
        if bytes > PICTURE_BYTES_MAX {
            let max = bytes_text(PICTURE_BYTES_MAX);
            self.left_out.add(&path, format!("it has more than {max}"));
        } else if self.pictures.len() == PICTURES_MAX {
            self.left_out.add(&path, format!("{PICTURES_MAX} others come before it"));
        } else {
            self.pictures.push((path, media_type));
            self.bytes += bytes;
        }
    }

    /// Copies all of them, so that they outlast a loss of power; gives the new folder's name, or none if
    /// there is nothing to show.
    fn copy(&mut self, from: &Dir, data_dir: &Path, app: &AppId) -> io::Result<Option<String>> {
        let data = Dir::open_ambient_dir(data_dir, ambient_authority())?;
        let all = folder_in(&data, FOLDER)?;
        let of_app = folder_in(&all, app.as_str())?;
        let name = name_of(keys::random()?);
        let to = folder_in(&of_app, &name)?;
        let mut is_empty = true;
        for (path, media_type) in &self.pictures {
            match read(from, path, media_type) {
                Ok(bytes) => {
                    write(&to, &file_name(path), &bytes)?;
                    is_empty = false;
                }
                Err(error) => self.left_out.add(path, error),
            }
        }
        // Names have to last as well as bytes.
        for folder in [&to, &of_app, &all, &data] {
            folder.open(".")?.sync_all()?;
        }
        Ok((!is_empty).then_some(name))
    }
}

/// What is in a folder, by name; of more than so many, one more than that.
fn entries(from: &Dir, within: &str, most: usize) -> io::Result<Vec<DirEntry>> {
    let entries = from.read_dir(format!("./{within}"))?.take(most + 1);
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_cached_key(DirEntry::file_name);
    Ok(entries)
}

fn read(from: &Dir, path: &str, media_type: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.open(path)?.take(PICTURE_BYTES_MAX).read_to_end(&mut bytes)?;
    content::check(&bytes, media_type).map_err(io::Error::other)?;
    Ok(bytes)
}

fn write(to: &Dir, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = to.open_with(name, &options)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// What is not shown, and why.
#[derive(Default)]
struct LeftOut {
    named: Vec<String>,
    all: usize,
}

impl LeftOut {
    fn add(&mut self, path: &str, why: impl Display) {
        let path = if path.is_empty() { "." } else { path };
        self.all += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(format!("`{path}`: {why}"));
        }
    }

    fn tell(&self, app: &AppId) {
        if self.all > 0 {
            let named = self.named.join("; ");
            let (all, named) = (self.all, plain(&named));
            tracing::warn!(%app, all, %named, "some pictures of the app are not shown");
        }
    }
}
