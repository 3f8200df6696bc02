//! `bugle replay`.

mod difference;
mod trial;

use std::path::Path;

use bugle::{Reader, RunId};
use bugle_cases::ExpectOf;
use bugle_gateway::{Answer, Command};

use crate::access::{self, After};
use crate::args::{Global, ReplayArgs};
use crate::failure::{Ended, Failure};
use crate::output::{self, Look, Output};
use crate::progress::Progress;
use crate::text;
use difference::differences;
use trial::Which;

pub(crate) fn replay(
    args: &ReplayArgs,
    global: &Global,
    output: &Output,
) -> Result<Ended, Failure> {
    match args {
        ReplayArgs { app: Some(app), with: Some(with), task, since, .. } => {
            let which = Which { app, task: task.as_ref(), since: *since };
            trial::all(&reader(global)?, &which, with, output)
        }
        ReplayArgs { run: Some(run), with: Some(with), .. } => {
            trial::one(&reader(global)?, *run, with, output)
        }
        ReplayArgs { run: Some(run), export: Some(file), .. } => {
            export(&reader(global)?, *run, file, output)
        }
        ReplayArgs { run: Some(run), .. } => again(*run, global, output),
        _ => Err(Failure::usage("usage", "there is no run to replay")),
    }
}

/// What is kept, which is read beside a daemon.
fn reader(global: &Global) -> Result<Reader, Failure> {
    access::reader(global)?.ok_or_else(|| {
        Failure::usage("store-missing", "nothing is kept: no host has run here yet")
            .hint("name the data folder with `--data DIR`")
    })
}

/// A run with the component that it had.
fn again(run: RunId, global: &Global, output: &Output) -> Result<Ended, Failure> {
    let progress = Progress::of("running it again");
    let answer = access::send(global, Command::Replay { run }, After::Close);
    drop(progress);
    let answer = answer?;
    let Answer::Replayed { kept, replayed, is_same, not_comparable } = &answer else {
        return Err(access::unexpected());
    };
    output.say(&answer, || {
        let mut lines = if *is_same {
            let fuel = text::count(kept.result.usage.fuel);
            let same = output.paint.with(Look::Good, "same");
            vec![format!("{same}  {run}: {}, {fuel} units of fuel", kept.result.outcome.code())]
        } else {
            let other = output.paint.with(Look::Bad, "different");
            let mut lines = vec![format!("{other}  {run}")];
            lines.extend(differences(kept, replayed, &[]));
            lines
        };
        lines.extend(not_comparable.iter().map(|why| format!("note: {}", bugle::plain(why))));
        text::lines(lines)
    })?;
    Ok(if *is_same || not_comparable.is_some() { Ended::Well } else { Ended::TaskFailed })
}

/// A run as a case: its inputs, and what came of it as what is expected.
fn export(reader: &Reader, run: RunId, file: &Path, output: &Output) -> Result<Ended, Failure> {
    if file.exists() {
        let message = format!("`{}` is there already", file.display());
        return Err(Failure::usage("file", message).hint("choose another name"));
    }
    let kept = reader.run(run)?;
    if !kept.report.is_replayable() {
        let message = format!("the outside ended `{run}`, or told it to end: no test repeats that");
        return Err(Failure::usage("not-replayable", message).hint("`bugle runs` lists others"));
    }
    let about = format!("{run} of {} {}", kept.summary.app, kept.summary.app_version);
    let case = bugle_cases::export(&about, &kept.input, &kept.report, ExpectOf::Report);
    output::write_file(file, &case)?;
    let answer = serde_json::json!({ "run": run, "file": file });
    let code = kept.report.result.outcome.code();
    let line = format!("wrote {}: {run}, of which `{code}` is expected", file.display());
    output.say(&answer, || text::lines([bugle::plain(&line)]))?;
    Ok(Ended::Well)
}
