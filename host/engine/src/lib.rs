//! The embeddable Bugle host: background tasks, compiled to WebAssembly components, that are woken by
//! raw pushes.
//!
//! A push is **accepted** (durable when the receipt is there), **claimed**, **run** on a fresh
//! instance in a sandbox, **committed** with everything that the run did, and its toasts are
//! **delivered** to the sinks. The data goes in that one direction:
//!
//! | verb | where | transaction |
//! |---|---|---|
//! | accept | [`Host::push`], [`Host::push_to`], [`App::request`], [`App::raise`] | one, shared with others that wait |
//! | claim | with the accept, or with the commit of the turn before | the same |
//! | run | a worker's thread, in the app's line, on one overlay a turn | none |
//! | commit | the end of a turn | one |
//! | deliver | a thread a [`Sink`], behind a cursor | one for some events |
//!
//! Each verb is a trace event of the target `bugle::way`, told before it begins: who watches knows
//! where each push is.
//!
//! Calls that take a while answer with a [`Pending`]: await it on any runtime, or wait for it where
//! there is none. This crate starts threads of its own and needs no runtime.
//!
//! It never talks to a network and knows no SQL; what it keeps is the store's, what guests may do is
//! the sandbox's.
#![forbid(unsafe_code)]

mod accept;
mod answer;
mod app;
mod builder;
mod cache;
mod candidate;
mod channel;
mod channels;
mod clock;
mod components;
mod cpu;
mod credentials;
mod delivery;
mod doctor;
mod error;
mod folder;
mod foreground;
mod host;
mod housekeeping;
mod inner;
mod install;
mod keys;
mod lane;
mod manifest;
mod overview;
mod pending;
mod pictures;
mod place;
mod plain;
mod pool;
mod protocol;
mod push;
mod reader;
mod receipt;
mod replay;
mod retry;
mod room;
mod sink;
mod summary;
mod tally;
mod test_app;
mod test_run;
mod test_state;
mod timers;
mod trace_context;
mod traced;
mod turn;
mod value;
mod way;
mod words;
mod worker;

pub use bugle_sandbox::{
    Admission, AdmissionError, Allocation, Block, Compiler, FunctionId, Probes, Snapshot,
    SnapshotError, Trace, admit, compile_child, snapshot,
};
pub use bugle_store::{
    Activity, DeadLetter, DeadReason, KeptRun, LiveToast, PausedTask, Pressure, Queued, RunLog,
    RunSummary, StoreError, ToastChange, ToastEvent, ToastId, Totals, TriggerState, Violation,
    Waiting,
};
pub use bugle_task as task;
pub use bugle_task::{
    AppId, Effects, LimitName, Limits, Mark, Name, Outcome, QuotaName, QuotaRow, Quotas,
    ResumeWork, RunId, RunInput, RunReport, Seed, Settings, Timestamp, Toast, Trigger, TriggerId,
    TriggerKind, Value,
};

pub use answer::{INPUT_BYTES_MAX, ToastChoice};
pub use app::{App, AppSettings, Show};
pub use builder::HostBuilder;
pub use candidate::{Candidate, Trial};
pub use channel::{Address, Channel, ChannelId, Destination};
pub use clock::Clock;
pub use credentials::Credentials;
pub use doctor::{Finding, State, doctor};
pub use error::Error;
pub use folder::read_manifest;
pub use foreground::{Foreground, ForegroundEvent, Offer};
pub use host::Host;
pub use manifest::{
    BuildEntry, ChannelEntry, LANGUAGES, MANIFEST_FILE, Manifest, ManifestError, TRIGGER_KINDS,
    TaskEntry,
};
pub use overview::Runs;
pub use pending::Pending;
pub use pictures::{picture, picture_type};
pub use plain::{plain, plain_json, plain_lines};
pub use protocol::{Protocol, Topic};
pub use push::Push;
pub use reader::Reader;
pub use receipt::{Ending, Receipt};
pub use replay::Replay;
pub use sink::{ChannelSink, JsonLinesSink, Sink, TerminalSink, mark_text};
pub use summary::{AppSummary, ChannelSummary, RunFilter, TaskSummary};
pub use tally::{BOUNDS, Counts, SinkCounts, Spread};
pub use test_app::{TestApp, TestTask};
pub use test_run::{TestReport, TestRun, TestTrigger};
pub use test_state::{TestState, TestToast};
pub use trace_context::{TraceContext, TraceId};
pub use traced::{TraceDepth, TracedComponent};
pub use value::parse_value;
pub use words::{bytes_text, count_text, duration_text};
