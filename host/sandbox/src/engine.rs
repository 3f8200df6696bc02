use std::fmt;
use std::hash::{Hash as _, Hasher};
use std::num::NonZeroUsize;
use std::sync::Arc;

use bugle_task::Usage;
use sha2::{Digest as _, Sha256};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig,
    RegallocAlgorithm, Strategy,
};

use crate::bindings::BackgroundTaskPre;
use crate::outcome::BACKTRACE_FRAMES_MAX;
use crate::permits::Permits;
use crate::state::State;
use crate::ticker::Ticker;
use crate::{interfaces, wasi};

/// The guest's stack. wasmtime's default; the deepest guest that was tried, Python, stays below it,
/// and with the host's own part it fits the 2 MiB of an ordinary thread.
pub(crate) const GUEST_STACK_BYTES: usize = 512 * 1024;

/// The stack of a traced run: probes make a guest's frames larger, by half at the most that was seen,
/// and what runs within its stack in production is to do so traced. It fits the same threads.
const TRACED_STACK_BYTES: usize = 2 * GUEST_STACK_BYTES;

/// How many runs a pool holds at once, each with the default numbers of instances, memories and
/// tables. As many as a host has threads for guests, so that its long runs never keep the quick ones
/// from the pool; whoever calls from more threads waits a turn.
const POOL_SLOTS: u32 = 64;

/// What one permit of the pool stands for: the default limits of a run.
pub(crate) const INSTANCES_PER_SLOT: u32 = 48;
pub(crate) const MEMORIES_PER_SLOT: u32 = 8;
pub(crate) const TABLES_PER_SLOT: u32 = 16;

/// How instances get their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Allocation {
    /// From a pool that is set up once: fastest, and takes about two terabytes of address space
    /// (no memory).
    #[default]
    Pooling,
    /// Freshly mapped for every run: for systems with little address space, or operators who want
    /// nothing to be used twice.
    OnDemand,
}

/// Which engine compiled something and runs it: wasmtime's version and settings, the target, and the
/// version of this crate. Two runs can be compared only if it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EngineHash(pub [u8; 32]);

impl fmt::Display for EngineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In one piece: every run's record has it.
        const DIGITS: [char; 16] =
            ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        f.write_str(&digits.map(|digit| DIGITS[usize::from(digit)]).collect::<String>())
    }
}

/// The host's side cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The engine cannot be set up on this system.
    #[error("the engine cannot be set up: {0}; on-demand allocation needs less address space")]
    Engine(#[source] wasmtime::Error),
    /// A component's imports or exports do not have the types of the contract.
    #[error(
        "the component does not fit the contract: {0:#}; build it against this version of `wit/`"
    )]
    Mismatch(#[source] wasmtime::Error),
}

impl SandboxError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Engine(_) => "engine-unavailable",
            Self::Mismatch(_) => "component-mismatch",
        }
    }
}

/// The engine, ready to run components. Cheap to clone; one for the process.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) engine: Engine,
    linker: Arc<Linker<State>>,
    pub(crate) permits: Option<Arc<Permits>>,
    pub(crate) ticker: Arc<Ticker>,
    hash: EngineHash,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// A component that was admitted, compiled, loaded and linked: what a run needs. Cheap to clone.
#[derive(Clone)]
pub struct Prepared {
    pub(crate) pre: BackgroundTaskPre<State>,
    /// What the component has, and every run of it uses.
    pub(crate) built: Usage,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Sets the engine up.
    ///
    /// # Errors
    ///
    /// The system does not give what the engine needs, such as the pool's address space.
    pub fn new(allocation: Allocation) -> Result<Self, SandboxError> {
        Self::with_config(allocation, &config(allocation))
    }

    /// Sets up an engine for traced runs: it tells stacks of so many functions, and has more room for
    /// them. It differs from another in nothing else; what one compiled the other runs.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn for_tracing(frames_max: NonZeroUsize) -> Result<Self, SandboxError> {
        let mut config = config(Allocation::OnDemand);
        config.wasm_backtrace_max_frames(Some(frames_max));
        config.max_wasm_stack(TRACED_STACK_BYTES);
        Self::with_config(Allocation::OnDemand, &config)
    }

    fn with_config(allocation: Allocation, config: &Config) -> Result<Self, SandboxError> {
        let engine = Engine::new(config).map_err(SandboxError::Engine)?;
        let mut linker = Linker::new(&engine);
        interfaces::add_to_linker(&mut linker).map_err(SandboxError::Engine)?;
        wasi::add_to_linker(&mut linker).map_err(SandboxError::Engine)?;
        let permits = match allocation {
            Allocation::Pooling => Some(Arc::new(Permits::new(POOL_SLOTS))),
            Allocation::OnDemand => None,
        };
        let ticker = Arc::new(Ticker::start(engine.weak()));
        let hash = engine_hash(&engine);
        Ok(Self { engine, linker: Arc::new(linker), permits, ticker, hash })
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine_hash(&self) -> EngineHash {
        self.hash
    }

    /// Links a loaded component with the host's side of the contract.
    pub(crate) fn link(
        &self,
        component: &Component,
        instances: u64,
    ) -> Result<Prepared, SandboxError> {
        let link = || -> wasmtime::Result<Prepared> {
            let pre: InstancePre<State> = self.linker.instantiate_pre(component)?;
            let pre = BackgroundTaskPre::new(pre)?;
            Ok(Prepared { pre, built: built(component, instances) })
        };
        link().map_err(SandboxError::Mismatch)
    }
}

