use std::borrow::Cow;

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
}
