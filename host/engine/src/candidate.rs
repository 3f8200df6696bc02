use std::path::Path;

use bugle_sandbox::Compiler;
use bugle_store::KeptRun;
use bugle_task::{AppId, Outcome, RunReport};
use serde::Serialize;

use crate::{Error, TestApp};

/// A new build of an app, or of one component, which kept runs are tried with before it is
/// installed. Admitted and compiled as at install; no host and no store knows of it.
#[derive(Debug)]
pub struct Candidate {
    app: TestApp,
    /// Of an app's folder; a component by itself is anybody's.
    id: Option<AppId>,
}

/// A kept run, tried with a new build.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Trial {
    /// The report that was kept.
    pub kept: RunReport,
    /// The report of the new build, given the same inputs.
    pub new: RunReport,
    /// Whether the new build did the same: outcome, effects, log and progress. What it used may
    /// differ, and so may a trap's backtrace, whose functions are of another build.
    pub is_same: bool,
    /// Why the two need not be the same, if they need not.
    pub not_comparable: Option<String>,
}

impl Candidate {
    /// Reads an app's folder, or a component's file.
    ///
    /// # Errors
    ///
    /// As [`TestApp::open`].
    pub fn open(path: &Path, compiler: Compiler, cache_dir: Option<&Path>) -> Result<Self, Error> {
        let app = TestApp::open(path, compiler, cache_dir)?;
        let id = path.is_dir().then(|| app.id().clone());
        Ok(Self { app, id })
    }

    /// Runs a kept run's inputs, its limits included, with the new build, and compares.
    ///
    /// # Errors
    ///
    /// The new build is of another app, has no such task, or cannot be made ready.
    pub fn run(&self, kept: &KeptRun) -> Result<Trial, Error> {
        let identity = &kept.input.identity;
        if let Some(id) = self.id.as_ref().filter(|id| **id != identity.app) {
            let what = format!("the new build is of `{id}`, and the run is of `{}`", identity.app);
            return Err(Error::Usage { what });
        }
        let task = self.app.task_for(kept.input.trigger.kind(), Some(&identity.task))?;
        self.app.prepare(task, &kept.input.limits)?;
        let new = self.app.run(task, &kept.input)?;
        let not_comparable = (!kept.report.is_replayable())
            .then(|| "the outside ended the run, or told it to end".to_owned());
        Ok(Trial {
            is_same: behaviour(&kept.report) == behaviour(&new),
            kept: kept.report.clone(),
            new,
            not_comparable,
        })
    }
}

/// What of a report two builds of one task have in common if they do the same.
fn behaviour(report: &RunReport) -> impl PartialEq + use<> {
    let result = &report.result;
    let mut outcome = result.outcome.clone();
    if let Outcome::Trapped { backtrace, .. } = &mut outcome {
        backtrace.clear();
    }
    // As bytes, so that a float that is no number equals itself.
    let effects = serde_json::to_vec(&result.effects).ok();
    (outcome, effects, result.log.clone(), result.progress)
}
