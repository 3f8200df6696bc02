//! Fuzzing on the stable compiler: arbitrary and mutated inputs at every place where bytes of
//! strangers come in.
//!
//! A [`Target`] is such a place: seeds that it takes, how they are mutated, and what must hold of
//! every input. [`run`] tries inputs and keeps those that did something new to go on from; what does
//! not hold, panics, hangs or takes too much memory is a [`Finding`], made small and written to a
//! file that [`replay`] reads again.
//!
//! What is not here is guidance by coverage, which needs a nightly compiler: that an input did
//! something new is told by what the target says of it (an error without its numbers, an outcome),
//! and not by the code that it reached. So paths that make no difference outside are found by chance
//! only.
//!
//! Cases are run on one thread, in an order that the seed tells, and watched from another: a case that
//! takes longer than its target allows is written down and ends the process, since nothing can take
//! a thread's time back. Panics of any thread count. What is bounded of memory is the growth of the
//! process's peak since the target began ([`MEMORY_MIB_MAX`]), where the system tells it.

mod admission;
mod cases;
mod components;
mod dice;
mod doors;
mod http;
mod input;
mod manifest;
mod mutate;
mod panics;
mod planted;
mod protocols;
mod requests;
mod settings;
mod terminal;
mod toasts;
mod watch;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use dice::Dice;
use watch::Watch;

pub use input::read;
pub use terminal::show;

/// By how much the process's peak of resident memory may grow while a target is tried. Compiling the
/// largest component that is tried takes some 200 MiB, and a host has a pool and a store.
pub const MEMORY_MIB_MAX: u64 = 768;

/// The most inputs that are kept to go on from: beyond it, each would be tried too seldom.
const CORPUS_MAX: usize = 512;

/// The most times that a finding is tried again to make it small, and for how long: a person reads on
/// from there.
const MINIMISING_TRIES: usize = 2_000;
const MINIMISING_TIME: Duration = Duration::from_secs(20);

/// What `--target` names, but for `planted`, which has faults on purpose.
pub const TARGETS: [&str; 7] =
    ["admission", "manifest", "cases", "doors", "settings", "toasts", "protocols"];

/// A place where bytes of strangers come in.
trait Target {
    /// The most time that one case may take, on a machine that does other things too.
    fn time_max(&self) -> Duration;

    /// Inputs to begin with.
    fn seeds(&self) -> Vec<Vec<u8>>;

    /// Another input, made of those that did something new so far.
    fn next(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8>;

    /// Tries an input, and says what came of it.
    ///
    /// # Errors
    ///
    /// Something does not hold: `rule: what was seen`.
    fn check(&mut self, input: &[u8]) -> Result<String>;

    /// What must hold after all inputs.
    ///
    /// # Errors
    ///
    /// It does not.
    fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

/// How long to look, from where, and where findings are written.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The same seed tries the same inputs in the same order.
    pub seed: u64,
    /// When to stop.
    pub end: End,
    /// The folder for findings.
    pub findings: PathBuf,
    /// The program that shows toasts on its terminal: this package's `fuzz`.
    pub program: PathBuf,
}

/// When to stop looking.
#[derive(Debug, Clone, Copy)]
pub enum End {
    /// After so many cases, not counting those that make a finding small.
    Cases(u64),
    /// After this time.
    After(Duration),
}

/// An input of which something does not hold.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What does not.
    pub what: String,
    /// The input, made small, as it is replayed.
    pub file: PathBuf,
}

/// What was tried, and what was found.
#[derive(Debug, Clone)]
pub struct Done {
    /// How many inputs were tried.
    pub cases: u64,
    /// How many of them did something that no other had done.
    pub behaviours: usize,
    /// What was found, one of each kind.
    pub findings: Vec<Finding>,
    /// How long it took, without opening the target.
    pub time: Duration,
}

/// Tries inputs at a target.
///
/// # Errors
///
/// There is no such target, it cannot be opened, or a finding cannot be written. Findings are none.
pub fn run(name: &str, plan: &Plan) -> Result<Done> {
    let _alone = alone();
    panics::listen();
    let mut target = open(name, plan)?;
    let watch = Watch::begin(name, target.time_max(), &plan.findings);
    let mut round = Round::new(name, plan, target.as_mut(), &watch);
    round.seeds()?;
    round.mutations()?;
    let mut done = round.done;
    if let Err(error) = target.end() {
        let file = PathBuf::from("none: it is of all inputs");
        done.findings.push(Finding { what: format!("at the end: {error:#}"), file });
    }
    Ok(done)
}

