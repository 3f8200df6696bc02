//! `bugle run`: a sandboxed test run. No store, no thread pool, no runtime: it starts as fast as the
//! task does.

use bugle::{Push, TestRun, TestTrigger, parse_value};

use crate::access;
use crate::args::{RunArgs, Wake};
use crate::failure::{Ended, Failure};
use crate::output::Output;
use crate::progress::Progress;
use crate::report::{self, View};
use crate::text;

pub(crate) fn run(args: RunArgs, output: &Output) -> Result<Ended, Failure> {
    let run = asked_for(args)?;
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

/// The run that the arguments ask for.
pub(super) fn asked_for(args: RunArgs) -> Result<TestRun, Failure> {
    let trigger = trigger(args.wake, args.content_type, args.header)?;
    let run = settings(TestRun::of(args.task, trigger), args.setting);
    let run = with(run, args.task_name, TestRun::task_name);
    let run = with(run, args.limits, TestRun::limits);
    let run = with(run, args.at, TestRun::started_at);
    let run = with(run, args.seed, TestRun::seed);
    let run = with(run, access::cache_dir(), TestRun::cache_dir);
    Ok(run.compiler(access::compiler()?))
}

/// Sets what was said, and leaves the default of what was not.
fn with<T>(run: TestRun, said: Option<T>, set: impl FnOnce(TestRun, T) -> TestRun) -> TestRun {
    match said {
        Some(value) => set(run, value),
        None => run,
    }
}

fn settings(run: TestRun, settings: Vec<(String, String)>) -> TestRun {
    settings.into_iter().fold(run, |run, (path, value)| run.setting(path, parse_value(&value)))
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
