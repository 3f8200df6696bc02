//! `bugle replay … --with`: what a new build would have made of kept runs.

use std::path::Path;

use bugle::{AppId, Name};
use bugle::{Candidate, Reader, RunFilter, RunId, Timestamp, Trial};
use serde::Serialize;

use super::difference::{OF_A_BUILD, differences};
use crate::access;
use crate::failure::{Ended, Failure};
use crate::output::{Look, Output};
use crate::progress::Progress;
use crate::text;

/// Runs whose differences are printed; the rest are counted, and `--json` names them all.
const RUNS_SHOWN_MAX: usize = 10;

/// A run and what came of it, as `--json` says it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Tried {
    run: RunId,
    #[serde(flatten)]
    trial: Trial,
}

/// What a new build makes of many runs, as `--json` says it.
#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Summary {
    runs: u64,
    same: u64,
    not_comparable: u64,
    /// Of the runs that can be compared, in all.
    fuel: u64,
    fuel_new: u64,
    /// The runs that a new build does otherwise.
    different: Vec<Tried>,
    /// The runs of tasks, or by triggers, that the new build has not.
    without_task: Vec<RunId>,
}

/// Which runs of an app to try.
pub(super) struct Which<'a> {
    pub(super) app: &'a AppId,
    pub(super) task: Option<&'a Name>,
    pub(super) since: Option<Timestamp>,
}

fn candidate(path: &Path) -> Result<Candidate, Failure> {
    Ok(Candidate::open(path, access::compiler()?, access::cache_dir().as_deref())?)
}

/// One run with a new build.
pub(super) fn one(
    reader: &Reader,
    run: RunId,
    with: &Path,
    output: &Output,
) -> Result<Ended, Failure> {
    let kept = reader.run(run)?;
    let progress = Progress::of("compiling and running");
    let trial = candidate(with).and_then(|new| Ok(new.run(&kept)?));
    drop(progress);
    let tried = Tried { run, trial: trial? };
    output.say(&tried, || {
        let mut lines = tried.lines(output);
        lines.push(fuel_line(fuel(&tried.trial)));
        lines.extend(tried.trial.not_comparable.iter().map(|why| format!("note: {why}")));
        text::lines(lines)
    })?;
    let is_well = tried.trial.is_same || tried.trial.not_comparable.is_some();
    Ok(if is_well { Ended::Well } else { Ended::TaskFailed })
}

/// All kept runs of an app, oldest first, with a new build.
pub(super) fn all(
    reader: &Reader,
    which: &Which<'_>,
    with: &Path,
    output: &Output,
) -> Result<Ended, Failure> {
    let filter =
        RunFilter { app: Some(which.app.clone()), since: which.since, ..RunFilter::default() };
    let mut runs = reader.runs(&RunFilter { limit: usize::MAX, ..filter })?;
    let has_runs = !runs.is_empty();
    runs.retain(|run| which.task.is_none_or(|task| *task == run.task));
    if let (true, true, Some(task)) = (has_runs, runs.is_empty(), which.task) {
        let message = format!("no kept run of `{}` is of a task `{task}`", which.app);
        return Err(Failure::usage("unknown-task", message).hint("`bugle runs` lists them"));
    }
    runs.reverse();
    let progress = Progress::of("compiling and running");
    let new = candidate(with)?;
    let mut summary = Summary::default();
    for run in runs {
        summary.add(run.run, reader.run(run.run).and_then(|kept| new.run(&kept)))?;
    }
    drop(progress);
    output.say(&summary, || summary.text(which.app, output))?;
    let is_well = summary.different.is_empty() && summary.without_task.is_empty();
    Ok(if is_well { Ended::Well } else { Ended::TaskFailed })
}

impl Tried {
    fn lines(&self, output: &Output) -> Vec<String> {
        let (run, trial) = (self.run, &self.trial);
        if trial.is_same {
            let same = output.paint.with(Look::Good, "same");
            return vec![format!("{same}  {run}: {}", trial.kept.result.outcome.code())];
        }
        let other = output.paint.with(Look::Bad, "different");
        let mut lines = vec![format!("{other}  {run}")];
        lines.extend(differences(&trial.kept, &trial.new, &OF_A_BUILD));
        lines
    }
}

impl Summary {
    /// Counts a run in.
    fn add(&mut self, run: RunId, trial: Result<Trial, bugle::Error>) -> Result<(), Failure> {
        let trial = match trial {
            Ok(trial) => trial,
            Err(bugle::Error::UnknownTask { .. } | bugle::Error::NoTaskFor { .. }) => {
                self.runs += 1;
                self.without_task.push(run);
                return Ok(());
            }
            // A host beside us has just thrown it away, as it does with what is old.
            Err(bugle::Error::UnknownRun { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.runs += 1;
        if trial.not_comparable.is_some() {
            self.not_comparable += 1;
            return Ok(());
        }
        let (kept, new) = fuel(&trial);
        self.fuel = self.fuel.saturating_add(kept);
        self.fuel_new = self.fuel_new.saturating_add(new);
        if trial.is_same {
            self.same += 1;
        } else {
            self.different.push(Tried { run, trial });
        }
        Ok(())
    }

    fn text(&self, app: &AppId, output: &Output) -> String {
        let mut lines: Vec<String> = Vec::new();
        for tried in self.different.iter().take(RUNS_SHOWN_MAX) {
            lines.extend(tried.lines(output));
        }
        if self.different.len() > RUNS_SHOWN_MAX {
            let more = self.different.iter().skip(RUNS_SHOWN_MAX);
            let names: Vec<String> = more.map(|tried| tried.run.to_string()).collect();
            lines.push(format!("also different: {}", names.join(" ")));
        }
        if !self.without_task.is_empty() {
            let names: Vec<String> = self.without_task.iter().map(RunId::to_string).collect();
            lines.push(format!("no task of the new build takes: {}", names.join(" ")));
        }
        let different = text::count(self.different.len() as u64);
        let (runs, same) = (text::count(self.runs), text::count(self.same));
        let mut line = format!("{runs} runs of {app}: {same} the same, {different} different");
        if self.not_comparable > 0 {
            let count = text::count(self.not_comparable);
            line += &format!(", {count} that the outside ended and that cannot be compared");
        }
        lines.push(line);
        lines.push(fuel_line((self.fuel, self.fuel_new)));
        text::lines(lines)
    }
}

fn fuel(trial: &Trial) -> (u64, u64) {
    (trial.kept.result.usage.fuel, trial.new.result.usage.fuel)
}

/// `fuel  1,200 -> 1,100 (-8.3 %)`.
fn fuel_line((kept, new): (u64, u64)) -> String {
    let (from, to) = (text::count(kept), text::count(new));
    let tenths = u128::from(kept.abs_diff(new)) * 1_000 / u128::from(kept.max(1));
    let sign = if new < kept { '-' } else { '+' };
    format!("fuel  {from} -> {to} ({sign}{}.{} %)", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuel_is_compared_in_per_cent() {
        assert_eq!(fuel_line((1_200, 1_100)), "fuel  1,200 -> 1,100 (-8.3 %)");
        assert_eq!(fuel_line((0, 0)), "fuel  0 -> 0 (+0.0 %)");
    }
}
