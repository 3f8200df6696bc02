use std::fmt::Write as _;

use crate::{Case, CaseReport};

/// The reports as a `JUnit` file, as continuous integration reads them.
#[must_use]
pub fn junit(suite: &str, reports: &[(Case, CaseReport)]) -> String {
    let failed = reports.iter().filter(|(_, report)| !report.is_passed()).count();
    let wall_us: u64 = reports.iter().map(|(_, report)| report.wall_us()).sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites>\n  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" \
         time=\"{}\">",
        escape(suite),
        reports.len(),
        seconds(wall_us)
    );
    for (case, report) in reports {
        let _ = write!(
            xml,
            "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{}\"",
            escape(suite),
            escape(&case.name()),
            escape(&case.file().to_string_lossy()),
            seconds(report.wall_us())
        );
        if report.is_passed() {
            xml.push_str("/>\n");
            continue;
        }
        let lines = failure_lines(report);
        let first = lines.first().map_or("", String::as_str);
        let _ = writeln!(
            xml,
            ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
            escape(first),
            escape(&lines.join("\n"))
        );
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// What is not as it was expected, a line each.
fn failure_lines(report: &CaseReport) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, step) in report.steps.iter().enumerate() {
        for difference in &step.differences {
            let seen =
                difference.seen.as_ref().map_or_else(|| "nothing".into(), ToString::to_string);
            let (place, expected) = (difference.at(), &difference.expected);
            lines.push(format!("step {}: {place}: expected {expected}, and saw {seen}", at + 1));
        }
    }
    lines.extend(report.differs_in_repeat.map(|time| format!("run {time} came to another result")));
    lines
}

fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

/// Text as XML has it. What XML cannot say at all is shown as a mark.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push('\t'),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            // What a terminal would obey is written as its number.
            c if bugle::plain(c.encode_utf8(&mut [0; 4])) != c.to_string() => {
                let _ = write!(escaped, "&#x{:x};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}
