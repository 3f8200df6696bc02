use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bugle_sandbox::{COMPONENT_BYTES_MAX, admit};
use bugle_task::Limits;
use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::Error;
use crate::manifest::{MANIFEST_FILE, Manifest, TaskEntry};

/// The most bytes a manifest may have: hundreds of tasks.
const MANIFEST_BYTES_MAX: usize = 256 * 1024;

/// An app's folder as it was read: the manifest and the components it names, all checked.
#[derive(Debug)]
pub(crate) struct AppFolder {
    pub(crate) manifest: Manifest,
    pub(crate) components: Vec<(TaskEntry, Arc<[u8]>)>,
}

impl AppFolder {
    /// Reads an app's folder. Nothing outside of it is opened, whatever the manifest says and
    /// wherever links in it lead.
    pub(crate) fn read(path: &Path, allowed: &Limits) -> Result<Self, Error> {
        let folder = open(path)?;
        let manifest = manifest_in(&folder, path, allowed)?;
        let mut components: Vec<(TaskEntry, Arc<[u8]>)> = Vec::new();
        for task in &manifest.tasks {
            let same = components.iter().find(|(other, _)| other.component == task.component);
            let bytes = match same {
                Some((_, bytes)) => Arc::clone(bytes),
                None => read_file(&folder, &task.component, COMPONENT_BYTES_MAX + 1)
                    .map_err(|source| unreadable(path, &manifest, task, source))?
                    .into(),
            };
            check(&path.join(&task.component), &bytes, &task.limits)?;
            components.push((task.clone(), bytes));
        }
        Ok(Self { manifest, components })
    }
}

/// Why a task's component cannot be read. A project lacks it until it is built.
fn unreadable(folder: &Path, manifest: &Manifest, task: &TaskEntry, source: io::Error) -> Error {
    let path = folder.join(&task.component);
    if source.kind() == io::ErrorKind::NotFound && manifest.build.is_some() {
        return Error::NotBuilt { path, folder: folder.to_owned() };
    }
    Error::File { path, source }
}

fn at(path: PathBuf) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::File { path, source }
}

fn open(path: &Path) -> Result<Dir, Error> {
    Dir::open_ambient_dir(path, ambient_authority()).map_err(at(path.to_owned()))
}

fn manifest_in(folder: &Dir, path: &Path, allowed: &Limits) -> Result<Manifest, Error> {
    let manifest_path = path.join(MANIFEST_FILE);
    let text = read_file(folder, Path::new(MANIFEST_FILE), MANIFEST_BYTES_MAX)
        .and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))
        })
        .map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NoManifest { folder: path.to_owned() },
            _ => Error::File { path: manifest_path.clone(), source },
        })?;
    Ok(Manifest::parse(&manifest_path.to_string_lossy(), &text, allowed)?)
}

/// Reads the manifest in an app's folder, whose components need not be there yet.
///
/// # Errors
///
/// There is none, or it is not as it must be.
pub fn read_manifest(folder: &Path, allowed: &Limits) -> Result<Manifest, Error> {
    manifest_in(&open(folder)?, folder, allowed)
}

/// Checks a component as at install.
pub(crate) fn check(path: &Path, bytes: &[u8], limits: &Limits) -> Result<(), Error> {
    let admitted = admit(bytes, limits);
    admitted.map(drop).map_err(|source| Error::Component { path: path.to_owned(), source })
}

/// Reads a file up to a size; what is larger is an error here or, one byte over, in the check of the
/// content.
fn read_file(folder: &Dir, path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let file = folder.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    file.take(bytes_max as u64).read_to_end(&mut bytes)?;
    if bytes.len() == bytes_max && bytes_max == MANIFEST_BYTES_MAX {
        return Err(io::Error::other("it has more than 256 KiB"));
    }
    Ok(bytes)
}
