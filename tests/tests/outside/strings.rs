//! Texts that a terminal, a browser or a reader would take for something else than text.

use anyhow::{Result, ensure};

/// Each ends with a word of its own, by which a test knows that it was shown at all. None has a line feed:
/// `forged.rs` has those. None has `//`, which no path of a setting may have.
pub(crate) const HOSTILE: [&str; 33] = [
    // Escape sequences: clear, colours as ours are, title, link, clipboard, a device's answer, keys.
    "\x1b[2J\x1b[Hevil00",
    "\x1b[31mevil01\x1b[0m evil01",
    "\x1b]0;owned\x07evil02",
    "\x1b]8;;https:/evil.example\x1b\\evil03\x1b]8;;\x1b\\ evil03",
    "\x1b]52;c;ZXZpbA==\x07evil04",
    "\x1bP$q\"p\x1b\\evil05",
    "\x1b[?1049h\x1b[6n\x1b[?1000hevil06",
    "\x1bcevil07",
    // The same in one byte of Latin-1.
    "\u{9b}2Jevil08",
    "\u{9d}0;owned\u{9c}evil09",
    "\u{90}+q\u{9c}evil10",
    // One character at a time.
    "\0evil11",
    "safe\x08\x08\x08\x08evil12",
    "safe\revil13",
    "\x7fevil14",
    "\x0b\x0cevil15",
    "\tevil16",
    "\x07evil17",
    "\x0e\x0fevil18",
    "\u{85}evil19",
    // Line and paragraph separators.
    "safe\u{2028}evil20",
    "safe\u{2029}evil21",
    // Direction: overrides, embeddings, isolates, marks.
    "\u{202e}gpj.exe evil22",
    "\u{202a}\u{202b}\u{202d}\u{202c}evil23",
    "\u{2066}\u{2067}\u{2068}\u{2069}evil24",
    "\u{200e}\u{200f}\u{61c}evil25",
    // What is not seen.
    "e\u{200b}v\u{200c}i\u{200d}l\u{2060}\u{feff}evil26",
    "\u{e0065}\u{e0076}\u{e007f}evil27",
    // For a browser, a shell, a format, a table.
    "<script>alert(1)</script>&amp;\"'evil28",
    "]]><!--evil29",
    "$(reboot) `reboot` %s %n {} {{x}} evil30",
    "' OR 1=1; DROP TABLE apps; -- evil31",
    // A letter with many accents.
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}evil32",
];

/// The word of its own.
pub(crate) fn word(text: &str) -> &str {
    text.rfind("evil").and_then(|at| text.get(at..at + 6)).unwrap_or(text)
}

/// Whether a terminal would do something else with it than show it.
pub(crate) fn is_obeyed(c: char) -> bool {
    let turns_text = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_unseen = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}');
    let breaks_lines = matches!(c, '\u{2028}' | '\u{2029}');
    (c.is_control() && c != '\n') || turns_text || is_unseen || breaks_lines
}

/// # Errors
///
/// Something of the text would be obeyed.
pub(crate) fn assert_plain(what: &str, text: &str) -> Result<()> {
    let Some(at) = text.find(is_obeyed) else { return Ok(()) };
    let from = text.floor_char_boundary(at.saturating_sub(60));
    let to = text.ceil_char_boundary((at + 60).min(text.len()));
    anyhow::bail!("{what}: {:?} in …{:?}…", text[at..].chars().next(), &text[from..to])
}

/// The text without the colours that the program itself gives: of any other, something stays.
pub(crate) fn without_colours(text: &str) -> String {
    ["1", "2", "31", "32", "33", "0"]
        .iter()
        .fold(text.to_owned(), |text, code| text.replace(&format!("\x1b[{code}m"), ""))
}

/// Takes care that each of the texts is in what was said.
///
/// # Errors
///
/// One is not.
pub(crate) fn assert_all_shown(what: &str, said: &str) -> Result<()> {
    for text in HOSTILE {
        ensure!(said.contains(word(text)), "{what} does not show {}: {said}", word(text));
    }
    Ok(())
}

#[test]
fn every_text_has_a_word_of_its_own() {
    let words: std::collections::BTreeSet<&str> = HOSTILE.into_iter().map(word).collect();
    assert_eq!(words.len(), HOSTILE.len());
}

#[test]
fn what_is_obeyed_is_noticed() {
    for text in HOSTILE.iter().take(28) {
        assert!(assert_plain("it", text).is_err(), "{text:?}");
    }
    assert!(assert_plain("it", "plain\ntext, é \u{1F4E7}").is_ok());
    assert_eq!(without_colours("\x1b[31merror:\x1b[0m"), "error:");
    assert!(assert_plain("it", &without_colours("\x1b[35mx")).is_err());
    // A colour of ours from a guest would pass: each command has to show that it is none.
    assert!(assert_plain("it", &without_colours("\x1b[31mx")).is_ok());
}
