//! `bugle runs`.

use bugle::RunFilter;
use bugle::task::{AppId, RunId};
use bugle_gateway::{Answer, Command};

use crate::access::{self, After};
use crate::args::{Global, RunsAction, RunsArgs};
use crate::failure::{Ended, Failure};
use crate::output::Output;
use crate::report::{self, View};
use crate::table::Table;
use crate::text;

pub(crate) fn runs(args: RunsArgs, global: &Global, output: &Output) -> Result<Ended, Failure> {
    match args.action {
        Some(RunsAction::Show { run }) => show(run, global, output),
        Some(RunsAction::Retry { trigger }) => {
            let after = After::Settle { show_toasts: !output.is_json };
            change(Command::RetryDead { trigger }, after, global, output)
        }
        Some(RunsAction::Drop { trigger }) => {
            change(Command::DropDead { trigger }, After::Close, global, output)
        }
        None if args.dead => dead(args.app.as_ref(), args.limit, global, output),
        None => {
            let filter =
                RunFilter { app: args.app, outcome: args.outcome, since: None, limit: args.limit };
            list(&filter, global, output)
        }
    }?;
    Ok(Ended::Well)
}

fn list(filter: &RunFilter, global: &Global, output: &Output) -> Result<(), Failure> {
    let runs = match access::reader(global)? {
        Some(reader) => reader.runs(filter)?,
        None => Vec::new(),
    };
    output.say(&runs, || {
        let headings = ["run", "started", "outcome", "attempt", "trigger", "app", "task"];
        let mut table = Table::new(&headings);
        for run in &runs {
            table.row([
                run.run.to_string(),
                text::moment(run.started_at),
                bugle::plain(&run.outcome).into_owned(),
                format!("{} of {}", run.attempt, run.attempts_max),
                run.trigger.to_string(),
                run.app.to_string(),
                run.task.to_string(),
            ]);
        }
        table.text(output.paint, "no runs")
    })
}

fn dead(
    app: Option<&AppId>,
    limit: usize,
    global: &Global,
    output: &Output,
) -> Result<(), Failure> {
    let mut dead = match access::reader(global)? {
        Some(reader) => reader.dead(app)?,
        None => Vec::new(),
    };
    dead.truncate(limit);
    output.say(&dead, || {
        let mut table = Table::new(&["trigger", "dead since", "reason", "attempts", "app", "why"]);
        for trigger in &dead {
            table.row([
                trigger.id.to_string(),
                text::moment(trigger.dead_at),
                text::code(&trigger.reason),
                text::count(trigger.attempts.into()),
                format!("{}/{}", trigger.app, trigger.task),
                bugle::plain(&trigger.message).into_owned(),
            ]);
        }
        table.text(output.paint, "nothing is dead")
    })
}

fn show(run: RunId, global: &Global, output: &Output) -> Result<(), Failure> {
    let Some(reader) = access::reader(global)? else {
        return Err(bugle::Error::UnknownRun { run }.into());
    };
    let kept = reader.run(run)?;
    output.say(&kept, || {
        let identity = &kept.input.identity;
        let who = format!("{run}, {} of {}", identity.task, identity.app);
        let view = View {
            paint: output.paint,
            is_verbose: output.is_verbose,
            before: Some(&kept.input.snapshot.settings),
        };
        report::text(&kept.report, &who, view)
    })
}

fn change(command: Command, after: After, global: &Global, output: &Output) -> Result<(), Failure> {
    let answer = access::send(global, command, after)?;
    output.say(&answer, || match &answer {
        Answer::Retried { trigger } => format!("{trigger} has its attempts again\n"),
        Answer::Dropped { trigger } => format!("{trigger} is gone\n"),
        _ => String::new(),
    })
}
