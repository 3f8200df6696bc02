//! A run's report as people read it.

use bugle::task::{
    Effects, Figure, Level, LimitName, Log, Measured, Outcome, ResumeWork, RunReport, Settings,
    Toast, ToastEffect, ToastKey,
};

use crate::output::{Look, Paint};
use crate::text;

/// Limits that are always shown: what every run uses.
const ALWAYS_SHOWN: [LimitName; 3] = [LimitName::Fuel, LimitName::TimeMs, LimitName::MemoryBytes];

/// From this share of a limit on it has a bar, in percent: half is where the next larger push may
/// not fit.
const NEAR: u64 = 50;

/// How wide a bar is, in characters.
const BAR_WIDTH: usize = 20;

/// How a report is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub paint: Paint,
    /// Show every limit and the trace of a trap.
    pub is_verbose: bool,
    /// The settings before the run, where they are known.
    pub before: Option<&'a Settings>,
}

/// The report as lines. `who` is what ran.
pub(crate) fn text(report: &RunReport, who: &str, view: View<'_>) -> String {
    let result = &report.result;
    let mut text = headline(&result.outcome, &report.measured, who, view.paint);
    if let (Outcome::Trapped { backtrace, .. }, true) = (&result.outcome, view.is_verbose) {
        section(&mut text, view.paint, "trace", backtrace.iter().map(|f| clean(f)));
    }
    if let Some(percent) = result.progress {
        section(&mut text, view.paint, "progress", [format!("{percent} %")]);
    }
    effects(&mut text, &result.effects, view);
    section(&mut text, view.paint, "log", log(&result.log, view.paint));
    section(&mut text, view.paint, "used", usage(report, view));
    text
}

fn headline(outcome: &Outcome, measured: &Measured, who: &str, paint: Paint) -> String {
    let look = if outcome.is_completed() { Look::Good } else { Look::Bad };
    let outcome = outcome.to_string();
    // The outcome's name is ours, and what follows is the guest's.
    let (name, words) = outcome.split_once(": ").unwrap_or((&outcome, ""));
    let name = paint.with(look, paint.with(Look::Strong, name));
    let about = format!("{who}, {}", text::duration(measured.wall_us));
    let mut lines = vec![format!("{name}  {}", paint.with(Look::Faint, about))];
    lines.extend(words.lines().map(|words| format!("  {}", clean(words))));
    text::lines(lines)
}

fn section(text: &mut String, paint: Paint, title: &str, lines: impl IntoIterator<Item = String>) {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return;
    }
    *text += &paint.with(Look::Strong, title);
    text.push('\n');
    *text += &text::lines(lines.map(|line| format!("  {line}")));
}

fn effects(text: &mut String, effects: &Effects, view: View<'_>) {
    section(text, view.paint, "toasts", effects.toasts.iter().flat_map(toast_effect));
    section(text, view.paint, "settings", settings(effects, view));
    if let Some(mark) = effects.badge {
        section(text, view.paint, "badge", [bugle::mark_text(mark)]);
    }
    let work = effects.resume_work.iter().map(resume_work);
    section(text, view.paint, "work for the app when it resumes", work);
}

fn toast_effect(effect: &ToastEffect) -> Vec<String> {
    match effect {
        ToastEffect::Show { toast } => toast_lines(toast),
        ToastEffect::Update { key, change, .. } => {
            let title = change.title.as_deref().unwrap_or("(same title)");
            let mut lines = vec![format!("update {}: {}", toast_key(key), clean(title))];
            lines.extend(change.body.iter().flat_map(|body| body_lines(body)));
            if let Some(progress) = &change.progress {
                lines.push(format!("  {}", toast_progress(progress)));
            }
            lines
        }
        ToastEffect::Hide { key } => vec![format!("hide {}", toast_key(key))],
    }
}

/// A toast as lines: its title, then the rest a little to the right.
pub(crate) fn toast_lines(toast: &Toast) -> Vec<String> {
    let mut lines = vec![clean(&toast.title)];
    lines.extend(body_lines(&toast.body));
    lines.extend(toast.attribution.iter().map(|text| format!("  {}", clean(text))));
    lines.extend(toast.progress.iter().map(|p| format!("  {}", toast_progress(p))));
    lines.extend(
        toast
            .inputs
            .iter()
            .map(|input| format!("  [{}]", clean(input.label.as_deref().unwrap_or(&input.id)))),
    );
    lines.extend(toast.actions.iter().map(|action| format!("  ({})", clean(&action.label))));
    lines
}

