use std::collections::BTreeMap;
use std::fmt;

use bugle_task::Outcome;

use super::convert;
use super::state::State;
use crate::badge::Mark;
use crate::log::Level;
use crate::settings::{FromValue, Value};
use crate::toasts::{Toast, ToastUpdate};

/// What came of a run: the app as it is afterwards, and what the run did. After any end but a good
/// one the app is as it was before, and only the log tells.
#[derive(Debug, Clone)]
pub struct Report {
    /// How the run ended.
    pub outcome: Outcome,
    /// The app's settings, by path.
    pub settings: BTreeMap<String, Value>,
    /// The version of the app's settings.
    pub settings_version: u32,
    /// The toasts that the run raised, in order; none where toasts are not wanted.
    pub toasts: Vec<Toast>,
    /// What the run changed in toasts that were already there, in order.
    pub toast_changes: Vec<ToastChange>,
    /// The app's badge.
    pub badge: Option<Mark>,
    /// Work that the run left for the app, by key.
    pub resume_work: BTreeMap<String, Vec<u8>>,
    /// How far the run said that it got, in percent.
    pub progress: Option<u32>,
    /// What the run said.
    pub log: Vec<LogLine>,
    /// Lines of the log that were over its limits.
    pub log_lines_dropped: u64,
}

/// One line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How serious it is.
    pub level: Level,
    /// What it says.
    pub message: String,
}

/// A change to toasts that are already there.
#[derive(Debug, Clone, PartialEq)]
pub enum ToastChange {
    /// One toast says something else.
    Update {
        /// The toast's tag.
        tag: String,
        /// The toast's group.
        group: Option<String>,
        /// Orders updates.
        sequence: u32,
        /// What is different.
        change: ToastUpdate,
    },
    /// One toast, a group, or all of the app's went.
    Hide {
        /// The toast's tag.
        tag: Option<String>,
        /// The toast's group.
        group: Option<String>,
    },
}

impl Report {
    /// Keeps what the run did only if it ended well.
    pub(super) fn new(outcome: Outcome, before: State, after: State) -> Self {
        let (log, log_lines_dropped) = (after.log.clone(), after.log_lines_dropped);
        let progress = after.progress;
        let kept = if outcome.is_completed() { after } else { before };
        let is_wanted = kept.permissions.toasts;
        Self {
            outcome,
            settings: kept
                .settings
                .iter()
                .map(|(path, value)| (path.to_owned(), convert::value(value)))
                .collect(),
            settings_version: kept.settings.version,
            toasts: if is_wanted { kept.toasts } else { Vec::new() },
            toast_changes: if is_wanted { kept.toast_changes } else { Vec::new() },
            badge: kept.badge,
            resume_work: kept.resume_work,
            progress,
            log,
            log_lines_dropped,
        }
    }

    /// What is set at a path after the run, as a type; none where nothing is set.
    ///
    /// # Panics
    ///
    /// If the value is of another type.
    #[must_use]
    #[track_caller]
    pub fn setting<T: FromValue>(&self, path: &str) -> Option<T> {
        let value = self.settings.get(path)?.clone();
        let found = value.kind();
        let value = T::from_value(value);
        assert!(value.is_some(), "the setting `{path}` is of the type {found}, not {}", T::KIND);
        value
    }

    /// The messages of the log, a line each.
    #[must_use]
    pub fn log_text(&self) -> String {
        let lines: Vec<&str> = self.log.iter().map(|line| line.message.as_str()).collect();
        lines.join("\n")
    }
}

/// How the run ended, and what it said: what a failed assertion should show.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.outcome)?;
        self.log
            .iter()
            .try_for_each(|line| write!(f, "\n{:5} {}", line.level.as_str(), line.message))
    }
}
