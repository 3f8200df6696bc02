use std::borrow::Cow;
use std::fmt::Write as _;

/// Text from a guest or a sender, made harmless for a terminal and a log: control characters and
/// those that change the direction or hide what follows are shown as what they are.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    escape(text, is_harmful)
}

/// The same, but line feeds stay.
#[must_use]
pub fn plain_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c != '\n' && is_harmful(c))
}

/// JSON that means the same, with what a terminal would obey written as escapes. The line feed at its
/// end, or between lines of JSON, stays.
#[must_use]
pub fn plain_json(json: &str) -> Cow<'_, str> {
    let is_harmful = |c| c != '\n' && is_harmful(c);
    if !json.contains(is_harmful) {
        return Cow::Borrowed(json);
    }
    let mut plain = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_harmful(c) {
            // JSON has escapes of 16 bits; a character beyond them is a pair.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(plain, "\\u{unit:04x}");
            }
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

fn escape(text: &str, is_harmful: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_harmful(c) {
            plain.extend(c.escape_unicode());
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// C0, DEL and C1 controls; line and paragraph separators; zero-width and bidirectional marks,
/// embeddings, overrides and isolates; the byte-order mark; tags.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(plain("new mail \u{1F4E7}, é"), "new mail \u{1F4E7}, é");
        assert_eq!(plain("\x1b[2Jgone\r\n"), "\\u{1b}[2Jgone\\u{d}\\u{a}");
        assert_eq!(plain("a\u{202e}b\u{9b}c"), "a\\u{202e}b\\u{9b}c");
        assert_eq!(plain_lines("a\nb\t"), "a\nb\\u{9}");
    }

    #[test]
    fn json_means_the_same() {
        let json = "{\"a\":\"\u{9b}31m\u{202e}b\u{e0041}\"}\n";
        let plain = plain_json(json);
        assert_eq!(plain, "{\"a\":\"\\u009b31m\\u202eb\\udb40\\udc41\"}\n");
        let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).ok();
        assert_eq!(value(&plain), value(json));
    }
}