fn toast_progress(progress: &bugle::task::Progress) -> String {
    let status = clean(&progress.status);
    match (&progress.value_text, progress.fraction) {
        (Some(value), _) => format!("{status} {}", clean(value)),
        (None, Some(fraction)) => format!("{status} {:.0} %", fraction * 100.0),
        (None, None) => status,
    }
}

fn body_lines(body: &str) -> impl Iterator<Item = String> {
    body.lines().map(|line| format!("  {}", clean(line)))
}

fn toast_key(key: &ToastKey) -> String {
    match (&key.tag, &key.group) {
        (Some(tag), Some(group)) => format!("`{}` of `{}`", clean(tag), clean(group)),
        (Some(tag), None) => format!("`{}`", clean(tag)),
        (None, Some(group)) => format!("the group `{}`", clean(group)),
        (None, None) => "all".to_owned(),
    }
}

fn settings(effects: &Effects, view: View<'_>) -> Vec<String> {
    let before = |path: &str| view.before.and_then(|before| before.get(path));
    let change = |(path, after): (&String, &Option<_>)| {
        let path_text = clean(path);
        match (before(path), after) {
            (Some(before), Some(after)) => {
                format!("{path_text}  {} -> {}", text::value(before), text::value(after))
            }
            (None, Some(after)) => format!("{path_text}  {}", text::value(after)),
            (Some(before), None) => format!("{path_text}  {} -> removed", text::value(before)),
            (None, None) => format!("{path_text}  removed"),
        }
    };
    let version = effects.settings_version.map(|version| format!("(version {version})"));
    effects.settings.iter().map(change).chain(version).collect()
}

/// A piece of work as a line.
pub(crate) fn resume_work(work: &ResumeWork) -> String {
    format!("{}  {}", clean(&work.key), text::bytes_summary(&work.content))
}

/// A run's log as lines.
pub(crate) fn log(log: &Log, paint: Paint) -> Vec<String> {
    let mut lines: Vec<String> = Vec::with_capacity(log.lines.len() + 1);
    for line in &log.lines {
        let look = match line.level {
            Level::Error => Look::Bad,
            Level::Warn => Look::Warning,
            Level::Info | Level::Debug | Level::Trace => Look::Faint,
        };
        let level = paint.with(look, format!("{:<5}", line.level.as_str()));
        let mut parts = line.message.lines();
        lines.push(format!("{level}  {}", clean(parts.next().unwrap_or_default())));
        lines.extend(parts.map(|part| format!("       {}", clean(part))));
    }
    if log.lines_dropped > 0 || log.bytes_dropped > 0 {
        let (count, bytes) = (text::count(log.lines_dropped), text::bytes(log.bytes_dropped));
        lines.push(format!("({count} more lines and {bytes} in all were not kept)"));
    }
    lines
}

fn usage(report: &RunReport, view: View<'_>) -> Vec<String> {
    let rows = report.beside_limits().into_iter().filter(|row| {
        let from = if row.limit.figure() == Figure::Built { NEAR } else { 1 };
        view.is_verbose || ALWAYS_SHOWN.contains(&row.limit) || percent(row.used, row.max) >= from
    });
    let rows: Vec<_> = rows
        .map(|row| {
            let used = amount(row.limit, row.used);
            let of = format!("{used} of {}", amount(row.limit, row.max));
            (row.limit.code(), of, percent(row.used, row.max))
        })
        .collect();
    let name_width = rows.iter().map(|row| row.0.len()).max().unwrap_or(0);
    let of_width = rows.iter().map(|row| row.1.chars().count()).max().unwrap_or(0);
    let line = |(name, of, percent): (&str, String, u64)| {
        let bar = if percent >= NEAR { bar(percent, view.paint) } else { String::new() };
        format!("{name:<name_width$}  {of:<of_width$}  {percent:>3} %{bar}")
    };
    rows.into_iter().map(line).collect()
}

