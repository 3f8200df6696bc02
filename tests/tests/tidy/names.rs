//! Words. One word stands for one idea, and some stand for none.

use crate::assert_none;
use crate::tree;

/// They say that something is done, and not what.
const EMPTY: [&str; 5] = ["manager", "handler", "util", "utils", "helper"];

/// What introduces a name in Rust.
const BEFORE: [&str; 6] = ["struct ", "enum ", "trait ", "mod ", "fn ", "type "];

/// `FooBar` and `foo_bar` as `foo`, `bar`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c.is_ascii_uppercase() || !c.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_ascii_alphanumeric(), words.last_mut()) {
            word.push(c.to_ascii_lowercase());
        }
    }
    words
}

fn empty_word(name: &str) -> Option<String> {
    words(name).into_iter().find(|word| EMPTY.contains(&word.as_str()))
}

#[test]
fn names_say_what_a_thing_is() {
    let mut broken = Vec::new();
    for (path, text) in tree::with_ending(".rs") {
        if let Some(word) =
            path.split('/').find_map(|part| empty_word(part.trim_end_matches(".rs")))
        {
            broken.push(format!("{path}: `{word}`"));
        }
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.split("//").next().unwrap_or(line).trim_start();
            let code = code.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            let name = BEFORE.iter().find_map(|before| code.strip_prefix(before));
            let name = name.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_'));
            if let Some(word) = name.and_then(|mut name| empty_word(name.next()?)) {
                broken.push(format!("{path}:{number}: `{word}`"));
            }
        }
    }
    assert_none("a name says what a thing is, not that it does something", &broken);
}

#[test]
fn words_are_told_apart() {
    assert_eq!(empty_word("RunManager").as_deref(), Some("manager"));
    assert_eq!(empty_word("string_util").as_deref(), Some("util"));
    assert_eq!(empty_word("utility"), None);
}
