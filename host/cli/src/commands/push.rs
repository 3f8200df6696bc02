//! `bugle push`.

use bugle::task::{Bytes, Header, TriggerId};
use bugle_gateway::{Answer, Command, PushEnding};

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
    let Answer::Pushed { trigger, ending } = &answer else { return Err(access::unexpected()) };
    output.say(&answer, || match ending {
        None => format!("accepted {trigger}\n"),
        Some(ending) => ending_text(*trigger, ending, output),
    })?;
    match ending {
        None | Some(PushEnding::Completed { .. } | PushEnding::Taken) => Ok(Ended::Well),
        Some(PushEnding::Dead { .. } | PushEnding::Expired | PushEnding::Withdrawn) => {
            Ok(Ended::TaskFailed)
        }
    }
}

fn ending_text(trigger: TriggerId, ending: &PushEnding, output: &Output) -> String {
    let view = View { paint: output.paint, is_verbose: output.is_verbose, before: None };
    let who = trigger.to_string();
    match ending {
        PushEnding::Completed { report } => report::text(report, &who, view),
        PushEnding::Taken => format!("{who} was taken by the app in the foreground\n"),
        PushEnding::Withdrawn => format!("{who} was replaced by a later push of its topic\n"),
        PushEnding::Expired => format!("{who} expired before a run completed\n"),
        PushEnding::Dead { reason, report } => {
            let dead = output.paint.with(Look::Bad, "dead");
            let reason = text::code(reason);
            let line = format!("{dead}: {who}, {reason}; `bugle runs retry {who}` tries again\n");
            match report {
                Some(report) => report::text(report, &who, view) + &line,
                None => line,
            }
        }
    }
}
