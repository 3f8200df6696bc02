//! Values as people read and write them.

use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bugle::task::{Bytes, Timestamp, Value};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::failure::Failure;

pub(crate) use bugle::{bytes_text as bytes, count_text as count, duration_text as duration};

/// The most bytes that are read as a trigger's content: twice what any trigger may have, so that the
/// host can say which bound is broken.
const CONTENT_BYTES_MAX: u64 = 128 * 1024;

/// The bytes that `FILE|-|TEXT` means: standard input, a file if there is one, else the text itself.
pub(crate) fn content(text: &str) -> Result<Vec<u8>, Failure> {
    if text == "-" {
        if io::stdin().is_terminal() {
            return Err(Failure::usage("no-content", "there is nothing on standard input")
                .hint("pipe the content in, or name a file, or write the text itself"));
        }
        return read(io::stdin().lock(), "standard input");
    }
    let path = Path::new(text);
    // A folder of this name is no content, and a pipe or `/dev/null` is.
    if !path.metadata().is_ok_and(|metadata| !metadata.is_dir()) {
        return Ok(text.as_bytes().to_vec());
    }
    let failed = |error| Failure::usage("file", format!("`{text}` cannot be read: {error}"));
    read(fs::File::open(path).map_err(failed)?, text)
}

fn read(from: impl io::Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    from.take(CONTENT_BYTES_MAX + 1)
        .read_to_end(&mut content)
        .map_err(|error| Failure::usage("file", format!("`{name}` cannot be read: {error}")))?;
    if content.len() as u64 > CONTENT_BYTES_MAX {
        let message = format!("`{name}` has more than 128 KiB, and no trigger may have as much");
        return Err(Failure::usage("content-too-large", message));
    }
    Ok(content)
}

/// A `NAME=VALUE` argument.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is not a name and its value, like `name=value`".to_owned()),
    }
}

/// A VAPID key: base64url, as libraries of Web Push write it.
pub(crate) fn key(text: &str) -> Result<Bytes, String> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    let wrong = "it is no VAPID key: 87 characters of the URL-safe base64 alphabet";
    bytes.filter(|bytes| bytes.len() == 65).map(Bytes).ok_or_else(|| wrong.to_owned())
}

/// A moment: `2026-01-31T12:00:00Z`, or milliseconds since 1970.
pub(crate) fn timestamp(text: &str) -> Result<Timestamp, String> {
    if let Ok(milliseconds) = text.parse() {
        return Ok(milliseconds);
    }
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .and_then(|moment| u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok())
        .ok_or_else(|| "it is not a moment, like `2026-01-31T12:00:00Z` or `1769860800000`".into())
}

/// A moment, or a time before now: `90s`, `15m`, `2h`, `1d`.
pub(crate) fn since(text: &str) -> Result<Timestamp, String> {
    const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    for (unit, seconds) in UNITS {
        if let Some(count) = text.strip_suffix(unit).and_then(|count| count.parse::<u64>().ok()) {
            return Ok(now().saturating_sub(count.saturating_mul(seconds).saturating_mul(1_000)));
        }
    }
    let neither = "it is neither a time before now, like `90m` or `1d`, nor a moment";
    timestamp(text).map_err(|_| neither.to_owned())
}

/// The present moment.
pub(crate) fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

/// A moment in UTC, to the second.
pub(crate) fn moment(at: Timestamp) -> String {
    i64::try_from(at / 1_000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        // What a guest made up may be beyond the calendar.
        .unwrap_or_else(|| format!("{at} ms"))
}

/// A setting's value on one line; text in quotes, and nothing a terminal would obey.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        // With a point always, so that it is told from a whole number.
        Value::Float(value) => format!("{value:?}"),
        Value::Text(text) => format!("\"{}\"", bugle::plain(&shorten(text))),
        Value::Bytes(bytes) => bytes_summary(bytes),
        Value::Timestamp(at) => moment(*at),
    }
}

/// A number of times: at least once.
pub(crate) fn times(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("this is a whole number from 1 on".to_owned()),
        Ok(times) => Ok(times),
    }
}

/// Bytes on one line: their text if they are text, else how many.
pub(crate) fn bytes_summary(bytes: &Bytes) -> String {
    match bytes.as_text() {
        Some(text) => format!("{} bytes \"{}\"", bytes.len(), bugle::plain(&shorten(text))),
        None => format!("{} bytes", bytes.len()),
    }
}

/// At most a line's worth of a text.
fn shorten(text: &str) -> String {
    const CHARS_MAX: usize = 120;
    let mut short: String = text.chars().take(CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The stable name of something that has one, as its JSON says it.
pub(crate) fn code(named: &impl Serialize) -> String {
    match serde_json::to_value(named) {
        Ok(serde_json::Value::String(code)) => code,
        Ok(other) => other.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Lines as text, each ended by a line feed.
pub(crate) fn lines(lines: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    lines.into_iter().fold(String::new(), |text, line| text + line.as_ref() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        assert_eq!(timestamp("2026-01-31T12:00:00Z"), Ok(1_769_860_800_000));
        assert_eq!(timestamp("1769860800000"), Ok(1_769_860_800_000));
        assert_eq!(moment(1_769_860_800_999), "2026-01-31T12:00:00Z");
        assert_eq!(moment(u64::MAX), "18446744073709551615 ms");
        for text in ["yesterday", "1969-12-31T00:00:00Z", ""] {
            assert!(timestamp(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_before_now_has_a_unit() {
        let day = since("1d").map(|then| now().abs_diff(then));
        assert!(day.is_ok_and(|day| day.abs_diff(86_400_000) < 10_000));
        assert_eq!(since("2026-01-31T12:00:00Z"), Ok(1_769_860_800_000));
        assert_eq!(since("99999999999999999999d").ok(), None);
        assert!(since("d").is_err());
    }

    #[test]
    fn values_hide_nothing_from_a_terminal() {
        assert_eq!(value(&Value::Text("a\x1b[2J".into())), "\"a\\u{1b}[2J\"");
        assert_eq!(value(&Value::Float(3.0)), "3.0");
        assert_eq!(value(&Value::Bytes(Bytes(vec![0xff, 0]))), "2 bytes");
        assert_eq!(value(&Value::Text("x".repeat(121))).chars().count(), 123);
    }

    #[test]
    fn pairs_have_a_name() {
        assert_eq!(pair("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert!(pair("=b").is_err());
        assert!(pair("a").is_err());
    }
}
