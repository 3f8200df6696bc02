//! An app that somebody has dropped: looked at before it is installed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use bugle::task::Limits;
use bugle::{Admission, AppId, Error, MANIFEST_FILE, Manifest, bytes_text, count_text};
use maud::{Markup, html};
use tempfile::TempDir;

use crate::words::guest;

/// Files of an upload: an app has a manifest, some components and a few pictures.
pub const FILES_MAX: usize = 64;

/// Bytes of all files of an upload: two of the largest components that there may be.
pub const UPLOAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The longest path in an upload: as long as systems take a name.
const PATH_BYTES_MAX: usize = 255;

/// What a component by itself is called in its app.
const COMPONENT: &str = "task.wasm";

/// Files that were dropped, in a folder of their own that goes with this.
#[derive(Debug)]
pub struct Upload {
    folder: TempDir,
    files: usize,
    bytes: usize,
}

impl Upload {
    /// A folder with nothing in it, in another one, which is made if it is not there. Its owner alone can
    /// read what is in it.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn new(within: &Path) -> io::Result<Self> {
        own_folder().create(within)?;
        let folder = TempDir::with_prefix_in("bugle-upload-", within)?;
        Ok(Self { folder, files: 0, bytes: 0 })
    }

    /// Keeps a file under a path with `/` between its names.
    ///
    /// # Errors
    ///
    /// The path leads elsewhere, there are too many files or bytes already, or it cannot be written.
    pub fn write(&mut self, path: &str, content: &[u8]) -> io::Result<()> {
        let path = inside(path).ok_or_else(|| io::Error::other("the path leads elsewhere"))?;
        (self.files, self.bytes) = (self.files + 1, self.bytes.saturating_add(content.len()));
        if self.files > FILES_MAX || self.bytes > UPLOAD_BYTES_MAX {
            let max = bytes_text(UPLOAD_BYTES_MAX as u64);
            return Err(io::Error::other(format!("it has more than {FILES_MAX} files, or {max}")));
        }
        let path = self.folder.path().join(path);
        if let Some(folder) = path.parent() {
            own_folder().create(folder)?;
        }
        own_file().open(path)?.write_all(content)
    }

    /// The folder of the app in it: where its manifest is. A component by itself gets one.
    ///
    /// # Errors
    ///
    /// There is neither a manifest nor one component.
    pub fn app_folder(&self) -> io::Result<PathBuf> {
        let root = self.folder.path();
        if root.join(MANIFEST_FILE).is_file() {
            return Ok(root.to_owned());
        }
        let entries: Vec<PathBuf> =
            fs::read_dir(root)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        match &entries[..] {
            // A folder that was dropped is in the names of its files.
            [folder] if folder.join(MANIFEST_FILE).is_file() => Ok(folder.clone()),
            [file] if file.extension().is_some_and(|ending| ending == "wasm") => {
                fs::rename(file, root.join(COMPONENT))?;
                let mut manifest = own_file().open(root.join(MANIFEST_FILE))?;
                manifest.write_all(manifest_for(file).as_bytes())?;
                Ok(root.to_owned())
            }
            _ => Err(io::Error::other(format!("there is no {MANIFEST_FILE} in it"))),
        }
    }

    /// What the app is and what its components import, and whether this host would take it: before it does.
    #[must_use]
    pub fn look(&self) -> String {
        let found = self.app_folder().map_err(|error| error.to_string());
        let found = found.and_then(|folder| {
            let manifest = bugle::read_manifest(&folder, &Limits::default());
            manifest.map(|manifest| (folder, manifest)).map_err(|error| said(&error, self))
        });
        let page = match found {
            Ok((folder, manifest)) => about(&folder, &manifest),
            Err(why) => html! { p.mark.bad { "It cannot be installed." } p { (guest(&why)) } },
        };
        page.into_string()
    }
}

/// Folders that their owner alone can read.
fn own_folder() -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Files that their owner alone can read.
fn own_file() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// An error without the folder, which is nobody's to see.
fn said(error: &Error, upload: &Upload) -> String {
    let folder = format!("{}/", upload.folder.path().display());
    error.to_string().replace(&folder, "")
}

