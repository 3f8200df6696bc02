mod minimise;
mod mutate;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bugle::task::Outcome;
use bugle::{Name, RunInput, RunReport, TestTask, Trigger, TriggerKind};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sha2::{Digest as _, Sha256};

use crate::export::{ExpectOf, export};
use crate::run::RunOne;
use crate::{Error, Suite};

/// The most inputs that are kept to go on from: beyond it, each would be tried too seldom.
const CORPUS_MAX: usize = 256;

/// How long to look, and where the randomness starts.
#[derive(Debug, Clone, Copy)]
pub struct FuzzPlan {
    /// The same seed tries the same inputs in the same order.
    pub seed: u64,
    /// When to stop.
    pub end: FuzzEnd,
}

/// When to stop looking.
#[derive(Debug, Clone, Copy)]
pub enum FuzzEnd {
    /// After this time; what is being minimised is finished.
    After(Duration),
    /// After so many runs, not counting those that minimise.
    Runs(u64),
}

/// What was tried, and what was found.
#[derive(Debug, Clone)]
pub struct FuzzReport {
    /// How many inputs were run.
    pub runs: u64,
    /// How many of them are inputs that did something no other had done.
    pub corpus: usize,
    /// What was found, in the order in which it was.
    pub findings: Vec<Finding>,
}

/// A trigger that brings a task to an end that it did not choose: a trap, or a limit.
#[derive(Debug, Clone)]
pub struct Finding {
    /// How the run ends.
    pub outcome: Outcome,
    /// The case whose content led there.
    pub from: String,
    /// How many bytes of content are left after minimising.
    pub bytes: usize,
    /// Where its case file belongs. The name is that of the fault, not of the content that shows it.
    pub file: PathBuf,
    /// The text of the case file: it fails until the task is mended.
    pub text: String,
}

/// An input to go on from.
struct Start {
    case: usize,
    task: Name,
    input: RunInput,
}

/// Mutates the content of the cases' triggers, each in the state that its step begins with, and looks
/// for ends that the task did not choose. On one thread, so that a seed tells all.
///
/// # Errors
///
/// No step has content, or the host could not run one.
pub fn fuzz(
    suite: &Suite,
    run_one: &RunOne<'_>,
    plan: FuzzPlan,
    mut found: impl FnMut(&Finding),
) -> Result<FuzzReport, Error> {
    let mut corpus = starts(suite, run_one)?;
    let mut rng = ChaCha12Rng::seed_from_u64(plan.seed);
    let mut known = BTreeSet::new();
    let mut behaviours = BTreeSet::new();
    let mut findings = Vec::new();
    let (mut runs, begun) = (0, Instant::now());
    loop {
        let is_over = match plan.end {
            FuzzEnd::After(time) => begun.elapsed() >= time,
            FuzzEnd::Runs(most) => runs >= most,
        };
        if is_over {
            return Ok(FuzzReport { runs, corpus: corpus.len(), findings });
        }
        let (start, content) = next(&corpus, &mut rng);
        let task = task(suite, start)?;
        let input = with_content(&start.input, content);
        let report = run_one(task, &input)?;
        runs += 1;
        if let Some(fault) = fault(&report) {
            if known.insert((start.task.clone(), fault.clone())) {
                let finding = finding(suite, start, task, &input, &fault, run_one)?;
                found(&finding);
                findings.push(finding);
            }
        } else if behaviours.insert(behaviour(&report)) && corpus.len() < CORPUS_MAX {
            let (case, task) = (start.case, start.task.clone());
            corpus.push(Start { case, task, input });
        }
    }
}

/// The inputs of all steps that have content, as they are when their case is run.
fn starts(suite: &Suite, run_one: &RunOne<'_>) -> Result<Vec<Start>, Error> {
    let mut starts = Vec::new();
    for (case, of) in suite.cases.iter().enumerate() {
        let report = of.run(&suite.app, run_one, 1)?;
        let inputs = report.steps.into_iter().map(|step| step.input);
        let inputs = inputs.filter(|input| content(&input.trigger).is_some());
        starts.extend(inputs.map(|input| Start { case, task: input.identity.task.clone(), input }));
    }
    if starts.is_empty() { Err(Error::NothingToFuzz) } else { Ok(starts) }
}

