//! The repository's files, and what may be among them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::assert_none;

/// Not ours to look at: what a build makes, and the history.
const PASSED_OVER: [&str; 5] = ["target", ".git", ".bugle", "__pycache__", "node_modules"];

/// What may stand at the top, beside names that begin with a dot.
const TOP: [&str; 8] =
    ["Cargo.lock", "Cargo.toml", "README.md", "examples", "guest-sdk", "host", "tests", "wit"];

/// One file of the repository.
pub(crate) struct File {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    /// None if it is not text.
    pub(crate) text: Option<String>,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file that must be there.
pub(crate) fn text(path: &str) -> String {
    let text = fs::read_to_string(root().join(path));
    text.expect("the page is there, and is text")
}

/// Every file of the repository, in the order of the paths.
pub(crate) fn files() -> Vec<File> {
    let mut files = Vec::new();
    gather(&root(), "", &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Every text file with this ending.
pub(crate) fn with_ending(ending: &str) -> impl Iterator<Item = (String, String)> + use<'_> {
    files().into_iter().filter(move |file| file.path.ends_with(ending)).filter_map(|file| {
        let File { path, text } = file;
        text.map(|text| (path, text))
    })
}

fn gather(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let entry = entry.expect("the entry is readable");
        let name = entry.file_name().into_string().expect("names are text");
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().expect("the entry has a type");
        if PASSED_OVER.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            gather(&entry.path(), &format!("{path}/"), files);
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).expect("the file is readable");
            let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
            files.push(File { path, text });
        }
    }
}

#[test]
fn the_top_has_only_the_named_entries() {
    let broken: Vec<String> = fs::read_dir(root())
        .expect("the root is readable")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target" && !TOP.contains(&name.as_str()))
        .collect();
    assert_none("the top of the repository has what it should not", &broken);
}

#[test]
fn no_file_is_binary() {
    const HAVE_PICTURES: [&str; 2] = ["host/docs/", "examples/"];
    const BUILT: [&str; 6] = [".wasm", ".cwasm", ".so", ".a", ".o", ".exe"];
    let broken: Vec<String> = files()
        .into_iter()
        // The pictures of the docs, which `UPDATE_DOCS=1` takes, and of apps.
        .filter(|file| {
            !(HAVE_PICTURES.iter().any(|folder| file.path.starts_with(folder))
                && file.path.ends_with(".png"))
        })
        .filter(|file| file.text.is_none() || BUILT.iter().any(|end| file.path.ends_with(end)))
        .map(|file| file.path)
        .collect();
    assert_none("binary files do not belong here; build them into `target/`", &broken);
}

#[test]
fn every_example_has_a_readme_and_a_test() {
    // Examples that are programs are run by the suite itself.
    let tests: Vec<(String, String)> = with_ending(".rs")
        .filter(|(path, _)| path.starts_with("tests/") || path == "host/xtask/src/suite.rs")
        .filter(|(path, _)| !path.starts_with("tests/tests/tidy/"))
        .collect();
    let mut broken = Vec::new();
    for entry in fs::read_dir(root().join("examples")).expect("the folder is readable") {
        let entry = entry.expect("the entry is readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.path().join("README.md").is_file() {
            broken.push(format!("examples/{name} has no README.md"));
        }
        // In quotes, or as the end of a path in quotes.
        let named = [format!("\"{name}\""), format!("/{name}\"")];
        if !tests.iter().any(|(_, text)| named.iter().any(|name| text.contains(name))) {
            broken.push(format!("examples/{name} is named by no test"));
        }
    }
    assert_none("an example is read first, and tested", &broken);
}

#[test]
fn every_probe_says_what_it_does_and_what_must_come_of_it() {
    let broken: Vec<String> = with_ending(".wat")
        .filter(|(path, text)| {
            let says = |key: &str| text.lines().any(|line| line.starts_with(key));
            path.starts_with("tests/probes/")
                && !(says(";;! about = \"") && says(";;! expect = \""))
        })
        .map(|(path, _)| path)
        .collect();
    assert_none("a probe begins with `;;! about` and `;;! expect`", &broken);
}
