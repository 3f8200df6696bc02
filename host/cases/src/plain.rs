//! Text of guests and senders in case files: whoever prints such a file sees it, and nothing obeys it.

use std::fmt::Write as _;

use toml_edit::{Key, Value as Toml};

/// A string, with what a terminal would obey written as escapes.
pub(crate) fn text(text: &str) -> Toml {
    let escaped = quoted(text).and_then(|quoted| quoted.parse().ok());
    escaped.unwrap_or_else(|| Toml::from(text))
}

/// A key, written likewise.
pub(crate) fn key(name: &str) -> Key {
    let escaped = quoted(name).and_then(|quoted| Key::parse(&quoted).ok());
    escaped.and_then(|mut keys| keys.pop()).unwrap_or_else(|| Key::new(name))
}

/// The text between quotes, if there is anything in it to escape that its usual form would not.
fn quoted(text: &str) -> Option<String> {
    let is_harmful =
        |c: char| c != '\n' && bugle::plain(c.encode_utf8(&mut [0; 4])) != c.to_string();
    if !text.contains(is_harmful) {
        return None;
    }
    let mut quoted = String::with_capacity(text.len() + 16);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c == '\n' || is_harmful(c) => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Some(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmful_is_escaped_and_means_the_same() {
        for name in ["plain", "two\nlines", "\u{9b}31m", "a\"\\\u{202e}\nb\t", "\0"] {
            let value = text(name);
            assert_eq!(value.as_str(), Some(name));
            let written = value.to_string();
            assert_eq!(bugle::plain_lines(&written), written, "{name:?}");
            assert_eq!(key(name).get(), name);
        }
    }
}
