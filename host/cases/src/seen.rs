//! A report, and the app after it, as what a case file can say of them.

use bugle::task::ToastEffect;
use bugle::task::{Effects, LogLine, Outcome, RunResult, ToastKey};
use bugle::{Mark, RunReport, TestState, Toast};
use serde::Serialize;

use crate::datum::Datum;

/// Everything that may be expected of a step, by the names of [`crate::shape::EXPECT`].
pub(crate) fn of_step(report: &RunReport, after: &TestState) -> Datum {
    let result = &report.result;
    let mut fields = outcome(&result.outcome);
    let mut add = |name: &str, datum| fields.push((name.to_owned(), datum));
    let settings = after.settings();
    add("settings", Datum::Table(settings.iter().map(|(p, v)| (p.to_owned(), v.into())).collect()));
    add("settings-version", Datum::count(settings.version.into()));
    add("toasts", Datum::List(result.effects.toasts.iter().map(toast_effect).collect()));
    add("shown", Datum::List(after.toasts().iter().map(|shown| toast(&shown.toast)).collect()));
    add("badge", badge(after.badge()));
    add("log", Datum::List(result.log.lines.iter().map(log_line).collect()));
    add("resume-work", resume_work(&result.effects));
    if let Some(percent) = result.progress {
        add("progress", Datum::count(percent.into()));
    }
    add("fuel-max", Datum::count(result.usage.fuel));
    add("memory-max", Datum::count(result.usage.memory_bytes));
    // A started millisecond counts.
    add("wall-ms-max", Datum::count(report.measured.wall_us.div_ceil(1_000)));
    Datum::Table(fields)
}

/// What there is to say of a run by itself, for a file that has said nothing yet: all that it did,
/// and nothing that another build of the task would change.
pub(crate) fn of_run(result: &RunResult) -> Vec<(String, Datum)> {
    let effects = &result.effects;
    let mut fields = outcome(&result.outcome);
    let mut add = |name: &str, datum| fields.push((name.to_owned(), datum));
    add("settings-only", Datum::Boolean(true));
    if let Some(version) = effects.settings_version {
        add("settings-version", Datum::count(version.into()));
    }
    if let Some(mark) = effects.badge {
        add("badge", badge(mark));
    }
    if let Some(percent) = result.progress {
        add("progress", Datum::count(percent.into()));
    }
    let message = |line: &LogLine| Datum::text(&line.message);
    add("log", Datum::List(result.log.lines.iter().map(message).collect()));
    let settings = effects
        .settings
        .iter()
        .map(|(path, value)| (path.clone(), value.as_ref().map_or_else(absent, Datum::from)));
    add("settings", Datum::Table(settings.collect()));
    add("resume-work", resume_work(effects));
    let toasts = effects.toasts.iter().map(|effect| sparse(toast_effect(effect)));
    add("toasts", Datum::List(toasts.collect()));
    fields
}

pub(crate) fn absent() -> Datum {
    Datum::Table(vec![("absent".to_owned(), Datum::Boolean(true))])
}

fn outcome(outcome: &Outcome) -> Vec<(String, Datum)> {
    let mut fields = vec![("outcome".to_owned(), Datum::text(outcome.code()))];
    let more = match outcome {
        Outcome::Failed { message }
        | Outcome::Rejected { message }
        | Outcome::HostPanicked { message }
        | Outcome::Trapped { message, .. } => Some(("message", Datum::text(message))),
        Outcome::LimitExceeded { limit } => Some(("limit", Datum::text(limit.code()))),
        Outcome::Retry { after_ms: Some(ms) } => {
            Some(("retry-after", Datum::Duration(u64::from(*ms))))
        }
        Outcome::Retry { after_ms: None } => Some(("retry-after", Datum::text("unsaid"))),
        Outcome::Completed
        | Outcome::OutOfFuel
        | Outcome::TimedOut
        | Outcome::OutOfMemory
        | Outcome::Cut
        | Outcome::Cancelled { .. } => None,
    };
    fields.extend(more.map(|(name, datum)| (name.to_owned(), datum)));
    fields
}

pub(crate) fn badge(mark: Option<Mark>) -> Datum {
    match mark {
        None | Some(Mark::Number(0)) => Datum::text("none"),
        Some(Mark::Number(number)) => Datum::count(number.into()),
        Some(Mark::Glyph(glyph)) => of(&glyph),
    }
}

fn log_line(line: &LogLine) -> Datum {
    let level = ("level".to_owned(), Datum::text(line.level.as_str()));
    Datum::Table(vec![level, ("message".to_owned(), Datum::text(&line.message))])
}

fn resume_work(effects: &Effects) -> Datum {
    let work = effects.resume_work.iter();
    Datum::Table(work.map(|w| (w.key.clone(), Datum::Bytes(w.content.0.clone()))).collect())
}

fn toast_effect(effect: &ToastEffect) -> Datum {
    let named = |name: &str, datum| Datum::Table(vec![(name.to_owned(), datum)]);
    match effect {
        ToastEffect::Show { toast: shown } => toast(shown),
        ToastEffect::Update { key: which, sequence, change } => {
            let mut fields = key(which);
            fields.push(("sequence".to_owned(), Datum::count(u64::from(*sequence))));
            if let Datum::Table(changes) = of(change) {
                fields.extend(changes);
            }
            named("update", Datum::Table(fields))
        }
        ToastEffect::Hide { key: which } => named("hide", Datum::Table(key(which))),
    }
}

fn key(key: &ToastKey) -> Vec<(String, Datum)> {
    match of(key) {
        Datum::Table(fields) => fields,
        _ => Vec::new(),
    }
}

/// A toast with every field that has a value, empty ones included.
fn toast(toast: &Toast) -> Datum {
    let Datum::Table(mut fields) = of(toast) else { return Datum::Table(Vec::new()) };
    fields.retain(|(name, _)| name != "expires-after-ms");
    if let Some(after_ms) = toast.expires_after_ms {
        fields.push(("expires-after".to_owned(), Datum::Duration(after_ms.into())));
    }
    let nothing = [("body", Datum::text("")), ("argument", Datum::text(""))];
    let none = ["actions", "inputs", "hints"].map(|name| (name, Datum::List(Vec::new())));
    for (name, empty) in nothing.into_iter().chain(none) {
        if !fields.iter().any(|(field, _)| field == name) {
            fields.push((name.to_owned(), empty));
        }
    }
    Datum::Table(fields)
}

/// A toast without what every toast has.
pub(crate) fn sparse(toast: Datum) -> Datum {
    let is_common = |name: &str, datum: &Datum| match datum {
        Datum::Text(text) => text.is_empty() || (name == "scenario" && text == "standard"),
        Datum::Boolean(is) => name == "silent" && !is,
        Datum::List(list) => list.is_empty(),
        _ => false,
    };
    match toast {
        Datum::Table(mut fields) => {
            fields.retain(|(name, datum)| !is_common(name, datum));
            Datum::Table(fields)
        }
        other => other,
    }
}

pub(crate) fn of(plain: &impl Serialize) -> Datum {
    serde_json::to_value(plain)
        .map_or_else(|_| Datum::Table(Vec::new()), |json| Datum::of_json(&json))
}
