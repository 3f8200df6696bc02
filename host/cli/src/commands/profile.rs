//! `bugle profile`: a run as `bugle run`'s, and where its fuel went.

use bugle::{TestReport, TraceDepth};
use bugle_trace::{FunctionFuel, Profile, Symbols};
use serde::Serialize;

use crate::args::ProfileArgs;
use crate::commands::run;
use crate::coverage::NO_NAMES;
use crate::failure::{Ended, Failure};
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::table::Table;
use crate::text;

/// What is said with `--json`.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Profiled<'a> {
    outcome: &'a str,
    #[serde(flatten)]
    profile: &'a Profile,
}

pub(crate) fn profile(args: ProfileArgs, output: &Output) -> Result<Ended, Failure> {
    let progress = Progress::of("compiling and running");
    let traced = run::asked_for(args.run)?.run_traced(TraceDepth::Stack);
    drop(progress);
    let (done, traced) = traced?;
    let profile = Profile::of(&traced, &Symbols::of(&traced));
    let identity = &done.input.identity;
    if let Some(path) = &args.output {
        let title = format!("{} of {}", identity.task, identity.app);
        let is_picture = path.extension().is_some_and(|ending| ending == "svg");
        let graph = if is_picture { Profile::flame_graph } else { Profile::speedscope };
        output::write_file(path, &bugle::plain_json(&graph(&profile, &title)))?;
        output.note(&format!("the flame graph is in {}", path.display()));
    }
    let outcome = &done.report.result.outcome;
    let answer = Profiled { outcome: outcome.code(), profile: &profile };
    output.say(&answer, || in_words(&done, &profile, args.limit, output))?;
    if outcome.is_completed() { Ok(Ended::Well) } else { Ok(Ended::TaskFailed) }
}

fn in_words(done: &TestReport, profile: &Profile, limit: usize, output: &Output) -> String {
    let identity = &done.input.identity;
    let outcome = done.report.result.outcome.code();
    let fuel = text::count(profile.fuel);
    let first = format!("{outcome}  {} of {}, {fuel} units of fuel", identity.task, identity.app);
    let mut lines = vec![bugle::plain(&first).into_owned()];
    lines.push(table(profile, limit).text(output.paint, "no function was entered"));
    let mut text = lines.join("\n");
    let more = profile.functions.len().saturating_sub(limit);
    if more > 0 {
        text += &format!("and {more} more functions; `--limit` shows them\n");
    }
    if !profile.has_names {
        text += NO_NAMES;
    }
    if !profile.is_exact {
        text += "note: the code was not looked at everywhere; fuel may be put to a neighbour\n";
    }
    text
}

fn table(profile: &Profile, limit: usize) -> Table {
    let mut table = Table::new(&["own", "%", "total", "%", "function"]);
    for FunctionFuel { name, own, total } in profile.functions.iter().take(limit) {
        let name = bugle::plain(name).into_owned();
        let (own_part, part) = (tenths(*own, profile.fuel), tenths(*total, profile.fuel));
        table.row([text::count(*own), own_part, text::count(*total), part, name]);
    }
    table
}

/// A part of a whole in per cent, with one digit.
fn tenths(part: u64, whole: u64) -> String {
    let tenths = u128::from(part) * 1_000 / u128::from(whole.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}
