//! `bugle logs`.

use bugle::{Reader, RunLog};

use crate::access::{self, LOOK_AGAIN};
use crate::args::{Global, LogsArgs};
use crate::failure::{Ended, Failure};
use crate::output::{Look, Output};
use crate::{report, text};

/// Runs that are read at once.
const RUNS_A_STEP: usize = 256;

pub(crate) fn logs(args: &LogsArgs, global: &Global, output: &Output) -> Result<Ended, Failure> {
    let said = match access::reader_if(global, args.follow)? {
        Some(reader) => say(&reader, args, output)?,
        None => 0,
    };
    if said == 0 && !output.is_json {
        crate::output::write("no runs\n")?;
    }
    Ok(Ended::Well)
}

/// Says the newest runs, and goes on with those to come if it is asked to. How many it were.
fn say(reader: &Reader, args: &LogsArgs, output: &Output) -> Result<usize, Failure> {
    let app = args.app.as_ref();
    let mut place = reader.place_before(app, args.limit)?;
    let mut said = 0;
    loop {
        let runs = reader.runs_after(place, app, RUNS_A_STEP)?;
        let has_ended = runs.len() < RUNS_A_STEP;
        place = runs.last().map_or(place, |run| run.seq);
        for run in runs.iter().filter(|run| !args.failed || run.summary.outcome != "completed") {
            output.say(run, || lines(run, output))?;
            said += 1;
        }
        if !has_ended {
            continue;
        }
        if !args.follow {
            return Ok(said);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// A run as lines, each with what it belongs to, so that they can be searched.
fn lines(run: &RunLog, output: &Output) -> String {
    let summary = &run.summary;
    let who = format!(
        "{}  {}  {}  {}",
        text::moment(summary.ended_at),
        summary.app,
        summary.task,
        summary.run
    );
    let who = output.paint.with(Look::Faint, who);
    let mut lines: Vec<String> =
        report::log(&run.log, output.paint).iter().map(|line| format!("{who}  {line}")).collect();
    let look = if summary.outcome == "completed" { Look::Good } else { Look::Bad };
    let message = bugle::plain(&run.message);
    let (name, words) = message.split_once(": ").unwrap_or((&message, ""));
    let mut end = format!("{who}  {}", output.paint.with(look, name));
    if !words.is_empty() {
        end = format!("{end}: {words}");
    }
    let about = format!("{}, {} fuel", text::duration(run.wall_us), text::count(run.usage.fuel));
    lines.push(format!("{end}  {}", output.paint.with(Look::Faint, about)));
    text::lines(lines)
}
