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
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Summary<'a> {
    runs: u64,
    same: u64,
    not_comparable: u64,
    /// Of the runs that can be compared, in all.
    fuel: u64,
    fuel_new: u64,
    /// The runs that a new build does otherwise.
    different: &'a [Tried],
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
    runs.retain(|run| which.task.is_none_or(|task| *task == run.task));
    runs.reverse();
    let progress = Progress::of("compiling and running");
    let new = candidate(with)?;
    let (mut different, mut fuels) = (Vec::new(), (0_u64, 0_u64));
    let (mut same, mut not_comparable) = (0, 0);
    for summary in &runs {
        let trial = new.run(&reader.run(summary.run)?)?;
        if trial.not_comparable.is_some() {
            not_comparable += 1;
            continue;
        }
        let (kept, new) = fuel(&trial);
        fuels = (fuels.0.saturating_add(kept), fuels.1.saturating_add(new));
        if trial.is_same {
            same += 1;
        } else {
            different.push(Tried { run: summary.run, trial });
        }
    }
    drop(progress);
    let runs = runs.len() as u64;
    let (fuel, fuel_new) = fuels;
    let summary = Summary { runs, same, not_comparable, fuel, fuel_new, different: &different };
    output.say(&summary, || summary.text(which.app, output))?;
    Ok(if different.is_empty() { Ended::Well } else { Ended::TaskFailed })
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

impl Summary<'_> {
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
