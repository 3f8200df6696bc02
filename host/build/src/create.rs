use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bugle_toolchain::Language;

use crate::layout::{self, Layout};
use crate::{BuildError, embedded};

/// The most bytes a project's name may have: it is a part of the app's id, which has no longer ones.
const NAME_BYTES_MAX: usize = 64;

/// Why a project was not written. Nothing was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum NewProjectError {
    #[error(
        "`{name}` is not a project's name: 1 to 64 of `a-z 0-9 -`, a letter first, no `-` at the end \
         or beside another"
    )]
    Name { name: String },
    #[error("`{name}` is a name of bugle's own; choose one that does not begin with `bugle`")]
    Reserved { name: String },
    #[error("`{}` is there already; choose another name, or remove it", path.display())]
    Exists { path: PathBuf },
    #[error("this bugle has no template for {}", language.name())]
    NoTemplate { language: Language },
    #[error("`{}` cannot be used: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Layout(BuildError),
}

impl NewProjectError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } | Self::Reserved { .. } => "project-name",
            Self::Exists { .. } => "project-exists",
            Self::NoTemplate { .. } => "no-template",
            Self::File { .. } => "file",
            Self::Layout(error) => error.code(),
        }
    }
}

/// Writes a new project into a folder of its name: whole, or not at all. Where it is.
///
/// # Errors
///
/// The name is none, is taken, or the folder cannot be written.
pub fn create(parent: &Path, name: &str, language: Language) -> Result<PathBuf, NewProjectError> {
    check_name(name)?;
    let folder = parent.join(name);
    let at = |source| NewProjectError::File { path: folder.clone(), source };
    // A link that leads nowhere is there, too.
    if folder.symlink_metadata().is_ok() {
        return Err(NewProjectError::Exists { path: folder });
    }
    let beside = parent.join(format!(".{name}.{}", std::process::id()));
    fs::create_dir(&beside).map_err(&at)?;
    let written =
        write(&beside, name, language).and_then(|()| fs::rename(&beside, &folder).map_err(at));
    if let Err(error) = written {
        // It may not be there; the first error is the one to tell.
        let _ = fs::remove_dir_all(&beside);
        return Err(error);
    }
    Ok(folder)
}

fn check_name(name: &str) -> Result<(), NewProjectError> {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !starts || name.len() > NAME_BYTES_MAX || !name.split('-').all(is_part) {
        // Cut: the text may be anything, of any length.
        return Err(NewProjectError::Name { name: name.chars().take(80).collect() });
    }
    if name.starts_with("bugle") {
        return Err(NewProjectError::Reserved { name: name.to_owned() });
    }
    Ok(())
}

fn write(folder: &Path, name: &str, language: Language) -> Result<(), NewProjectError> {
    let files = template(language);
    if files.is_empty() {
        return Err(NewProjectError::NoTemplate { language });
    }
    for (path, content) in files {
        let path = folder.join(written_name(&filled(path, name)));
        let content = match std::str::from_utf8(content) {
            Ok(text) => filled(text, name).into_bytes(),
            Err(_) => content.to_vec(),
        };
        layout::write(&path, &content).map_err(NewProjectError::Layout)?;
    }
    if language == Language::Rust {
        // The versions that the SDK is tested with; Cargo drops what the project does not use.
        let lock = folder.join("Cargo.lock");
        layout::write(&lock, embedded::cargo_lock()).map_err(NewProjectError::Layout)?;
    }
    // With the SDK in its place, editors and unit tests work before the first build.
    Layout::of(folder).lay_out(Some(language)).map_err(NewProjectError::Layout)
}

/// The template of a language. Two languages that share an SDK have a template each.
fn template(language: Language) -> Vec<(&'static str, &'static [u8])> {
    let sdk = format!("guest-sdk/{}", layout::sdk_name(language));
    let own: Vec<_> = embedded::below(&format!("{sdk}/template-{}", language.as_str())).collect();
    if own.is_empty() { embedded::below(&format!("{sdk}/template")).collect() } else { own }
}

fn filled(text: &str, name: &str) -> String {
    text.replace("{{name}}", name).replace("{{app-id}}", &format!("com.example.{name}"))
}

/// The name of a template's file in a project: tools of this repository must not take it for theirs.
fn written_name(path: &str) -> PathBuf {
    let path = Path::new(path.strip_suffix(".in").unwrap_or(path));
    if path.file_name().is_some_and(|name| name == "gitignore") {
        return path.with_file_name(".gitignore");
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case() {
        for name in ["a", "hello", "new-mail-2", &"a".repeat(64)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        let long = "a".repeat(65);
        for name in ["", "-a", "a-", "a--b", "2a", "A", "a_b", "a/b", "..", "é", "bugle-x", &long]
        {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn files_get_their_real_names() {
        assert_eq!(written_name("Cargo.toml.in"), Path::new("Cargo.toml"));
        assert_eq!(written_name("a/gitignore"), Path::new("a/.gitignore"));
        assert_eq!(filled("{{name}} {{app-id}}", "x"), "x com.example.x");
    }
}
