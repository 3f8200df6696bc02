//! What is written down while a traced run runs.

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::{FrameInfo, Module, StoreContextMut, WasmBacktrace};

use super::{FunctionId, Probes, Trace};
use crate::meter::fuel_used;
use crate::state::State;

/// How many frames are looked at one by one. A look costs about 1 µs and 0.1 µs a frame of its stack, so that the
/// whole part of the longest trace takes some seconds.
const FRAMES_WHOLE: u64 = 20_000_000;

/// After that, one look in so many is taken: the largest run that the default limits allow has
/// some 100 million, and so ends within seconds too. A prime, so that no loop keeps step with it.
const SPARSE: u64 = 61;

/// The most stacks that are told apart. What a recursion makes beyond is put to its innermost
/// function alone.
const STACKS_MAX: usize = 100_000;

/// Gathers the looks of one run.
pub(crate) struct Recorder {
    probes: Arc<Probes>,
    counts: Vec<u64>,
    /// Where each stack's fuel is; stacks are innermost first.
    stacks: HashMap<Box<[FunctionId]>, usize>,
    fuel: Vec<u64>,
    /// The stack of the last look, whose fuel it is until the next.
    current: usize,
    fuel_seen: u64,
    looks: u64,
    frames: u64,
    /// The modules that were met, with their numbers.
    modules: Vec<(Module, u32)>,
    scratch: Vec<FunctionId>,
}

impl Recorder {
    pub(crate) fn new(probes: Arc<Probes>) -> Self {
        Self {
            counts: vec![0; probes.blocks().len()],
            probes,
            // What is used before the first function is entered has no stack.
            stacks: HashMap::from([(Box::default(), 0)]),
            fuel: vec![0],
            current: 0,
            fuel_seen: 0,
            looks: 0,
            frames: 0,
            modules: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// How many looks there were.
    pub(crate) fn looks(&self) -> u64 {
        self.looks
    }

    /// One look at a run that is stopped at a check.
    pub(crate) fn look(&mut self, store: &StoreContextMut<'_, State>) {
        self.looks += 1;
        if self.frames > FRAMES_WHOLE && !self.looks.is_multiple_of(SPARSE) {
            return;
        }
        self.spend(fuel_used(store));
        let backtrace = WasmBacktrace::force_capture(store);
        self.frames += backtrace.frames().len() as u64;
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        scratch.extend(backtrace.frames().iter().map(|frame| self.function(frame)));
        if let (Some(frame), Some(function)) = (backtrace.frames().first(), scratch.first())
            && function.module < self.probes.modules()
            && let Some(block) = frame.module_offset().and_then(|at| self.probes.block_at(at))
            && let Some(count) = self.counts.get_mut(block)
        {
            *count += 1;
        }
        self.current = self.stack(&scratch);
        self.scratch = scratch;
    }

    /// What the run has used up to now beyond what was known belongs to the stack of the last look.
    fn spend(&mut self, fuel: u64) {
        if let Some(spent) = self.fuel.get_mut(self.current) {
            *spent += fuel.saturating_sub(self.fuel_seen);
        }
        self.fuel_seen = fuel;
    }

    fn stack(&mut self, frames: &[FunctionId]) -> usize {
        if let Some(known) = self.stacks.get(frames) {
            return *known;
        }
        let is_full = self.stacks.len() >= STACKS_MAX;
        let frames = if is_full { frames.get(..1).unwrap_or_default() } else { frames };
        let next = self.fuel.len();
        let at = *self.stacks.entry(frames.into()).or_insert(next);
        if at == next {
            self.fuel.push(0);
        }
        at
    }

    fn function(&mut self, frame: &FrameInfo) -> FunctionId {
        FunctionId { module: self.module(frame.module()), function: frame.func_index() }
    }

    /// The place of a module among those of its component.
    fn module(&mut self, module: &Module) -> u32 {
        if let Some((_, number)) = self.modules.iter().find(|(met, _)| Module::same(met, module)) {
            return *number;
        }
        // A module without functions is on no stack.
        let number = module.functions().next().map_or(u32::MAX, |first| first.module.as_u32());
        self.modules.push((module.clone(), number));
        number
    }

    /// The trace of a run that has used so much fuel in all.
    pub(crate) fn finish(mut self, fuel: u64) -> Trace {
        self.spend(fuel);
        let outermost_first = |(stack, at): (Box<[FunctionId]>, usize)| {
            let mut stack = stack.into_vec();
            stack.reverse();
            (stack, self.fuel.get(at).copied().unwrap_or_default())
        };
        let stacks = self.stacks.into_iter().map(outermost_first).filter(|(_, fuel)| *fuel > 0);
        Trace {
            stacks: stacks.collect(),
            counts: self.counts,
            looks: self.looks,
            is_whole: self.frames <= FRAMES_WHOLE,
        }
    }
}
