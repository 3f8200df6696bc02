//! The stable names of errors and outcomes: the docs list those that the code has, and no others.

use std::collections::BTreeSet;

use crate::assert_none;
use crate::source::without_tests;
use crate::tree;

/// Where the codes are listed.
const PAGE: &str = "host/docs/GUARANTEES.md";

/// What is followed by a code, in the crates that make errors of their own words.
const BEFORE: [&str; 7] = [
    "Failure::usage(",
    "Failure::host(",
    "Refusal::usage(",
    "Refusal::host(",
    "Problem::bad_request(",
    "Self::new(StatusCode::",
    "code: \"",
];

/// How far behind it the code may begin.
const NEAR: usize = 160;

fn is_code(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The texts in quotes that can be codes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2).filter(|text| is_code(text))
}

/// The codes of every `fn code`: up to the brace that closes it, at the function's own depth.
fn of_functions(text: &str, codes: &mut BTreeSet<String>) {
    for (at, _) in text.match_indices("pub fn code(") {
        let (before, rest) = text.split_at(at);
        let depth = before.rsplit('\n').next().unwrap_or_default();
        let body = rest.split(&format!("\n{depth}}}\n")).next().unwrap_or(rest);
        if body.contains("self) -> &'static str") {
            codes.extend(quoted(body).map(str::to_owned));
        }
    }
}

/// The codes that are given to an error where it is made.
fn of_calls(text: &str, codes: &mut BTreeSet<String>) {
    for before in BEFORE {
        // Where what comes before has the opening quote, so has the rest.
        let opens = before.find('"').unwrap_or(before.len());
        for (at, _) in text.match_indices(before) {
            let near: String = text[at + opens..].chars().take(NEAR).collect();
            let first = near.split('"').nth(1).filter(|text| is_code(text));
            codes.extend(first.map(str::to_owned));
        }
    }
}

fn in_the_code() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for (path, text) in tree::with_ending(".rs") {
        if !path.starts_with("host/") || !path.contains("/src/") || path.contains("/xtask/") {
            continue;
        }
        let text = without_tests(&text);
        of_functions(text, &mut codes);
        if path.starts_with("host/cli/") || path.starts_with("host/gateway/") {
            of_calls(text, &mut codes);
        }
    }
    codes
}

/// The first cells of the tables under `## Codes`.
fn in_the_docs() -> BTreeSet<String> {
    let page = tree::text(PAGE);
    let section = page.split("\n## Codes\n").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or(section);
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let codes = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    codes.map(str::to_owned).collect()
}

#[test]
fn every_code_is_in_the_docs() {
    let (code, docs) = (in_the_code(), in_the_docs());
    let missing = code.difference(&docs).map(|code| format!("`{code}` is not in {PAGE}"));
    let stale = docs.difference(&code).map(|code| format!("`{code}` is in no source"));
    let broken: Vec<String> = missing.chain(stale).collect();
    assert_none("users look codes up in the docs", &broken);
}
