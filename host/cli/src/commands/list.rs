//! `bugle list`.

mod watch;

use bugle::{AppSummary, Clock, Name, QuotaRow};
use serde::Serialize;

use crate::access;
use crate::args::{Global, ListArgs};
use crate::failure::{Ended, Failure};
use crate::output::Output;
use crate::table::Table;
use crate::text;

/// An app, with what it has used of what it may use over time.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    app: AppSummary,
    quotas: Vec<QuotaRow>,
}

pub(crate) fn list(args: &ListArgs, global: &Global, output: &Output) -> Result<Ended, Failure> {
    if args.watch {
        watch::watch(global, output)?;
        return Ok(Ended::Well);
    }
    let mut listed = Vec::new();
    if let Some(reader) = access::reader(global)? {
        let now = Clock::system().now();
        for app in reader.apps()? {
            let quotas = reader.quotas(&app.id, now)?;
            listed.push(Listed { app, quotas });
        }
    }
    output.say(&listed, || {
        let mut text = table(&listed, output);
        if output.is_verbose {
            text.extend(listed.iter().map(|listed| quotas(listed, output)));
        }
        text
    })?;
    Ok(Ended::Well)
}

fn table(listed: &[Listed], output: &Output) -> String {
    let headings = ["app", "version", "waiting", "dead", "paused", "tasks", "channels"];
    let mut table = Table::new(&headings);
    for Listed { app, .. } in listed {
        let tasks: Vec<&str> = app.tasks.iter().map(|task| task.name.as_str()).collect();
        let channels: Vec<&str> = app.channels.iter().map(Name::as_str).collect();
        let paused: Vec<&str> = app.paused.iter().map(|paused| paused.task.as_str()).collect();
        table.row([
            app.id.to_string(),
            bugle::plain(&app.version).into_owned(),
            text::count(app.waiting),
            text::count(app.dead),
            paused.join(", "),
            tasks.join(", "),
            channels.join(", "),
        ]);
    }
    table.text(output.paint, "no apps; install one with `bugle install DIR`")
}

/// What one app has used of each quota, what happens when it is reached, and what its tasks are.
fn quotas(listed: &Listed, output: &Output) -> String {
    let mut table = Table::new(&["quota", "used", "of", "when it is reached"]);
    for row in &listed.quotas {
        let amount = |count| match row.quota.unit() {
            "bytes" => text::bytes(count),
            _ => text::count(count),
        };
        table.row([
            row.quota.to_string(),
            amount(row.used),
            format!("{} {}", amount(row.max), row.quota.unit().trim_start_matches("bytes")),
            row.then.to_owned(),
        ]);
    }
    let app = &listed.app;
    let mut text = format!("\n{}\n{}", app.id, table.text(output.paint, ""));
    for task in &app.tasks {
        text += &format!("task {}  sha256 {}\n", task.name, task.component);
    }
    for paused in &app.paused {
        let (since, times) = (text::moment(paused.paused_at), text::count(paused.failures));
        text +=
            &format!("{} is paused since {since}, after {times} failures in a row\n", paused.task);
    }
    text
}
