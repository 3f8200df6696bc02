//! What a source file may look like.

use crate::assert_none;
use crate::tree;

/// `rustfmt` keeps code within 100 columns and leaves comments and literals alone: they may end a
/// word later, no more.
const COLUMNS_MAX: usize = 110;

/// A file is one idea, and one idea is read in one sitting.
const LINES_MAX: usize = 400;

/// Files that are longer, each with its reason.
const LONGER: [(&str, &str); 0] = [];

/// The files that have unsafe code: one takes in native code whose seal it has checked, the others are
/// the disk that tests break under SQLite.
const UNSAFE: [&str; 3] =
    ["host/sandbox/src/artifact.rs", "tests/tests/disk/calls.rs", "tests/tests/disk/vfs.rs"];

fn rust() -> impl Iterator<Item = (String, String)> {
    tree::with_ending(".rs")
}

/// The part of a file before its tests.
pub(crate) fn without_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

/// Every line that has one of these words, but not in the files of these rules themselves.
fn lines_with(words: &[&str], files: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let files = files.filter(|(path, _)| !path.starts_with("tests/tests/tidy/"));
    let mut found = Vec::new();
    for (path, text) in files {
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                found.push(format!("{path}:{number} has `{word}`"));
            }
        }
    }
    found
}

/// Whether a line is long because there is no good way to break it: it ends with a text in quotes, or
/// it is a row of a table, an attribute, or a pattern of a macro.
fn cannot_be_broken(line: &str) -> bool {
    let line = line.trim();
    let ends = ["\"", "\",", "\";", "\");", "\"),", "\"#"];
    let starts = ["#[", "/// |", "//! |", "($(", "$("];
    ends.iter().any(|end| line.ends_with(end)) || starts.iter().any(|start| line.starts_with(start))
}

#[test]
fn lines_are_short() {
    let mut broken = Vec::new();
    for (path, text) in rust() {
        let mut is_snapshot = false;
        for (number, line) in (1..).zip(text.lines()) {
            // An inline snapshot is as wide as what it shows.
            is_snapshot = match is_snapshot {
                true => !line.trim_start().starts_with('"'),
                false => ["@\"", "@r\"", "@r#\""].iter().any(|open| line.ends_with(open)),
            };
            if is_snapshot {
                continue;
            }
            let columns = line.chars().count();
            if columns > COLUMNS_MAX && !cannot_be_broken(line) {
                broken.push(format!("{path}:{number} has {columns} columns"));
            }
        }
    }
    assert_none("a line has at most 110 columns", &broken);
}

#[test]
fn files_are_short() {
    let mut broken = Vec::new();
    for (path, text) in rust() {
        let lines = text.lines().count();
        let is_longer = LONGER.iter().any(|(longer, _)| *longer == path);
        if lines > LINES_MAX && !is_longer {
            broken.push(format!("{path} has {lines} lines"));
        }
    }
    assert_none("a file has at most 400 lines; split it by ideas", &broken);
}

#[test]
fn nothing_is_left_open() {
    let words = ["TO/DO", "FIX/ME", "XX/X:", "to/do!(", "unimple/mented!(", "#[ig/nore", "db/g!("]
        .map(join);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_none("what is left open is an issue, not a comment", &lines_with(&words, rust()));
}

#[test]
fn the_host_does_not_panic() {
    let words = [".unwrap()", "panic!(", "unreachable!("];
    let shipped = rust()
        .filter(|(path, _)| path.starts_with("host/") && path.contains("/src/"))
        .filter(|(path, _)| !path.starts_with("host/xtask/") && !path.ends_with("/tests.rs"))
        .map(|(path, text)| (path, without_tests(&text).to_owned()));
    assert_none("give an error, or `expect` with the invariant", &lines_with(&words, shipped));
}

#[test]
fn unsafe_code_is_in_one_place() {
    let others = rust().filter(|(path, _)| !UNSAFE.contains(&path.as_str()));
    let broken = lines_with(&["unsafe {", "unsafe impl", "allow(unsafe"], others);
    assert_none("unsafe code belongs where native code is taken in", &broken);
}

#[test]
fn tests_do_not_sleep() {
    // The bench is no test: it sends at a pace.
    let tests =
        rust().filter(|(path, _)| path.contains("tests/") && !path.starts_with("tests/bench/"));
    let broken = lines_with(&["thread::sleep", "time::sleep"], tests);
    assert_none("wait for what is to happen, or move the clock", &broken);
}

#[test]
fn nothing_names_a_machine() {
    let words = [
        "/wo/rk/",
        "/ro/ot/",
        "/ho/me/",
        "/Us/ers/",
        "index.cra/tes.io",
        "static.ru/st-lang.org",
        "registry.np/mjs.org",
        "files.py/thonhosted.org",
        "pypi./org",
        "proxy.go/lang.org",
    ]
    .map(join);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let texts = tree::files().into_iter().filter(|file| file.path != "Cargo.lock");
    let texts = texts.filter_map(|file| Some((file.path, file.text?)));
    assert_none("paths and hosts of one machine help nobody else", &lines_with(&words, texts));
}

/// A word without the slash in its middle: the first after its first character. Words that no file may
/// have are written so, for this file not to have them either.
fn join(word: &str) -> String {
    let at = word.char_indices().skip(1).find(|(_, c)| *c == '/').map_or(0, |(at, _)| at);
    format!("{}{}", &word[..at], &word[at + 1..])
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    let broken: Vec<String> = tree::with_ending("Cargo.toml")
        .filter(|(path, text)| {
            path != "Cargo.toml" && !text.contains("[lints]\nworkspace = true\n")
        })
        .map(|(path, _)| path)
        .collect();
    assert_none("a crate says `[lints] workspace = true`", &broken);
}