fn task<'a>(suite: &'a Suite, start: &Start) -> Result<&'a TestTask, Error> {
    Ok(suite.app.task_for(start.input.trigger.kind(), Some(&start.task))?)
}

/// An input to go on from, and what to try in its place.
fn next<'a>(corpus: &'a [Start], rng: &mut ChaCha12Rng) -> (&'a Start, Vec<u8>) {
    let start = &corpus[mutate::below(rng, corpus.len())];
    let other = &corpus[mutate::below(rng, corpus.len())];
    let of = |start: &'a Start| content(&start.input.trigger).unwrap_or_default();
    let bytes_max = match start.input.trigger.kind() {
        TriggerKind::RawNotification => bugle::task::RawNotification::CONTENT_BYTES_MAX,
        _ => mutate::CONTENT_BYTES_MAX,
    };
    (start, mutate::mutate(of(start), of(other), bytes_max, rng))
}

fn content(trigger: &Trigger) -> Option<&[u8]> {
    match trigger {
        Trigger::RawNotification(push) => Some(&push.content),
        Trigger::Application(request) => Some(&request.content),
        Trigger::Custom(event) => Some(&event.content),
        _ => None,
    }
}

fn with_content(input: &RunInput, content: Vec<u8>) -> RunInput {
    let mut input = input.clone();
    match &mut input.trigger {
        Trigger::RawNotification(push) => push.content = content.into(),
        Trigger::Application(request) => request.content = content.into(),
        Trigger::Custom(event) => event.content = content.into(),
        _ => {}
    }
    input
}

/// The name of what went wrong, if the task did not choose its end: the same for every content that
/// leads there the same way.
fn fault(report: &RunReport) -> Option<String> {
    let outcome = &report.result.outcome;
    match outcome {
        // The outside ended it, so that it says nothing about the content.
        Outcome::Completed
        | Outcome::Failed { .. }
        | Outcome::Retry { .. }
        | Outcome::Rejected { .. }
        | Outcome::Cut
        | Outcome::Cancelled { .. } => None,
        Outcome::Trapped { message, backtrace } => {
            Some(format!("trapped: {message}\n{}", backtrace.join("\n")))
        }
        Outcome::OutOfFuel
        | Outcome::TimedOut
        | Outcome::OutOfMemory
        | Outcome::LimitExceeded { .. }
        | Outcome::HostPanicked { .. } => Some(outcome.to_string()),
    }
}

/// What tells one way through a task from another: cheap signs that any component gives.
fn behaviour(report: &RunReport) -> (&'static str, u64, usize, u32) {
    let result = &report.result;
    let fuel = u64::BITS - (result.usage.fuel / 256).leading_zeros();
    (result.outcome.code(), result.usage.host_calls, result.log.lines.len(), fuel)
}

fn finding(
    suite: &Suite,
    start: &Start,
    task: &TestTask,
    input: &RunInput,
    name: &str,
    run_one: &RunOne<'_>,
) -> Result<Finding, Error> {
    let mut least = (input.clone(), run_one(task, input)?);
    let tried = |content: &[u8]| -> Result<(bool, u64), Error> {
        let input = with_content(input, content.to_vec());
        let report = run_one(task, &input)?;
        let (is_same, fuel) = (fault(&report).as_deref() == Some(name), report.result.usage.fuel);
        if is_same {
            least = (input, report);
        }
        Ok((is_same, fuel))
    };
    minimise::minimise(content(&input.trigger).unwrap_or_default(), tried)?;
    let (input, report) = least;
    let case = &suite.cases[start.case];
    let outcome = report.result.outcome.clone();
    let about = format!("Found by fuzzing from `{}`: {outcome}", case.name());
    let hash = Sha256::digest(format!("{}\n{name}", start.task));
    let hash: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Ok(Finding {
        outcome,
        from: case.name(),
        bytes: content(&input.trigger).map_or(0, <[u8]>::len),
        file: case.file().with_file_name(format!("found-{hash}.toml")),
        text: export(&about, &input, &report, ExpectOf::AnyEnd),
    })
}
