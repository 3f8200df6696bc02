//! This run, as the task may know it.

use std::time::Duration;

use crate::bindings::bugle::task::task_context::{ContextError, ResumeWork};
use crate::{Error, Timestamp, host};

pub use crate::bindings::bugle::task::task_context::CancellationReason;

/// The app's id, as in its manifest: `com.example.mail`.
#[must_use]
pub fn app() -> String {
    host::task_context::app()
}

/// The app's version, as in its manifest.
#[must_use]
pub fn app_version() -> String {
    host::task_context::app_version()
}

/// The task's name in the manifest.
#[must_use]
pub fn task() -> String {
    host::task_context::task()
}

/// The trigger's id, the same on every attempt: use it as an idempotency key.
#[must_use]
pub fn trigger_id() -> String {
    host::task_context::trigger_id()
}

/// The run's id, new for every attempt.
#[must_use]
pub fn run_id() -> String {
    host::task_context::run_id()
}

/// Which attempt this is; 1 at first.
#[must_use]
pub fn attempt() -> u32 {
    host::task_context::attempt()
}

/// After this attempt there is no other.
#[must_use]
pub fn attempts_max() -> u32 {
    host::task_context::attempts_max()
}

/// The run's own time: it starts at the run's start and advances with the work done, never by
/// itself.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp(host::task_context::now())
}

/// Bytes of the run's own randomness; at most 4,096 a call. A replayed run gets the same ones: not
/// for keys that must outlive the run's record.
#[must_use]
pub fn random(count: u32) -> Vec<u8> {
    host::task_context::random(count)
}

/// How much work the run may still do: one unit is about one instruction.
#[must_use]
pub fn remaining_fuel() -> u64 {
    host::task_context::remaining_fuel()
}

/// What is left of the run's own time; 0 in the grace period.
#[must_use]
pub fn remaining_time() -> Duration {
    Duration::from_millis(host::task_context::remaining_time().into())
}

/// Whether the run should end soon, and why. Look now and then in long work: a grace period (1
/// second unless the operator says otherwise) is left from the first answer on.
#[must_use]
pub fn cancellation() -> Option<CancellationReason> {
    host::task_context::cancellation()
}

/// Says how far the run is, in percent (more than 100 is 100): an app in the foreground sees it.
pub fn report_progress(percent: u32) {
    host::task_context::report_progress(percent);
}

/// Leaves work for the app to do when it is next in the foreground: what a task cannot or should
/// not do. A later one with the same key replaces it. Committed with the rest of the run.
///
/// # Errors
///
/// A key has 1 to 64 bytes, content at most 8 KiB, and a run leaves at most 16 keys.
pub fn on_resume(key: &str, content: impl Into<Vec<u8>>) -> Result<(), Error> {
    let work = ResumeWork { key: key.to_owned(), content: content.into() };
    host::task_context::on_resume(&work).map_err(|error| {
        let key = work.key;
        match error {
            ContextError::TooLarge(bytes_max) => Error::WorkTooLarge { key, bytes_max },
            ContextError::TooMany(count_max) => Error::TooMuchWork { key, count_max },
            ContextError::Invalid(reason) => Error::InvalidWork { key, reason },
            ContextError::Other(reason) => Error::Other { reason },
        }
    })
}
