//! One run, with everything it was given and all that came of it.

use bugle::task::{Bytes, Figure, LimitName, Log, ToastEffect, Trigger};
use bugle::{
    Effects, Error, Host, KeptRun, Outcome, RunId, RunReport, Value, bytes_text, count_text,
    duration_text, mark_text,
};
use maud::{Markup, html};

use super::app::{meter, setting};
use crate::words::{guest, guest_lines, heading, moment};

/// Bytes of a content that are shown; a raw push has no more.
const SHOWN_MAX: usize = 5_000;
/// Bytes of a line in hexadecimal.
const LINE: usize = 16;

pub(crate) fn run(host: &Host, id: RunId) -> Result<Markup, Error> {
    let kept = host.reader().run(id)?;
    let identity = &kept.input.identity;
    let result = &kept.report.result;
    Ok(html! {
        h1 { (id) }
        (end(&result.outcome, &kept))
        p {
            a href={ "/apps/" (identity.app) } { (identity.app) } " " (identity.task) ", version "
            (guest(&identity.app_version)) ", attempt " (count_text(identity.attempt.into())) " of "
            (count_text(identity.attempts_max.into()))
        }
        div.buttons {
            form data-command="replay" {
                input type="hidden" name="run" value=(id);
                button { "Run it again" }
            }
            a.button href={ "/runs/" (id) "/case.toml" } download={ (id) ".toml" } { "Export as a test case" }
        }
        output.answer id="answer" {}
        section { h2 { "Trigger" } (trigger(&kept.input.trigger)) }
        section { h2 { "Settings" } (settings(&kept)) }
        section { h2 { "Toasts and badge" } (shown(&result.effects)) }
        section { h2 { "Log" } (log(&result.log)) }
        section { h2 { "Used, beside its limit" } (used(&kept.report)) }
        p.quiet { code.digest { "component sha256 " (kept.component) } }
    })
}

fn end(outcome: &Outcome, kept: &KeptRun) -> Markup {
    let text = outcome.to_string();
    let said = text.split_once(": ").map_or("", |(_, said)| said);
    let is_good = outcome.is_completed();
    html! {
        p {
            span.mark.good[is_good].bad[!is_good] { (outcome.code()) }
            " started " (moment(kept.summary.started_at)) ", ran "
            (duration_text(kept.report.measured.wall_us)) ", committed " (moment(kept.summary.ended_at))
        }
        @if !said.is_empty() { p.said { (guest_lines(said)) } }
        @if let Outcome::Trapped { backtrace, .. } = outcome {
            ol.trace { @for frame in backtrace { li { code { (guest(frame)) } } } }
        }
    }
}

fn trigger(trigger: &Trigger) -> Markup {
    let content = match trigger {
        Trigger::RawNotification(push) => Some(&push.content),
        Trigger::Application(request) => Some(&request.content),
        Trigger::Custom(event) => Some(&event.content),
        Trigger::ToastActivated(_)
        | Trigger::ToastDismissed(_)
        | Trigger::Timer(_)
        | Trigger::ChannelExpiring(_)
        | Trigger::System(_) => None,
    };
    html! {
        p { (trigger.kind().as_str()) }
        @match content {
            Some(bytes) => (forms(bytes)),
            None => (details(trigger)),
        }
        @if let Trigger::RawNotification(push) = trigger {
            dl {
                dt { "channel" } dd { (push.channel) }
                @if let Some(kind) = &push.content_type { dt { "content type" } dd { (guest(kind)) } }
                @for header in &push.headers { dt { (guest(&header.name)) } dd { (guest(&header.value)) } }
            }
        }
    }
}

fn details(trigger: &Trigger) -> Markup {
    let json = serde_json::to_string_pretty(trigger).unwrap_or_default();
    html! { pre { (guest_lines(&json)) } }
}

