//! `bugle run`: a sandboxed test run. No store, no thread pool, no runtime: it starts as fast as the
//! task does.

use bugle::{Push, TestRun, TestTrigger, parse_value};

use crate::access;
use crate::args::{Global, RunArgs, Wake};
use crate::failure::{Ended, Failure};
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{self, View};
use crate::text;

pub(crate) fn run(args: Box<RunArgs>, global: &Global, output: &Output) -> Result<Ended, Failure> {
    let trigger = trigger(args.wake, args.content_type, args.header)?;
    let mut run = TestRun::of(args.task, trigger);
    run.task_name = args.task_name;
    run.settings =
        args.setting.into_iter().map(|(path, value)| (path, parse_value(&value))).collect();
    run.limits = args.limits;
    run.started_at = args.at;
    run.seed = args.seed;
    run.cache_dir = access::cache_dir(global);
    run.compiler = access::compiler()?;
    let progress = Progress::of("compiling and running");
    let done = run.run();
    drop(progress);
    let done = done?;
    let identity = &done.input.identity;
    output.say(&done.report, || {
        let view = View {
            paint: output.paint,
            is_verbose: output.is_verbose,
            before: Some(&done.input.snapshot.settings),
        };
        report::text(&done.report, &format!("{} of {}", identity.task, identity.app), view)
    })?;
    if done.report.result.outcome.is_completed() { Ok(Ended::Well) } else { Ok(Ended::TaskFailed) }
}

fn trigger(
    wake: Wake,
    content_type: Option<String>,
    headers: Vec<(String, String)>,
) -> Result<TestTrigger, Failure> {
    if let Some(content) = wake.application {
        return Ok(TestTrigger::Application(text::content(&content)?));
    }
    if let Some((kind, content)) = wake.custom {
        return Ok(TestTrigger::Custom { kind, content: text::content(&content)? });
    }
    let content = wake.push.expect("clap takes exactly one trigger");
    let mut push = Push::new(text::content(&content)?);
    if let Some(content_type) = content_type {
        push = push.content_type(content_type);
    }
    for (name, value) in headers {
        push = push.header(&name, value);
    }
    Ok(TestTrigger::Push(push))
}
