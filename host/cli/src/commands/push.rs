//! `bugle push`.

use bugle::task::{Bytes, Header, TriggerId};
use bugle_gateway::{Answer, Command, PushEnd};

use crate::access::{self, After};
use crate::args::{Global, PushArgs};
use crate::failure::{Ended, Failure};
use crate::output::{Look, Output};
use crate::progress::Progress;
use crate::report::{self, View};
use crate::text;

pub(crate) fn push(args: PushArgs, global: &Global, output: &Output) -> Result<Ended, Failure> {
    let command = Command::Push {
        channel: args.channel,
        content: Bytes(text::content(&args.content)?),
        content_type: args.content_type,
        headers: args.header.into_iter().map(|(name, value)| Header { name, value }).collect(),
        ttl_seconds: args.ttl,
        wait: args.wait,
    };
    let progress = args.wait.then(|| Progress::of("waiting for the task"));
    // The report has the toasts already.
    let after = After::Settle { show_toasts: !output.is_json && !args.wait };
    let answer = access::send(global, command, after);
    drop(progress);
    let answer = answer?;
    let Answer::Pushed { trigger, end } = &answer else { return Err(access::unexpected()) };
    output.say(&answer, || match end {
        None => format!("accepted {trigger}\n"),
        Some(end) => end_text(*trigger, end, output),
    })?;
    match end {
        None | Some(PushEnd::Completed { .. } | PushEnd::Taken) => Ok(Ended::Well),
        Some(PushEnd::Dead { .. } | PushEnd::Expired) => Ok(Ended::TaskFailed),
    }
}

fn end_text(trigger: TriggerId, end: &PushEnd, output: &Output) -> String {
    let view = View { paint: output.paint, is_verbose: output.is_verbose, before: None };
    let who = trigger.to_string();
    match end {
        PushEnd::Completed { report } => report::text(report, &who, view),
        PushEnd::Taken => format!("{who} was taken by the app in the foreground\n"),
        PushEnd::Expired => format!("{who} expired before a run completed\n"),
        PushEnd::Dead { reason, report } => {
            let dead = output.paint.with(Look::Bad, "dead");
            let reason = bugle::plain(reason);
            let line = format!("{dead}: {who}, {reason}; `bugle runs retry {who}` tries again\n");
            match report {
                Some(report) => report::text(report, &who, view) + &line,
                None => line,
            }
        }
    }
}