fn built(component: &Component, instances: u64) -> Usage {
    let required = component.resources_required();
    let (memories, tables) = required.map_or((0, 0), |all| (all.num_memories, all.num_tables));
    Usage {
        instances,
        memories: u64::from(memories),
        tables: u64::from(tables),
        ..Usage::default()
    }
}

/// Every setting of the engine. What is part of compilation must not depend on `allocation`, so that
/// a child process can compile for a pool that it does not have.
fn config(allocation: Allocation) -> Config {
    let mut config = Config::new();
    config.strategy(Strategy::Cranelift);
    config.consume_fuel(true);
    config.operator_cost(operator_cost());
    config.epoch_interruption(true);
    config.max_wasm_stack(GUEST_STACK_BYTES);
    // Equal results on every machine.
    config.cranelift_nan_canonicalization(true);
    // No host call ever waits, so neither fibres nor the async component model are needed (the latter is not
    // even built); without
    // them a run starts about three times as fast.
    config.concurrency_support(false);
    // Fewer instructions, fewer ways for a compiler to be wrong. SIMD, bulk memory, multi-value,
    // reference types, extended constants and tail calls stay: language runtimes use them (QuickJS the
    // last).
    config.wasm_memory64(false);
    // Admission refuses several memories in a module of the guest's. wasmtime itself makes such modules,
    // to pass strings between the parts of a composed component.
    config.wasm_multi_memory(true);
    config.wasm_relaxed_simd(false);
    config.wasm_custom_page_sizes(false);
    config.wasm_wide_arithmetic(false);
    // A large function takes the better allocator minutes. `Backtracking` stays: the child's limits
    // bound it, and what it makes is used for every push.
    config.cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking);
    // Traps name the guest's functions.
    config.wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES_MAX));
    config.allocation_strategy(match allocation {
        Allocation::Pooling => InstanceAllocationStrategy::Pooling(pool()),
        Allocation::OnDemand => InstanceAllocationStrategy::OnDemand,
    });
    config
}

/// Growing memory is a system call and page faults, not one simple operation: with wasmtime's default
/// of one unit, a loop of failing grows ran for 2.3 s on fuel for 0.1 s of plain work; with these it
/// ran for 27 ms.
fn operator_cost() -> OperatorCost {
    let mut cost = OperatorCost::new();
    cost.MemoryGrow = 200;
    cost.TableGrow = 200;
    cost.variable.memory_grow_per_page = 200;
    cost.variable.table_grow_per_element = 4;
    cost
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(POOL_SLOTS);
    pool.total_core_instances(POOL_SLOTS * INSTANCES_PER_SLOT);
    pool.total_memories(POOL_SLOTS * MEMORIES_PER_SLOT);
    pool.total_tables(POOL_SLOTS * TABLES_PER_SLOT);
    // One, unless said: a module may have all that its component may.
    pool.max_tables_per_module(TABLES_PER_SLOT);
    // As large as any operator may allow; the run's own limiter is what holds.
    pool.table_elements(1_000_000);
    // Pages that nearly every run touches are cleared in place instead of being given back and
    // faulted in again, 2 us a page: measured, a run over 1 MiB took 490 us without and 30 us with.
    // Where the system can tell which pages were touched, only those are cleared.
    pool.linear_memory_keep_resident(1024 * 1024);
    pool.table_keep_resident(64 * 1024);
    pool.pagemap_scan(Enabled::Auto);
    pool
}

/// Collects what is hashed, for a hash that is the same in every process.
#[derive(Default)]
struct Collector(Sha256);

impl Hasher for Collector {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Never asked for: the whole digest is taken out instead.
        0
    }
}

fn engine_hash(engine: &Engine) -> EngineHash {
    let mut collector = Collector::default();
    engine.precompile_compatibility_hash().hash(&mut collector);
    let target = (std::env::consts::ARCH, std::env::consts::OS, env!("CARGO_PKG_VERSION"));
    target.hash(&mut collector);
    EngineHash(collector.0.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocation_is_no_part_of_compilation() {
        let hash =
            |allocation| Sandbox::new(allocation).expect("the engine is set up").engine_hash();
        assert_eq!(hash(Allocation::Pooling), hash(Allocation::OnDemand));
        let tracing = Sandbox::for_tracing(NonZeroUsize::MIN).expect("the engine is set up");
        assert_eq!(hash(Allocation::OnDemand), tracing.engine_hash());
    }
}
