//! Lines of JSON, an event each. Written by hand: a host that may tell of each run has thousands a second of
//! them, and those of `tracing-subscriber` took twice the time.

use std::error::Error;
use std::fmt::{self, Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// `timestamp` (RFC 3339, in UTC), `level`, the event's fields by their names, of which one is `message`, and
/// `target`, the place in the program. Spans are left out: only libraries have them.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let about = event.metadata();
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        line.write_str("\",\"level\":\"")?;
        line.write_str(about.level().as_str())?;
        line.write_str("\"")?;
        let mut fields = Fields { line, target: None, result: Ok(()) };
        event.record(&mut fields);
        let Fields { mut line, target, result } = fields;
        result?;
        line.write_str(",\"target\":\"")?;
        Escaped(&mut line).write_str(target.as_deref().unwrap_or(about.target()))?;
        line.write_str("\"}\n")
    }
}

/// The fields of an event, on their way into its line.
struct Fields<'a> {
    line: Writer<'a>,
    /// Of an event that a library told of by the crate `log`: its own target is that crate.
    target: Option<String>,
    result: fmt::Result,
}

impl Fields<'_> {
    fn put(&mut self, field: &Field, write: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        // What the crate `log` adds says where it was told from; names of fields need no escapes.
        if self.result.is_err() || field.name().starts_with("log.") {
            return;
        }
        let line = &mut self.line;
        self.result = (|| {
            line.write_str(",\"")?;
            line.write_str(field.name())?;
            line.write_str("\":")?;
            write(line)
        })();
    }

    fn put_text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        self.put(field, |line| {
            line.write_str("\"")?;
            Escaped(line).write_fmt(text)?;
            line.write_str("\"")
        });
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put_text(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            self.target = Some(value.to_owned());
        }
        self.put_text(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put_text(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |line| write!(line, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, |line| write!(line, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, |line| write!(line, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.put(field, |line| write!(line, "{value}"));
        } else {
            self.put_text(field, format_args!("{value}"));
        }
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field, |line| write!(line, "{value}"));
    }
}

/// Text as it is within a string of JSON (RFC 8259, section 7).
struct Escaped<'a, 'b>(&'a mut Writer<'b>);

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut from = 0;
        for (at, byte) in text.bytes().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.0.write_str(&text[from..at])?;
            match byte {
                b'"' | b'\\' => write!(self.0, "\\{}", char::from(byte))?,
                _ => write!(self.0, "\\u{byte:04x}")?,
            }
            from = at + 1;
        }
        self.0.write_str(&text[from..])
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::*;

    #[derive(Clone, Default)]
    struct Said(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Said {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panicked").extend_from_slice(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is said as JSON, without when it was.
    fn said(say: impl FnOnce()) -> Vec<Value> {
        let said = Said::default();
        let lines = said.clone();
        let log = tracing_subscriber::fmt().event_format(JsonLines);
        let log = log.with_writer(move || lines.clone()).finish();
        tracing::subscriber::with_default(log, say);
        let bytes = said.0.lock().expect("nobody panicked").clone();
        let lines = String::from_utf8(bytes).expect("it is text");
        let object = |line: &str| {
            let mut object: Value = serde_json::from_str(line).expect("a line is JSON");
            let at = object.as_object_mut().and_then(|object| object.remove("timestamp"));
            assert!(at.is_some_and(|at| at.as_str().is_some_and(|at| at.ends_with('Z'))));
            object
        };
        lines.lines().map(object).collect()
    }

    #[test]
    fn an_event_is_an_object_on_a_line() {
        let said = said(|| {
            let error = io::Error::other("no \"disk\"");
            tracing::warn!(error = &error as &dyn Error, sink = "a", pause_ms = 5_u128, "a toast");
            let (share, none) = (0.5, f64::NAN);
            tracing::info!("log.target" = "h2", "log.line" = 3, "of a library");
            tracing::info!(target: "other", ok = true, n = -1, share, none, kind = ?Some("x"), "b {}", 1);
        });
        let [first, second, third] = &said[..] else { panic!("{said:?}") };
        let target = "bugle::log::json::tests";
        assert_eq!(
            *first,
            json!({ "level": "WARN", "message": "a toast", "error": "no \"disk\"", "sink": "a",
                    "pause_ms": 5, "target": target })
        );
        assert_eq!(*second, json!({ "level": "INFO", "message": "of a library", "target": "h2" }));
        assert_eq!(
            *third,
            json!({ "level": "INFO", "message": "b 1", "ok": true, "n": -1, "share": 0.5, "none": "NaN",
                    "kind": "Some(\"x\")", "target": "other" })
        );
    }

    #[test]
    fn any_text_stays_what_it_was() {
        let hostile = "\"}\n{\"level\":\"ERROR\\\u{0}\u{1b}[2J\u{202e}\u{7f}\u{e9}\u{1f514}";
        let said = said(|| tracing::info!(text = hostile, "{hostile}"));
        let [line] = &said[..] else { panic!("{said:?}") };
        assert_eq!((&line["text"], &line["message"]), (&json!(hostile), &json!(hostile)));
    }
}