/// Content as text, as JSON and in hexadecimal, as far as it is such.
fn forms(bytes: &Bytes) -> Markup {
    let part = &bytes.0[..bytes.len().min(SHOWN_MAX)];
    let json = serde_json::from_slice::<serde_json::Value>(&bytes.0).ok();
    let json = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    html! {
        @if let Some(text) = bytes.as_text() {
            h3 { "Text" }
            pre { (guest_lines(&shortened(text))) }
        }
        @if let Some(json) = json {
            details open { summary { "JSON" } pre { (guest_lines(&shortened(&json))) } }
        }
        details open[bytes.as_text().is_none()] {
            summary { "Hexadecimal, " (count_text(bytes.len() as u64)) " bytes" }
            pre.hex { (hex(part)) }
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(2 * SHOWN_MAX).collect()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 5);
    for (at, line) in bytes.chunks(LINE).enumerate() {
        let digits: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let is_seen = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        let seen = line.iter().map(|byte| if is_seen(byte) { char::from(*byte) } else { '.' });
        let seen: String = seen.collect();
        text += &format!("{:06x}  {:<47}  {seen}\n", at * LINE, digits.join(" "));
    }
    text
}

fn settings(kept: &KeptRun) -> Markup {
    let effects = &kept.report.result.effects;
    let before = &kept.input.snapshot.settings;
    html! {
        @if effects.settings.is_empty() { p.quiet { "It changed none." } }
        @else {
            table.rows {
                (heading(&["Setting", "Before", "After"]))
                tbody {
                    @for (path, after) in &effects.settings {
                        tr {
                            td data-label="Setting" { (guest(path)) }
                            td data-label="Before" { (or(before.get(path), "not set")) }
                            td data-label="After" { (or(after.as_ref(), "removed")) }
                        }
                    }
                }
            }
        }
    }
}

fn or(value: Option<&Value>, none: &str) -> Markup {
    match value {
        Some(value) => setting(value),
        None => html! { span.quiet { (none) } },
    }
}

fn shown(effects: &Effects) -> Markup {
    html! {
        @if effects.toasts.is_empty() && effects.badge.is_none() { p.quiet { "None." } }
        ul.plain {
            @for effect in &effects.toasts { li { (toast(effect)) } }
            @if let Some(mark) = effects.badge { li { "badge: " (mark_text(mark)) } }
        }
    }
}

fn toast(effect: &ToastEffect) -> Markup {
    match effect {
        ToastEffect::Show { toast } => {
            html! { strong { (guest(&toast.title)) } " " (guest_lines(&toast.body)) }
        }
        ToastEffect::Update { key, change, .. } => html! {
            "changed " (guest(key.tag.as_deref().unwrap_or_default())) ": "
            (guest(change.title.as_deref().unwrap_or("the same title")))
        },
        ToastEffect::Hide { key } => {
            html! { "hidden " (guest(key.tag.as_deref().or(key.group.as_deref()).unwrap_or("all"))) }
        }
    }
}

fn log(log: &Log) -> Markup {
    html! {
        @if log.lines.is_empty() { p.quiet { "It said nothing." } }
        ol.log {
            @for line in &log.lines {
                li { span.mark { (line.level.as_str()) } " " (guest_lines(&line.message)) }
            }
        }
        @if log.lines_dropped > 0 {
            p.quiet { (count_text(log.lines_dropped)) " more lines were not kept." }
        }
    }
}

fn used(report: &RunReport) -> Markup {
    let amount = |limit: LimitName, count| match limit.unit() {
        "bytes" => bytes_text(count),
        _ => format!("{} {}", count_text(count), limit.unit()),
    };
    html! {
        table.rows {
            (heading(&["Limit", "Used", "Of"]))
            tbody {
                @for row in report.beside_limits() {
                    tr.quiet[row.limit.figure() == Figure::Built || row.used == 0] {
                        td data-label="Limit" { (row.limit.code()) }
                        td data-label="Used" { (amount(row.limit, row.used)) " " (meter(row.used, row.max)) }
                        td data-label="Of" { (amount(row.limit, row.max)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_seen_in_hexadecimal() {
        let text = hex(b"hello, \x00\xff world!\n");
        assert_eq!(
            text,
            "000000  68 65 6c 6c 6f 2c 20 00 ff 20 77 6f 72 6c 64 21  hello, .. world!\n\
             000010  0a                                               .\n"
        );
    }
}
