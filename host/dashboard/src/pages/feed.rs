//! What runs, what came in, what failed: all of it within one look.

use bugle::{
    AppId, Error, Host, Queued, RunId, RunLog, Runs, Timestamp, count_text, duration_text,
};
use maud::{Markup, html};

use crate::words::{ago, guest, heading, milliseconds, moment};

/// Runs of one page: as many as a person looks through before they narrow them down.
const RUNS: usize = 50;
/// Failures that are shown beside them, and what waits.
const FAILURES: usize = 5;
const QUEUED: usize = 5;
/// What runs and is shown: more than a machine has processors.
const RUNNING: usize = 20;

pub(crate) fn feed(
    host: &Host,
    before: Option<u64>,
    app: Option<&AppId>,
    only_failed: bool,
) -> Result<Markup, Error> {
    let reader = host.reader();
    let now = host.clock().now();
    let runs = Runs { before, app: app.cloned(), only_failed, limit: RUNS };
    let newest = reader.runs_before(&runs)?;
    let is_first = before.is_none() && app.is_none() && !only_failed;
    let failed = Runs { before: None, app: None, only_failed: true, limit: FAILURES };
    let failed = if is_first { reader.runs_before(&failed)? } else { Vec::new() };
    let queued = if is_first { reader.queued(QUEUED)? } else { Vec::new() };
    let running = host.running();
    Ok(html! {
        h1 { "Feed" }
        @if is_first {
            div.columns id="now" data-live {
                section {
                    h2 { "Now" }
                    (queue(&running, &queued, now))
                }
                section {
                    h2 { "Failed last" }
                    (failures(&failed, now))
                }
            }
        }
        section {
            h2 { "Runs" }
            (filter(app, only_failed))
            // A page further back stays as it is.
            div id="runs" data-live=[before.is_none().then_some("")] {
                (table(&newest, now))
                @if newest.len() == RUNS {
                    @if let Some(last) = newest.last() {
                        p { a href=(older(last.seq, app, only_failed)) { "Older runs" } }
                    }
                }
            }
        }
    })
}

fn older(before: u64, app: Option<&AppId>, only_failed: bool) -> String {
    let app = app.map(|app| format!("&app={app}")).unwrap_or_default();
    let failed = if only_failed { "&failed=on" } else { "" };
    format!("/?before={before}{app}{failed}")
}

fn filter(app: Option<&AppId>, only_failed: bool) -> Markup {
    html! {
        form.filter method="get" action="/" {
            label {
                "App " input name="app" value=[app] placeholder="com.example.mail" autocomplete="off";
            }
            label { input type="checkbox" name="failed" checked[only_failed]; " failed only" }
            button { "Show" }
        }
    }
}

fn queue(running: &[(AppId, RunId)], queued: &[Queued], now: Timestamp) -> Markup {
    let is_running = |trigger: &Queued| running.iter().any(|(_, run)| run.trigger == trigger.id);
    html! {
        @if running.is_empty() && queued.is_empty() { p.quiet { "Nothing runs, and nothing waits." } }
        ul.plain {
            @for (app, run) in running.iter().take(RUNNING) {
                li { span.mark { "runs" } " " a href={ "/apps/" (app) } { (app) } " " (run) }
            }
            @for trigger in queued.iter().filter(|trigger| !is_running(trigger)) {
                li {
                    span.mark { @if trigger.is_claimed { "next" } @else { "waits" } }
                    " " a href={ "/apps/" (trigger.app) } { (trigger.app) }
                    " " (trigger.kind.as_str())
                    " " span.quiet { (ago(trigger.accepted_at, now)) }
                }
            }
        }
    }
}

fn failures(failed: &[RunLog], now: Timestamp) -> Markup {
    html! {
        @if failed.is_empty() { p.quiet { "Nothing has failed." } }
        ul.plain {
            @for run in failed {
                li {
                    (outcome(run))
                    " " a href={ "/runs/" (run.summary.run) } { (run.summary.app) }
                    " " span.quiet { (ago(run.summary.ended_at, now)) }
                    " " span.said { (guest(said(run))) }
                }
            }
        }
    }
}

fn outcome(run: &RunLog) -> Markup {
    let is_good = run.summary.outcome == "completed";
    html! { span.mark.good[is_good].bad[!is_good] { (run.summary.outcome) } }
}

/// What the task says of its end, beyond the outcome's name.
fn said(run: &RunLog) -> &str {
    run.message.split_once(": ").map_or("", |(_, said)| said)
}

/// Runs, each with its way: when it was accepted, how long it waited and ran, and what was shown.
pub(crate) fn table(runs: &[RunLog], now: Timestamp) -> Markup {
    html! {
        @if runs.is_empty() { p.quiet { "No runs." } }
        @else {
            table.rows {
                (heading(&[
                    "Accepted", "App and task", "Woken by", "Run", "Waited", "Ran", "Toasts",
                ]))
                tbody { @for run in runs { (row(run, now)) } }
            }
        }
    }
}

fn row(run: &RunLog, now: Timestamp) -> Markup {
    let summary = &run.summary;
    let waited = summary.started_at.saturating_sub(run.accepted_at);
    html! {
        tr {
            td data-label="Accepted" {
                (moment(run.accepted_at)) " " span.quiet { (ago(run.accepted_at, now)) }
            }
            td data-label="App and task" {
                a href={ "/apps/" (summary.app) } { (summary.app) } " " (summary.task)
            }
            td data-label="Woken by" { (summary.trigger.as_str()) }
            td data-label="Run" {
                (outcome(run)) " " a href={ "/runs/" (summary.run) } { (summary.run) }
                @if summary.attempt > 1 {
                    " " span.quiet { "attempt " (count_text(summary.attempt.into())) }
                }
            }
            td data-label="Waited" { (milliseconds(waited)) }
            td data-label="Ran" { (duration_text(run.wall_us)) }
            td data-label="Toasts" {
                @for title in &run.toasts { span.toast-title { (guest(title)) } " " }
                @if run.toasts.is_empty() { span.quiet { "none" } }
            }
        }
    }
}
