//! The folder `.bugle/` of a project: what is made anew by any build. It mirrors the repository, so
//! that paths between its parts are the same in both.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::at;
use crate::{BuildError, Language, embedded};

/// The folder's name.
pub(crate) const FOLDER: &str = ".bugle";

/// How many builds' symbols are kept: enough to look at the one before, few enough that hundreds of
/// builds of 18 MB of Python do not fill a disk.
const SYMBOLS_MAX: usize = 5;

/// Where things are in a project.
#[derive(Debug, Clone)]
pub(crate) struct Layout(PathBuf);

impl Layout {
    pub(crate) fn of(project: &Path) -> Self {
        Self(project.join(FOLDER))
    }

    pub(crate) fn wit(&self) -> PathBuf {
        self.0.join("wit")
    }

    pub(crate) fn sdk(&self, language: Language) -> PathBuf {
        self.0.join("guest-sdk").join(sdk_name(language))
    }

    pub(crate) fn bindings(&self) -> PathBuf {
        self.0.join("bindings")
    }

    pub(crate) fn output(&self) -> PathBuf {
        self.0.join("build")
    }

    pub(crate) fn symbols(&self) -> PathBuf {
        self.0.join("symbols")
    }

    /// Writes the contract and what the language needs; for a command, which may use any, the SDKs
    /// of all languages but Rust, whose crates come with a lock file. A file that is as it should be
    /// is left alone, so that build tools see no change.
    pub(crate) fn lay_out(&self, language: Option<Language>) -> Result<(), BuildError> {
        fs::create_dir_all(self.output()).map_err(at(self.output()))?;
        // Also where the project's own list does not have it.
        write(&self.0.join(".gitignore"), b"*\n")?;
        let mut folders = vec!["wit".to_owned()];
        folders.extend(sdk_names(language).into_iter().map(|name| format!("guest-sdk/{name}")));
        if language == Some(Language::Rust) {
            folders.push("host/task".to_owned());
        }
        for folder in folders {
            self.mirror(&folder)?;
        }
        Ok(())
    }

    fn mirror(&self, folder: &str) -> Result<(), BuildError> {
        let target = self.0.join(folder);
        let files = embedded::below(folder).filter(|(path, _)| is_of_projects(path));
        let files: Vec<_> = files.map(|(path, content)| (target.join(path), content)).collect();
        for (path, content) in &files {
            write(path, content)?;
        }
        remove_others(&target, &files.iter().map(|(path, _)| path.clone()).collect())
    }

    /// Keeps a component with its symbols, by the digest of the one that is shipped.
    pub(crate) fn keep_symbols(&self, digest: &str, whole: &[u8]) -> Result<PathBuf, BuildError> {
        let path = self.symbols().join(format!("{digest}.wasm"));
        write(&path, whole)?;
        self.forget_symbols()?;
        Ok(path)
    }

    fn forget_symbols(&self) -> Result<(), BuildError> {
        let folder = self.symbols();
        let mut kept: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let path = entry.map_err(at(&folder))?.path();
            let written = path.metadata().and_then(|of| of.modified()).map_err(at(&path))?;
            kept.push((written, path));
        }
        kept.sort();
        let many = kept.len().saturating_sub(SYMBOLS_MAX);
        kept.iter().take(many).try_for_each(|(_, path)| fs::remove_file(path).map_err(at(path)))
    }
}

/// Whether a file of an SDK is for projects, and not a template or a test of the SDK itself.
fn is_of_projects(path: &str) -> bool {
    let (first, _) = path.split_once('/').unwrap_or(("", path));
    !(first.starts_with("template") || first == "test" || first == "tests")
}

fn sdk_names(language: Option<Language>) -> BTreeSet<&'static str> {
    match language {
        Some(language) => BTreeSet::from([sdk_name(language)]),
        None => {
            let languages = Language::ALL.iter().filter(|language| **language != Language::Rust);
            languages.map(|language| sdk_name(*language)).collect()
        }
    }
}

/// Languages that share an SDK share its folder.
pub(crate) fn sdk_name(language: Language) -> &'static str {
    match language {
        Language::TypeScript => Language::JavaScript.as_str(),
        Language::Cpp => Language::C.as_str(),
        other => other.as_str(),
    }
}

/// Writes a file whole or not at all, and leaves alone one that has this content already.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), BuildError> {
    if fs::read(path).is_ok_and(|is| is == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = fs::write(&beside, content).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // It may not be there; the first error is the one to tell.
        let _ = fs::remove_file(&beside);
        at(path)(error)
    })
}

/// Takes away the files of an earlier version that this one does not have.
fn remove_others(folder: &Path, files: &BTreeSet<PathBuf>) -> Result<(), BuildError> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(at(folder))?;
        let path = entry.path();
        if entry.file_type().map_err(at(&path))?.is_dir() {
            remove_others(&path, files)?;
        } else if !files.contains(&path) {
            fs::remove_file(&path).map_err(at(&path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_finds_every_sdk_and_a_language_its_own() -> Result<(), BuildError> {
        let entry =
            |project: &Path, name: &str| project.join(".bugle/guest-sdk").join(name).exists();
        let project = tempfile::tempdir().map_err(at("a folder for a test"))?;
        let layout = Layout::of(project.path());
        layout.lay_out(Some(Language::TypeScript))?;
        assert!(entry(project.path(), "js/component-spidermonkey.js"));
        assert!(!entry(project.path(), "python"));

        layout.lay_out(None)?;
        for name in ["assemblyscript", "c", "go", "js", "python", "zig"] {
            assert!(entry(project.path(), &format!("{name}/README.md")), "{name}");
        }
        assert!(!entry(project.path(), "rust"));
        Ok(())
    }
}
