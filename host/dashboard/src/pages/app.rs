//! One app: what it is, what it keeps, what it did.

use bugle::{
    AppId, AppSummary, ChannelSummary, Error, Host, LiveToast, QuotaRow, Runs, Settings, Value,
    bytes_text, count_text, plain,
};
use maud::{Markup, html};

use super::{runs_table, toasts};
use crate::plot;
use crate::words::{ago, guest, heading, moment};

/// The plots are of an hour, a bar a minute.
const STEP_MS: u64 = 60_000;
const STEPS: usize = 60;
/// Runs, toasts and settings that are shown of it.
const RUNS: usize = 20;
const TOASTS: usize = 20;
const SETTINGS: usize = 200;

pub(crate) fn app(host: &Host, id: &AppId) -> Result<Markup, Error> {
    let reader = host.reader();
    let now = host.clock().now();
    let app = reader.app(id)?;
    let runs = Runs { app: Some(id.clone()), limit: RUNS, ..Runs::default() };
    Ok(html! {
        h1 { (id) }
        p {
            (guest(&app.name)) " "
            span.quiet { "version " (guest(&app.version)) ", installed " (moment(app.installed_at)) }
        }
        div id="app" data-live {
            (paused(&app))
            (plots(host, id, now)?)
            section { h2 { "Channels" } (channels(&reader.channels(Some(id))?, now)) }
            section { h2 { "Settings" } (settings(&reader.settings(id)?)) }
            section { h2 { "Toasts" } (newest(host, &reader.toasts(Some(id))?)) }
            section {
                h2 { "Runs" }
                (runs_table(&reader.runs_before(&runs)?, now))
                p { a href={ "/?app=" (id) } { "All its runs" } }
            }
            section { h2 { "Quotas" } (quotas(&reader.quotas(id, now)?)) }
            section { h2 { "Tasks" } (tasks(&app)) }
        }
    })
}

fn newest(host: &Host, live: &[LiveToast]) -> Markup {
    let newest = &live[live.len().saturating_sub(TOASTS)..];
    html! {
        @if newest.is_empty() { p.quiet { "None." } }
        @if newest.len() < live.len() { p.quiet { "The newest of " (count_text(live.len() as u64)) "." } }
        (toasts(host, newest))
    }
}

fn paused(app: &AppSummary) -> Markup {
    html! {
        @if !app.paused.is_empty() {
            form.notice data-command="resume" {
                input type="hidden" name="app" value=(app.id);
                p {
                    @for task in &app.paused {
                        strong { (task.task) } " is paused since " (moment(task.paused_at)) ", after "
                        (count_text(task.failures)) " failures in a row. "
                    }
                    button { "Let it go on" }
                }
            }
        }
    }
}

fn plots(host: &Host, id: &AppId, now: u64) -> Result<Markup, Error> {
    // Whole minutes, so that a bar stays what it is.
    let since = (now / STEP_MS + 1).saturating_sub(STEPS as u64) * STEP_MS;
    let history = host.reader().history(id, since, STEP_MS, STEPS)?;
    let runs: Vec<_> = history.iter().map(|step| (step.runs, step.failures)).collect();
    let fuel: Vec<_> = history.iter().map(|step| (step.fuel, 0)).collect();
    let (all, failed) = runs.iter().fold((0, 0), |sum, step| (sum.0 + step.0, sum.1 + step.1));
    let used: u64 = fuel.iter().map(|step| step.0).sum();
    let of_runs =
        format!("{} runs in the last hour, {} failed", count_text(all), count_text(failed));
    let of_fuel = format!("{} fuel in the last hour", count_text(used));
    Ok(html! {
        div.columns {
            figure { (plot::bars(&of_runs, &runs)) figcaption { (of_runs) } }
            figure { (plot::bars(&of_fuel, &fuel)) figcaption { (of_fuel) } }
        }
    })
}

fn quotas(rows: &[QuotaRow]) -> Markup {
    let amount = |row: &QuotaRow, count| match row.quota.unit() {
        "bytes" => bytes_text(count),
        _ => count_text(count),
    };
    html! {
        table.rows {
            (heading(&["Quota", "Used", "Of", "When it is reached"]))
            tbody {
                @for row in rows {
                    tr {
                        td data-label="Quota" { (row.quota.code()) }
                        td data-label="Used" { (amount(row, row.used)) " " (meter(row.used, row.max)) }
                        td data-label="Of" {
                            (amount(row, row.max)) " " (row.quota.unit().trim_start_matches("bytes"))
                        }
                        td data-label="When it is reached" { (row.then) }
                    }
                }
            }
        }
    }
}

/// How much of something is used, as a bar.
pub(crate) fn meter(used: u64, max: u64) -> Markup {
    html! { meter min="0" max=(max.max(1)) value=(used.min(max)) aria-label="part that is used" {} }
}

fn tasks(app: &AppSummary) -> Markup {
    html! {
        ul.plain {
            @for task in &app.tasks {
                li {
                    strong { (task.name) } " takes "
                    @for kind in &task.triggers { (kind.as_str()) " " }
                    br; code.digest { "sha256 " (task.component) }
                }
            }
        }
    }
}

fn channels(channels: &[ChannelSummary], now: u64) -> Markup {
    html! {
        @if channels.is_empty() { p.quiet { "None was opened." } }
        ul.plain {
            @for channel in channels {
                li {
                    strong { (channel.id.name) } " " (channel.protocol.as_str()) ", "
                    @match channel.closed_at {
                        Some(at) => { "closed " (ago(at, now)) },
                        None if channel.expires_at <= now => { "expired " (ago(channel.expires_at, now)) },
                        None => {
                            a href={ "/send?channel=" (channel.id.app) "%2F" (channel.id.name) } {
                                "send a push"
                            }
                        },
                    }
                    ", " (count_text(channel.pushes)) " pushes"
                    @if let Some(at) = channel.pushed_at { ", the last " (ago(at, now)) }
                    @if let Some(by) = &channel.pushed_by { " by " (guest(by)) }
                }
            }
        }
    }
}

fn settings(settings: &Settings) -> Markup {
    html! {
        @let all = settings.iter().count();
        @if all == 0 { p.quiet { "None." } }
        @else {
            @if all > SETTINGS { p.quiet { "The first of " (count_text(all as u64)) "." } }
            table.rows {
                (heading(&["Setting", "Type", "Value"]))
                tbody {
                    @for (path, value) in settings.iter().take(SETTINGS) {
                        tr {
                            td data-label="Setting" { (guest(path)) }
                            td data-label="Type" { (value.kind()) }
                            td data-label="Value" { (setting(value)) }
                        }
                    }
                }
            }
        }
    }
}

/// A setting's value; what is long is cut.
pub(crate) fn setting(value: &Value) -> Markup {
    const CHARS_MAX: usize = 500;
    let text = match value {
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(text) => text.chars().take(CHARS_MAX).collect(),
        Value::Bytes(bytes) => match bytes.as_text() {
            Some(text) => text.chars().take(CHARS_MAX).collect(),
            None => format!("{} bytes", count_text(bytes.len() as u64)),
        },
        Value::Timestamp(at) => return moment(*at),
    };
    html! { bdi { (plain(&text)) } }
}
