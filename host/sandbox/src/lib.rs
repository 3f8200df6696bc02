//! Component in, [`RunReport`](bugle_task::RunReport) out.
//!
//! This crate owns wasmtime and everything that stands between a guest and the host: which
//! components may come in ([`admit`]), how they are compiled ([`Compiler`]), and how one run is held
//! to its limits ([`Sandbox::run`]). It knows no disk, no network and no clock that a guest could
//! read; the only real time it looks at is the watchdog's.
//!
//! A run is a pure function of the component, the [`RunInput`](bugle_task::RunInput) and the engine
//! ([`Sandbox::engine_hash`]): `result` is equal to the byte for equal inputs.
//!
//! | what a guest may try | what holds it |
//! |---|---|
//! | compute, allocate or call the host without end | fuel, which the host's work is charged to as well |
//! | outlive its time in any way | virtual time by fuel; behind it an epoch, checked in loops and calls |
//! | take memory in many small parts | one limiter that sums over all memories and tables |
//! | make the host allocate | bytes per call, handles, calls, log, settings and toasts are limited |
//! | start before its limits hold | every limit is set before instantiation |
//! | find what an earlier run left | a fresh store and instance for every run |
//! | reach anything else | the imports are the contract and a WASI that leads nowhere |
//! | bring code that takes the compiler down | caps at admission, a child process with limits |
//! | bring native code of its own | only artifacts sealed with the host's key are loaded |
#![deny(unsafe_code)]

mod admit;
mod artifact;
mod bindings;
mod compile;
mod control;
mod effects;
mod engine;
mod interfaces;
mod limiter;
mod log;
mod meter;
mod outcome;
mod permits;
mod run;
mod snapshot;
mod state;
mod ticker;
mod trace;
mod wasi;

pub use admit::{Admission, AdmissionError, COMPONENT_BYTES_MAX, admit};
pub use artifact::{Artifact, ArtifactError, SealKey};
pub use compile::{CompileError, CompileLimits, Compiler, compile_child};
pub use control::RunControl;
pub use engine::{Allocation, EngineHash, Prepared, Sandbox, SandboxError};
pub use snapshot::{Snapshot, SnapshotError, snapshot};
pub use trace::{Block, FunctionId, Probes, Trace};