/// Tries the inputs of files again, at a target that is opened once.
///
/// # Errors
///
/// A file cannot be read. Names every file of whose input something does not hold.
pub fn replay(name: &str, files: &[PathBuf], plan: &Plan) -> Result<()> {
    let _alone = alone();
    panics::listen();
    let mut target = open(name, plan)?;
    let watch = Watch::begin(name, target.time_max(), &plan.findings);
    let mut failures = Vec::new();
    for file in files {
        let input = read(file)?;
        if let Err(failure) = attempt(target.as_mut(), &input, &watch) {
            failures.push(format!("{}: {}", file.display(), failure.what));
        }
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    target.end()
}

/// Panics, memory and the processor are the process's: one target at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a target's findings of before are, in files that [`read`] reads.
///
/// # Errors
///
/// The folder cannot be read.
pub fn regressions(name: &str) -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(name);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = folder.read_dir().with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn open(name: &str, plan: &Plan) -> Result<Box<dyn Target>> {
    Ok(match name {
        "admission" => Box::new(admission::Admission::open()?),
        "manifest" => Box::new(manifest::Manifests::open()?),
        "cases" => Box::new(cases::Cases::open()?),
        "doors" => Box::new(doors::Doors::open()?),
        "settings" => Box::new(settings::Settings::open()?),
        "toasts" => Box::new(toasts::Toasts::open(&plan.program)?),
        "protocols" => Box::new(protocols::Protocols::open()?),
        "planted" => Box::new(planted::Planted),
        _ => bail!("there is no target `{name}`; there are {}", TARGETS.join(", ")),
    })
}

/// Why an input is a finding.
struct Failure {
    /// What findings of one kind have in common.
    kind: String,
    what: String,
}

/// Tries one input; panics of any thread are failures too.
fn attempt(target: &mut dyn Target, input: &[u8], watch: &Watch) -> Result<String, Failure> {
    watch.case(input);
    let tried = panics::catch(|| target.check(input));
    watch.over();
    match tried {
        Err(panic) => Err(Failure { kind: panic.place.clone(), what: panic.to_string() }),
        Ok(Err(error)) => {
            let what = format!("{error:#}");
            let kind = what.split(':').next().unwrap_or_default().to_owned();
            Err(Failure { kind, what })
        }
        Ok(Ok(behaviour)) => Ok(behaviour),
    }
}

/// One target's cases.
struct Round<'a> {
    name: &'a str,
    plan: &'a Plan,
    target: &'a mut dyn Target,
    watch: &'a Watch,
    begun: Instant,
    memory_mib: u64,
    corpus: Vec<Vec<u8>>,
    behaviours: BTreeSet<u64>,
    kinds: BTreeSet<String>,
    done: Done,
}

impl<'a> Round<'a> {
    fn new(name: &'a str, plan: &'a Plan, target: &'a mut dyn Target, watch: &'a Watch) -> Self {
        let done =
            Done { cases: 0, behaviours: 0, findings: Vec::new(), time: Duration::default() };
        Self {
            name,
            plan,
            target,
            watch,
            begun: Instant::now(),
            memory_mib: watch::peak_mib(),
            corpus: Vec::new(),
            behaviours: BTreeSet::new(),
            kinds: BTreeSet::new(),
            done,
        }
    }

    /// Every seed as it is, which must hold as well.
    fn seeds(&mut self) -> Result<()> {
        for seed in self.target.seeds() {
            self.try_one(&seed)?;
            self.corpus.push(seed);
        }
        Ok(())
    }

    fn mutations(&mut self) -> Result<()> {
        let mut dice = Dice::new(self.plan.seed);
        loop {
            self.done.time = self.begun.elapsed();
            let is_over = match self.plan.end {
                End::Cases(most) => self.done.cases >= most,
                End::After(time) => self.done.time >= time,
            };
            if is_over {
                return Ok(());
            }
            // The tools that mutate may panic themselves, which is no finding.
            let (target, corpus) = (&self.target, &self.corpus);
            let Ok(input) = panics::catch(|| target.next(corpus, &mut dice)) else { continue };
            self.try_one(&input)?;
        }
    }

    fn try_one(&mut self, input: &[u8]) -> Result<()> {
        self.done.cases += 1;
        let mut tried = attempt(self.target, input, self.watch);
        let grown_mib = watch::peak_mib().saturating_sub(self.memory_mib);
        if grown_mib > MEMORY_MIB_MAX && tried.is_ok() {
            let what = format!("memory: {grown_mib} MiB more than at the start");
            tried = Err(Failure { kind: "memory".to_owned(), what });
        }
        match tried {
            Ok(behaviour) => {
                let is_new = self.behaviours.insert(skeleton(&behaviour));
                self.done.behaviours = self.behaviours.len();
                if is_new && self.corpus.len() < CORPUS_MAX {
                    self.corpus.push(input.to_vec());
                }
            }
            Err(failure) => {
                if self.kinds.insert(failure.kind.clone()) {
                    self.found(input, &failure)?;
                }
            }
        }
        Ok(())
    }

    fn found(&mut self, input: &[u8], failure: &Failure) -> Result<()> {
        // Whether memory is taken is not told twice: the peak stays.
        let small = if failure.kind == "memory" {
            input.to_vec()
        } else {
            self.minimise(input, &failure.kind)
        };
        let file = input::write(&self.plan.findings, self.name, &small)?;
        let Failure { what, .. } = failure;
        println!("{}: {what}\n  seed {}, {}", self.name, self.plan.seed, file.display());
        self.done.findings.push(Finding { what: what.clone(), file });
        Ok(())
    }

    /// Leaves out parts, halves at first, as long as the same does not hold.
    fn minimise(&mut self, input: &[u8], kind: &str) -> Vec<u8> {
        let (mut small, begun, mut tries) = (input.to_vec(), Instant::now(), 0);
        let mut part = small.len().div_ceil(2);
        while part > 0 {
            let (mut at, before) = (0, small.len());
            while at < small.len() {
                if tries >= MINIMISING_TRIES || begun.elapsed() > MINIMISING_TIME {
                    return small;
                }
                tries += 1;
                let mut less = small.clone();
                less.drain(at..small.len().min(at + part));
                match attempt(self.target, &less, self.watch) {
                    Err(failure) if failure.kind == kind => small = less,
                    _ => at += part,
                }
            }
            // What one pass left out may make room for another of the same.
            if small.len() == before || part > 1 {
                part /= 2;
            }
        }
        small
    }
}

/// What two behaviours have in common that differ in numbers and names only.
fn skeleton(behaviour: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (at, part) in behaviour.split('`').enumerate() {
        if at % 2 == 0 {
            part.chars().filter(|c| !c.is_ascii_digit()).for_each(|c| c.hash(&mut hasher));
        }
    }
    hasher.finish()
}
