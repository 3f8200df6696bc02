//! The `bugle` program: runs, serves, installs and looks at background tasks.
//!
//! The crate owns the command line, what it prints, and its exit codes. It decides nothing about
//! tasks: commands that write are [`bugle_gateway::Command`]s, carried out by the daemon if one runs
//! and by this process if none does; commands that read do so beside the daemon.
//!
//! Invariants:
//! - Nothing that a guest or a sender said reaches a terminal unfiltered.
//! - Standard output has the answer only; errors, hints and progress go to standard error.
//! - With `--json`, standard output is JSON and nothing else.

mod access;
mod args;
mod commands;
mod coverage;
mod failure;
mod log;
mod output;
mod progress;
mod project;
mod report;
mod table;
mod text;
mod verdict;

use std::process::ExitCode;

use clap::Parser as _;
use tracing::Level;

use crate::args::{Action, Args, LogFormat};
use crate::failure::{Ended, Failure};
use crate::output::Output;

/// Guests' threads stand back, and nobody is to wait for a lock that one of them has.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Args { global, action } = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return refused(error),
    };
    let mut output = Output::new(&global);
    let format = action.log_format();
    let log = log::start(global.verbose, format);
    let ended = carry_out(action, &global, &output);
    // Whoever reads the log line by line reads there why it ended.
    let is_logged = format == Some(LogFormat::Json) && tracing::enabled!(Level::ERROR);
    if let (true, Err(Failure::Refused(refusal))) = (is_logged, &ended) {
        let (code, hint) = (&*refusal.code, refusal.hint.as_deref());
        let causes = (!refusal.causes.is_empty()).then(|| refusal.causes.join("; "));
        log::Log::last(|| {
            tracing::error!(code, hint, causes, "{}", bugle::plain(&refusal.message));
        });
    }
    // Where the log has no errors, it is said as other commands say it in JSON.
    output.is_json |= format == Some(LogFormat::Json);
    let is_read = log.is_none_or(log::Log::end);
    match ended {
        Ok(ended) => ended.into(),
        Err(failure) => {
            if is_read && !is_logged {
                output.failure(&failure);
            }
            failure.ended().into()
        }
    }
}

/// What clap says about the arguments. It quotes them as they are; what a terminal would obey in them is
/// shown instead, by having it look at what can be shown.
fn refused(error: clap::Error) -> ExitCode {
    let mut is_harmful = false;
    let shown = std::env::args_os().map(|arg| {
        let text = arg.to_string_lossy().into_owned();
        let plain = bugle::plain(&text).into_owned();
        is_harmful |= plain != text;
        plain
    });
    let shown: Vec<String> = shown.collect();
    let error = if is_harmful { Args::try_parse_from(shown).err().unwrap_or(error) } else { error };
    let plain = error.render().to_string();
    if bugle::plain_lines(&plain) == plain {
        // Nobody reads the output any more if it fails.
        let _ = error.print();
    } else {
        eprint!("{}", bugle::plain_lines(&plain));
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn carry_out(action: Action, global: &args::Global, output: &Output) -> Result<Ended, Failure> {
    match action {
        Action::New(args) => commands::new::new(&args, output),
        Action::Build(args) => commands::build::build(&args, global, output),
        Action::Watch(args) => commands::watch::watch(&args, global, output),
        Action::Inspect(args) => commands::inspect::inspect(&args, global, output),
        Action::Run(args) => commands::run::run(*args, output),
        Action::Test(args) => commands::test::test(&args, output),
        Action::Profile(args) => commands::profile::profile(*args, output),
        Action::Serve(args) => commands::serve::serve(args, global, output),
        Action::Dashboard => commands::dashboard::dashboard(global, output),
        Action::Install(args) => commands::install::install(&args, global, output),
        Action::List(args) => commands::list::list(&args, global, output),
        Action::Remove(args) => commands::remove::remove(args, global, output),
        Action::Push(args) => commands::push::push(args, global, output),
        Action::Channel(args) => commands::channel::channel(args, global, output),
        Action::App(args) => commands::app::app(args, global, output),
        Action::Settings(args) => commands::settings::settings(args, global, output),
        Action::Toasts(args) => commands::toasts::toasts(&args, global, output),
        Action::Logs(args) => commands::logs::logs(&args, global, output),
        Action::Runs(args) => commands::runs::runs(args, global, output),
        Action::Replay(args) => commands::replay::replay(&args, global, output),
        Action::Backup(args) => commands::backup::backup(&args, global, output),
        Action::Doctor => commands::doctor::doctor(global, output),
        Action::Completions(args) => commands::completions::completions(&args),
        Action::CompileComponent { .. } => Ok(Ended::As(bugle::compile_child())),
    }
}