fn amount(limit: LimitName, count: u64) -> String {
    match limit.unit() {
        "bytes" => text::bytes(count),
        unit if unit.starts_with("ms") => format!("{} ms", text::count(count)),
        _ => text::count(count),
    }
}

fn percent(used: u64, max: u64) -> u64 {
    let percent = u128::from(used) * 100 / u128::from(max.max(1));
    u64::try_from(percent).unwrap_or(u64::MAX)
}

fn bar(percent: u64, paint: Paint) -> String {
    let full = usize::try_from(percent.min(100)).unwrap_or(100) * BAR_WIDTH / 100;
    let look = if percent >= 90 { Look::Bad } else { Look::Warning };
    format!("  {}{}", paint.with(look, "█".repeat(full)), "░".repeat(BAR_WIDTH - full))
}

/// A guest's text on one line.
fn clean(text: &str) -> String {
    bugle::plain(text).into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bugle::task::{Limits, LogLine, Mark, RunResult, Usage, Value};

    use super::*;

    fn report() -> RunReport {
        let toast = Toast {
            title: "2 new\x1b[2J mails".into(),
            body: "Ada: lunch?\nBob: no".into(),
            ..Toast::default()
        };
        let settings = BTreeMap::from([
            ("unread".to_owned(), Some(Value::Integer(4))),
            ("last".to_owned(), None),
        ]);
        let lines = vec![
            LogLine { level: Level::Info, message: "started".into() },
            LogLine { level: Level::Warn, message: "two\nlines".into() },
        ];
        RunReport {
            result: RunResult {
                outcome: Outcome::Completed,
                effects: Effects {
                    settings,
                    toasts: vec![ToastEffect::Show { toast }],
                    badge: Some(Some(Mark::Number(4))),
                    ..Effects::default()
                },
                log: Log { lines, ..Log::default() },
                progress: None,
                usage: Usage {
                    fuel: 1_234,
                    toasts: 6,
                    memory_bytes: 1_114_112,
                    ..Usage::default()
                },
                limits: Limits::default(),
            },
            measured: Measured { wall_us: 1_250, ..Measured::default() },
        }
    }

    #[test]
    fn a_report_is_read_from_top_to_bottom() {
        let mut before = Settings::default();
        before.apply("unread", Some(Value::Integer(3)));
        before.apply("last", Some(Value::Text("x".into())));
        let view = View { paint: Paint(false), is_verbose: false, before: Some(&before) };
        insta::assert_snapshot!(text(&report(), "mail of com.example.mail", view), @r#"
        completed  mail of com.example.mail, 1.2 ms
        toasts
          2 new\u{1b}[2J mails
            Ada: lunch?
            Bob: no
        settings
          last  "x" -> removed
          unread  3 -> 4
        badge
          4
        log
          info   started
          warn   two
                 lines
        used
          fuel          1,234 of 500,000,000    0 %
          time-ms       0 ms of 5,000 ms        0 %
          memory-bytes  1 MiB of 32 MiB         3 %
          toasts        6 of 8                 75 %  ███████████████░░░░░
        "#);
    }

    #[test]
    fn every_limit_has_its_figure() {
        let view = View { paint: Paint(false), is_verbose: true, before: None };
        let text = text(&report(), "mail", view);
        let (_, used) = text.split_once("used\n").expect("what was used comes last");
        let names: Vec<&str> = used.lines().filter_map(|l| l.split_whitespace().next()).collect();
        assert_eq!(names, LimitName::ALL.iter().map(|name| name.code()).collect::<Vec<_>>());
        assert!(used.contains("watchdog-ms           1 ms of 10,000 ms"), "{used}");
    }

    #[test]
    fn a_guests_words_stay_on_their_line() {
        let mut report = report();
        report.result.outcome = Outcome::Failed { message: "no\x1b[1m \u{202e}network".into() };
        report.result.effects = Effects::default();
        report.result.log = Log::default();
        let view = View { paint: Paint(false), is_verbose: false, before: None };
        let text = text(&report, "mail", view);
        let words = text.lines().nth(1);
        assert_eq!(words, Some("  no\\u{1b}[1m \\u{202e}network"));
    }
}
