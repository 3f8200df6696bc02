//! The vocabulary that every part of Bugle shares: what wakes a task, what a run may do, what came
//! of it, and how much of everything there may be.
//!
//! Plain data and its validation, nothing else: no I/O, no clock, no wasmtime. Its words are those
//! of the contract in `wit/`, and its JSON form is what the program prints and the store keeps.

mod bytes;
mod effects;
mod ids;
mod limits;
mod outcome;
mod quotas;
mod report;
mod settings;
mod snapshot;
mod toast;
mod trigger;

pub use bytes::Bytes;
pub use effects::{Effects, ResumeWork, ToastEffect};
pub use ids::{AppId, IdError, Name, RunId, TriggerId};
pub use limits::{Figure, LimitName, LimitRow, Limits, LimitsError, Usage};
pub use outcome::{CancellationReason, Outcome};
pub use quotas::{CPU_WINDOW_MS, QuotaName, QuotaRow, Quotas, cpu_window};
pub use report::{Level, Log, LogLine, Measured, RunReport, RunResult};
pub use settings::{PathError, Settings, Value, check_path};
pub use snapshot::{Allowances, Identity, Permissions, RunInput, Seed, Snapshot};
pub use toast::{
    Action, Choice, Glyph, Hint, Image, Input, Mark, Placement, Progress, Scenario, Toast,
    ToastError, ToastKey, ToastUpdate,
};
pub use trigger::{
    ApplicationRequest, ChannelExpiry, CustomEvent, Dismissal, Header, RawNotification,
    SystemEvent, TimerTick, ToastActivation, ToastDismissal, Trigger, TriggerError, TriggerKind,
};

/// Milliseconds since 1970-01-01T00:00:00Z, as everywhere in Bugle.
pub type Timestamp = u64;
