//! A core module as it is after its start, so that the start of a language's runtime is paid for once,
//! when a task is built, and not on every push.
//!
//! A module for WASI preview 1 that is a library (a "reactor") has a function `_initialize`. It is
//! called here, and the module is written anew with its memory and its globals as they are then.
//! Go's runtime and the init functions of a program take 770,000 units of fuel: eight times what a
//! small task does.
//!
//! While it starts, a program finds the same in every build: no arguments, no environment, no file, a
//! clock that stands, and the same random bytes. It cannot call the contract: there is no run yet.

mod module;
mod wasi;

use wasmtime::{
    Config, Engine, Instance, Linker, Module, OptLevel, Store, StoreLimits, StoreLimitsBuilder,
};

use module::{Global, Parts, State};
use wasi::Start;

/// The name of what is called, by the convention of WASI preview 1.
const INITIALIZE: &str = "_initialize";

/// Go starts within a thousandth of this; a program whose start does not end is stopped after
/// seconds.
const FUEL: u64 = 5_000_000_000;

/// A run has 32 MiB unless the operator says otherwise, and the task needs some for itself.
const MEMORY_BYTES_MAX: usize = 24 * 1024 * 1024;

/// A module that has started.
#[derive(Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// The module, without `_initialize`.
    pub module: Vec<u8>,
    /// What the program printed while it started.
    pub printed: String,
}

/// Why there is no snapshot of a module.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It is no core module that this can read.
    #[error("the module is damaged: {0}")]
    Invalid(#[from] wasmparser::BinaryReaderError),
    /// It keeps state where a snapshot does not look.
    #[error("the module {0}, which a snapshot cannot keep: build it without a snapshot")]
    Unsupported(&'static str),
    /// It could not be compiled.
    #[error("the module does not compile: {0}")]
    Compile(String),
    /// Its start failed.
    #[error("the program failed while it started: {why}\n{printed}")]
    Start {
        /// How.
        why: String,
        /// What it printed until then.
        printed: String,
    },
}

impl SnapshotError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "snapshot-invalid",
            Self::Unsupported(_) => "snapshot-unsupported",
            Self::Compile(_) => "snapshot-compile",
            Self::Start { .. } => "snapshot-start",
        }
    }
}

/// Starts a core module for WASI preview 1, and writes it as it is then. One that has no `_initialize`
/// stays as it is.
///
/// # Errors
///
/// If it is not a module that this can read, keeps state beside one memory and its globals, or fails
/// while it starts.
pub fn snapshot(module: &[u8]) -> Result<Snapshot, SnapshotError> {
    let parts = Parts::read(module)?;
    if !parts.exports_function(INITIALIZE) {
        return Ok(Snapshot { module: module.to_vec(), printed: String::new() });
    }
    let (state, printed) = start(&parts.with_globals_exported(), &parts)?;
    Ok(Snapshot { module: parts.with_state(&state, INITIALIZE), printed })
}

/// What a start is held to, and what it leaves.
struct Host {
    limits: StoreLimits,
    start: Start,
}

fn start(module: &[u8], parts: &Parts<'_>) -> Result<(State, String), SnapshotError> {
    let mut config = Config::new();
    config.consume_fuel(true);
    // It runs once, for a thousandth of the time that compiling it takes.
    config.cranelift_opt_level(OptLevel::None);
    let compile = |error: wasmtime::Error| SnapshotError::Compile(format!("{error:#}"));
    let engine = Engine::new(&config).map_err(compile)?;
    let module = Module::new(&engine, module).map_err(compile)?;
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY_BYTES_MAX).build();
    let mut store = Store::new(&engine, Host { limits, start: Start::default() });
    store.limiter(|host| &mut host.limits);
    let started = initialize(&mut store, &module);
    let printed = store.data().start.printed();
    let instance = started.map_err(|error| {
        let why = format!("{error:#}");
        SnapshotError::Start { why, printed: printed.clone() }
    })?;
    Ok((state(&mut store, &instance, parts), printed))
}

fn initialize(store: &mut Store<Host>, module: &Module) -> wasmtime::Result<Instance> {
    store.set_fuel(FUEL)?;
    let mut linker = Linker::new(module.engine());
    wasi::add_to_linker(&mut linker, |host: &mut Host| &mut host.start)?;
    linker.define_unknown_imports_as_traps(module)?;
    let instance = linker.instantiate(&mut *store, module)?;
    instance.get_typed_func::<(), ()>(&mut *store, INITIALIZE)?.call(&mut *store, ())?;
    Ok(instance)
}

fn state(store: &mut Store<Host>, instance: &Instance, parts: &Parts<'_>) -> State {
    let memory = instance.get_memory(&mut *store, &parts.memory_name());
    let memory = memory.map(|memory| memory.data(&*store).to_vec()).unwrap_or_default();
    let mut global = |(at, name): (u32, String)| {
        let value = instance.get_global(&mut *store, &name)?.get(&mut *store);
        Some((at, Global::of(&value)?))
    };
    let globals = parts.mutable_globals().filter_map(&mut global).collect();
    State { memory, globals }
}
