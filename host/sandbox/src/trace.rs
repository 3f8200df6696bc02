//! Traced runs: which code a run passes, and where its fuel goes.
//!
//! A traced run is an ordinary run on the ordinary engine whose epoch has always passed, so that the
//! engine asks at each of its checks whether to go on. The answer is always yes, and before it is given
//! the guest's stack and fuel are written down. Nothing of it can be seen by the guest: a run's `result` is
//! the same with a trace as without, fuel included.

mod blocks;
mod probes;
mod recorder;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bugle_task::{RunInput, RunReport};
use wasmtime::{Store, UpdateDeadline};

use crate::RunControl;
use crate::control::Watchdog;
use crate::engine::{Prepared, Sandbox};
use crate::state::State;

pub use probes::Probes;
use recorder::Recorder;

/// How often a traced run looks whether it is to end: the clock is not read at every check.
const LOOKS_A_TICK: u64 = 4_096;

/// A function of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId {
    /// Which core module, in the order of the file, nested components included. Numbers beyond the file's are
    /// of modules that the engine made to pass values between components.
    pub module: u32,
    /// Its index in the module, imported functions first.
    pub function: u32,
}

/// Code of one function that runs from its start to its end once it is entered, unless it traps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Whose code it is.
    pub function: FunctionId,
    /// Where it begins, in bytes from the start of the component. A function's first block begins at
    /// its locals.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// What a traced run passed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// How often each of [`Probes::blocks`] was entered.
    pub counts: Vec<u64>,
    /// The fuel that each stack used itself, outermost function first. The sum is the run's fuel. The
    /// empty stack is what is used before a function is entered.
    pub stacks: BTreeMap<Vec<FunctionId>, u64>,
    /// How often the run was looked at.
    pub looks: u64,
    /// Whether every look was taken. A very long run is looked at more rarely after its first part:
    /// then a count is what there was at least, and fuel may be put to a neighbour.
    pub is_whole: bool,
}

impl Trace {
    /// Adds what another run of the same component passed.
    pub fn add(&mut self, other: &Self) {
        if self.looks == 0 {
            self.is_whole = true;
        }
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        for (stack, fuel) in &other.stacks {
            *self.stacks.entry(stack.clone()).or_default() += fuel;
        }
        self.looks += other.looks;
        self.is_whole &= other.is_whole;
    }
}

impl Sandbox {
    /// Runs a task once as [`run`](Self::run) does, and says what it passed. `prepared` is made of
    /// [`Probes::component`].
    ///
    /// Takes about 0.3 µs for each frame of each look. The watchdog does not cut it: what bounds it is the
    /// run's fuel, and the control.
    #[must_use]
    pub fn run_traced(
        &self,
        prepared: &Prepared,
        probes: &Arc<Probes>,
        input: &RunInput,
        control: &RunControl,
    ) -> (RunReport, Trace) {
        let recorder = Arc::new(Mutex::new(Recorder::new(Arc::clone(probes))));
        let watch =
            |store: &mut Store<State>| look_at_every_check(store, &recorder, input, control);
        let report = self.run_watched(prepared, input, control, watch);
        let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
        let trace = recorder.finish(report.result.usage.fuel);
        (report, trace)
    }
}

fn look_at_every_check(
    store: &mut Store<State>,
    recorder: &Arc<Mutex<Recorder>>,
    input: &RunInput,
    control: &RunControl,
) {
    let mut limits = input.limits.clone();
    limits.watchdog_ms = u64::MAX;
    store.data_mut().watchdog = Watchdog::new(control.clone(), &limits);
    let recorder = Arc::clone(recorder);
    store.epoch_deadline_callback(move |mut store| {
        let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
        recorder.look(&store);
        let is_tick = recorder.looks().is_multiple_of(LOOKS_A_TICK);
        if is_tick && matches!(store.data_mut().watchdog.tick(), UpdateDeadline::Interrupt) {
            return Ok(UpdateDeadline::Interrupt);
        }
        Ok(UpdateDeadline::Continue(0))
    });
    store.set_epoch_deadline(0);
}