/// A path that stays within the folder that it is joined to.
fn inside(path: &str) -> Option<PathBuf> {
    let parts = Path::new(path);
    let is_inside = parts.components().all(|part| matches!(part, Component::Normal(_)));
    let is_short = !path.is_empty() && path.len() <= PATH_BYTES_MAX;
    // A name of another system's folder would be one here.
    (is_inside && is_short && !path.contains(['\\', '\0', ':'])).then(|| parts.to_owned())
}

/// A manifest for a component by itself: one task, one channel, and toasts. Nothing of the file's name is in
/// it but letters, digits and dashes.
fn manifest_for(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let name: String = stem.chars().map(|c| if is_plain(c) { c } else { '-' }).take(50).collect();
    let name = name.trim_matches('-');
    let id = format!("local.{name}");
    let is_good = id.parse::<AppId>().is_ok();
    let id = if is_good { id } else { format!("local.task-{name}") };
    let id = id.trim_end_matches('-');
    format!(
        "[app]\nid = \"{id}\"\nname = \"{id}\"\nversion = \"1\"\n\n[[task]]\nname = \"task\"\n\
         component = \"{COMPONENT}\"\ntriggers = [\"raw-notification\", \"toast-activated\"]\n\n\
         [permissions]\ntoasts = true\n\n[[channel]]\nname = \"inbox\"\ntask = \"task\"\n"
    )
}

fn about(folder: &Path, manifest: &Manifest) -> Markup {
    let components: Vec<_> = manifest
        .tasks
        .iter()
        .map(|task| {
            let read = fs::read(folder.join(&task.component)).map_err(|error| error.to_string());
            let admitted = read.and_then(|bytes| {
                let admitted = bugle::admit(&bytes, &task.limits);
                admitted.map(|found| (bytes.len(), found)).map_err(|error| error.to_string())
            });
            (task, admitted)
        })
        .collect();
    let is_good = components.iter().all(|(_, admitted)| admitted.is_ok());
    html! {
        h2 { (manifest.id) }
        p { (guest(&manifest.name)) ", version " (guest(&manifest.version)) }
        @for (task, admitted) in &components {
            h3 { "Task " (task.name) }
            p {
                "woken by " @for kind in &task.triggers { (kind.as_str()) " " }
                ", component " code { (guest(&task.component.to_string_lossy())) }
            }
            @match admitted {
                Ok((bytes, found)) => (component(*bytes, found)),
                Err(why) => { p { span.mark.bad { "refused" } " " (guest(why)) } },
            }
        }
        @if is_good {
            form data-command="install" { p.buttons { button { "Install" } } }
        }
    }
}

fn component(bytes: usize, found: &Admission) -> Markup {
    html! {
        p {
            span.mark.good { "admitted" } " " (bytes_text(bytes as u64)) ", "
            (count_text(found.functions.into())) " functions, "
            (bytes_text(found.memory_bytes)) " of memory to begin with"
        }
        p { "It imports:" }
        ul.plain { @for import in &found.imports { li { code { (guest(import)) } } } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside() {
        for path in ["bugle.toml", "mail/bugle.toml", "a/./b"] {
            assert!(inside(path).is_some(), "{path}");
        }
        for path in
            ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "c:/x", "a\0b", &"x".repeat(256)]
        {
            assert!(inside(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_component_by_itself_gets_a_manifest() {
        for (file, id) in [
            ("My Task.wasm", "local.my-task"),
            ("7.wasm", "local.task-7"),
            ("\u{e9}\u{200d}\u{7f}\".wasm", "local.task"),
        ] {
            let text = manifest_for(Path::new(file));
            let manifest = Manifest::parse("bugle.toml", &text, &Limits::default());
            let id_of = manifest.map(|manifest| manifest.id.to_string());
            assert_eq!(id_of.ok().as_deref(), Some(id), "{file}: {text}");
        }
    }
}
