//! Runs a task natively, in a plain `cargo test`, on a host of its own in the same thread.
//!
//! The limits, the checks and the words are the real host's; what a task does is kept only if it
//! ends well, as there. What this host does not hold are the limits of the sandbox: fuel, time and
//! memory. `bugle run` and `bugle test` hold those too.
//!
//! ```
//! use bugle_guest::testing::Run;
//! use bugle_guest::{TaskError, Trigger, badge, settings};
//!
//! fn count(_: Trigger) -> Result<(), TaskError> {
//!     let unread = settings::get::<i64>("unread")?.unwrap_or(0) + 1;
//!     settings::set("unread", unread)?;
//!     badge::set_number(u32::try_from(unread)?);
//!     Ok(())
//! }
//!
//! let report = Run::of(count).with_setting("unread", 3).push(b"hello");
//! assert!(report.outcome.is_completed(), "{}", report.outcome);
//! assert_eq!(report.setting::<i64>("unread"), Some(4));
//! assert_eq!(report.badge, Some(badge::Mark::Number(4)));
//! ```

mod convert;
pub(crate) mod host;
mod report;
mod state;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use bugle_task::Outcome;
pub use report::{LogLine, Report, ToastChange};

use crate::badge::Mark;
use crate::context::CancellationReason;
use crate::settings::Value;
use crate::{RawNotification, TaskError, Timestamp, Trigger};
use state::State;

/// A task, and what it finds when it is woken.
#[derive(Debug, Clone)]
#[must_use = "a run does nothing until something wakes it: see `push` and `wake`"]
pub struct Run {
    task: fn(Trigger) -> Result<(), TaskError>,
    state: State,
}

impl Run {
    /// The first attempt of the task `task` of the app `com.example.app`, which has no settings and
    /// no badge yet.
    pub fn of(task: fn(Trigger) -> Result<(), TaskError>) -> Self {
        Self { task, state: State::default() }
    }

    /// A setting that is there before the run.
    ///
    /// # Panics
    ///
    /// If no app could have such a setting.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test that cannot be should say so")]
    pub fn with_setting(mut self, path: &str, value: impl Into<Value>) -> Self {
        let set = self.state.set(path, &value.into());
        set.unwrap_or_else(|error| panic!("no app has a setting `{path}` like this: {error:?}"));
        self.state.forget_changes();
        self
    }

    /// The version of the settings before the run.
    pub fn with_settings_version(mut self, version: u32) -> Self {
        self.state.settings.version = version;
        self
    }

    /// The badge before the run.
    pub fn with_badge(mut self, mark: Mark) -> Self {
        self.state.badge = Some(mark);
        self
    }

    /// The app's id and version.
    pub fn with_app(mut self, id: &str, version: &str) -> Self {
        id.clone_into(&mut self.state.facts.app);
        version.clone_into(&mut self.state.facts.app_version);
        self
    }

    /// The task's name in the manifest.
    pub fn with_task(mut self, name: &str) -> Self {
        name.clone_into(&mut self.state.facts.task);
        self
    }

    /// Which attempt this is, and how many there are.
    pub fn with_attempt(mut self, attempt: u32, attempts_max: u32) -> Self {
        self.state.facts.attempt = attempt;
        self.state.facts.attempts_max = attempts_max;
        self
    }

    /// When the run starts; 2024-01-01T00:00:00Z unless this says otherwise.
    pub fn with_time(mut self, now: Timestamp) -> Self {
        self.state.facts.now = now.0;
        self
    }

    /// The run is to end soon, from its start on.
    pub fn with_cancellation(mut self, reason: CancellationReason) -> Self {
        self.state.facts.cancellation = Some(reason);
        self
    }

    /// Nobody wants the app's toasts.
    pub fn without_toasts(mut self) -> Self {
        self.state.permissions.toasts = false;
        self
    }

    /// How many toasts the app may still raise in this hour; 60 unless this says otherwise.
    pub fn with_toasts_left(mut self, toasts: u32) -> Self {
        self.state.toasts_left = self.state.limits.toasts.min(toasts.into());
        self
    }

    /// A host from which the manifest allows images.
    pub fn with_image_host(mut self, host: &str) -> Self {
        self.state.permissions.image_hosts.push(host.to_owned());
        self
    }

    /// Wakes the task with a raw notification on the channel `inbox`.
    ///
    /// # Panics
    ///
    /// If the content is larger than a push may be: 5,000 bytes.
    #[must_use]
    #[track_caller]
    pub fn push(self, content: impl AsRef<[u8]>) -> Report {
        let content = content.as_ref().to_vec();
        let bytes_max = bugle_task::RawNotification::CONTENT_BYTES_MAX;
        assert!(content.len() <= bytes_max, "a push has at most {bytes_max} bytes");
        let received_at = self.state.facts.now;
        self.wake(Trigger::RawNotification(RawNotification {
            channel: "inbox".to_owned(),
            content,
            content_type: None,
            headers: Vec::new(),
            received_at,
        }))
    }

    /// Wakes the task with any trigger.
    ///
    /// A task that panics gives [`Outcome::Trapped`], with the message in the log, as in the
    /// sandbox.
    #[must_use]
    pub fn wake(self, trigger: Trigger) -> Report {
        let Self { task, state } = self;
        let before = state.clone();
        let (ended, after) = host::enter(state, || {
            catch_unwind(AssertUnwindSafe(|| task(trigger))).map_err(|panic| {
                let message = panic_message(panic.as_ref());
                crate::log::error(&format!("panicked: {message}"));
                Outcome::Trapped { message, backtrace: Vec::new() }
            })
        });
        let outcome = match ended {
            Ok(Ok(())) => Outcome::Completed,
            Ok(Err(error)) => convert::outcome(error),
            Err(trapped) => trapped,
        };
        Report::new(outcome, before, after)
    }
}

/// What a panic says, if it says anything.
fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
