//! What came of cases, as people and programs read it.

use bugle_cases::{Difference, Finding, StepReport};
use serde_json::{Value, json};

use crate::commands::test::Done;
use crate::failure::Failure;
use crate::output::{Look, Paint};
use crate::report;
use crate::text;

/// A case as a line, and if it failed, what differs and what the runs said.
pub(crate) fn text(done: &Done, width: usize, paint: Paint) -> String {
    let Done { case, report, accepted } = done;
    let word = match (report.is_passed(), accepted.is_empty()) {
        (true, true) => paint.with(Look::Good, "ok      "),
        (true, false) => paint.with(Look::Warning, "accepted"),
        (false, _) => paint.with(Look::Bad, "FAILED  "),
    };
    let (fuel, time) = (text::count(report.fuel()), text::duration(report.wall_us()));
    let steps = if case.steps() == 1 { "step" } else { "steps" };
    let used = format!("{} {steps}, {fuel} fuel, {time}", case.steps());
    let name = format!("{:width$}", bugle::plain(&case.name()));
    let mut lines = vec![format!("{word}  {name}  {}", paint.with(Look::Faint, used))];
    lines.extend(accepted.iter().map(|change| format!("  {}", bugle::plain(change))));
    for (at, step) in report.steps.iter().enumerate() {
        lines.extend(step_lines(done, at, step, paint));
    }
    if let Some(time) = report.differs_in_repeat {
        lines.push(format!("  run {time} came to another result than the first"));
    }
    text::lines(lines)
}

fn step_lines(done: &Done, at: usize, step: &StepReport, paint: Paint) -> Vec<String> {
    if step.differences.is_empty() {
        return Vec::new();
    }
    let file = done.case.file().display();
    let mut lines = Vec::new();
    for difference in &step.differences {
        let place = format!("{file}:{}: step {}, {}", difference.line, at + 1, difference.at());
        lines.push(format!("  {}", bugle::plain(&place)));
        let expected = format!("    - {}", bugle::plain(&difference.expected));
        let seen = format!("    + {}", bugle::plain(&seen(difference)));
        lines.push(paint.with(Look::Bad, expected));
        lines.push(paint.with(Look::Good, seen));
    }
    let result = &step.report.result;
    lines.push(format!("  {}", bugle::plain(&result.outcome.to_string())));
    lines.extend(report::log(&result.log, paint).iter().map(|line| format!("  {line}")));
    lines
}

fn seen(difference: &Difference) -> String {
    difference.seen.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

/// How many cases passed, and how many did not.
pub(crate) fn summary(done: &[Done], paint: Paint) -> String {
    let failed = done.iter().filter(|done| !done.report.is_passed()).count();
    let passed = paint.with(Look::Good, format!("{} passed", done.len() - failed));
    if failed == 0 {
        return format!("{passed}\n");
    }
    format!("{passed}, {}\n", paint.with(Look::Bad, format!("{failed} failed")))
}

/// A case for programs.
pub(crate) fn json(done: &Done) -> Value {
    let Done { case, report, accepted } = done;
    let difference = |difference: &Difference| {
        json!({
            "line": difference.line,
            "at": difference.at(),
            "expected": difference.expected,
            "seen": difference.seen.as_ref().map(bugle_cases::Datum::to_json),
        })
    };
    let step = |step: &StepReport| {
        json!({
            "line": step.line,
            "differences": step.differences.iter().map(difference).collect::<Value>(),
            "report": step.report,
        })
    };
    json!({
        "name": case.name(),
        "file": case.file().display().to_string(),
        "about": case.about(),
        "passed": report.is_passed(),
        "differs-in-repeat": report.differs_in_repeat,
        "accepted": accepted,
        "steps": report.steps.iter().map(step).collect::<Value>(),
    })
}

/// The differences of a case as GitHub shows them beside the lines of its file.
pub(crate) fn annotations(done: &Done) -> Vec<String> {
    let file = property(&done.case.file().display().to_string());
    let title = property(&done.case.name());
    let line = |line: usize, what: &str| {
        format!("::error file={file},line={line},title={title}::{}\n", data(what))
    };
    let mut lines = Vec::new();
    for step in &done.report.steps {
        lines.extend(step.differences.iter().map(|difference| {
            let (at, expected) = (difference.at(), &difference.expected);
            line(
                difference.line,
                &format!("{at}: expected {expected}, and saw {}", seen(difference)),
            )
        }));
    }
    let other = done.report.differs_in_repeat;
    lines.extend(other.map(|time| line(1, &format!("run {time} came to another result"))));
    lines
}

/// The annotation of what keeps all cases from being run; its words name the file and the line.
pub(crate) fn annotation(failure: &Failure) -> String {
    format!("::error title=bugle test::{}\n", data(failure.message()))
}

/// The text of an annotation, as GitHub escapes it.
fn data(text: &str) -> String {
    bugle::plain(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of an annotation, as GitHub escapes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Something that fuzzing found, and where its case is.
pub(crate) fn finding_text(finding: &Finding, paint: Paint) -> String {
    let outcome = bugle::plain(&finding.outcome.to_string()).into_owned();
    let Finding { from, bytes, file, .. } = finding;
    let about = format!("from `{}`, {bytes} bytes left, {}", bugle::plain(from), file.display());
    format!("{}  {outcome}\n  {}\n", paint.with(Look::Bad, "found"), paint.with(Look::Faint, about))
}

/// Something that fuzzing found, for programs.
pub(crate) fn finding_json(finding: &Finding) -> Value {
    json!({
        "outcome": finding.outcome.code(),
        "message": finding.outcome.to_string(),
        "from": finding.from,
        "bytes": finding.bytes,
        "file": finding.file.display().to_string(),
    })
}
