use std::fmt;

use serde::{Deserialize, Serialize};

use crate::LimitName;

/// How a run ended. Closed: a guest's failure is data, and every end is one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Outcome {
    /// `run` returned `ok`; its effects count.
    Completed,
    /// The task says that it went wrong (`failed`, or `other`).
    Failed {
        /// What the task says; guest-controlled, at most 4 KiB.
        message: String,
    },
    /// The task asks to be tried again.
    Retry {
        /// After how many milliseconds; none leaves it to the host.
        after_ms: Option<u32>,
    },
    /// The task says that this trigger will never succeed.
    Rejected {
        /// What the task says; guest-controlled, at most 4 KiB.
        message: String,
    },
    /// The guest broke a rule of WebAssembly, of the component model, or of the contract.
    Trapped {
        /// What it did.
        message: String,
        /// The guest's functions that were active, innermost first; at most 20.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        backtrace: Vec<String>,
    },
    /// All fuel was used.
    OutOfFuel,
    /// The run's own (virtual) time was used up, the grace period included.
    TimedOut,
    /// The guest asked for more memory than it may have, and could not go on without.
    OutOfMemory,
    /// Another limit was reached, and the guest could not go on.
    LimitExceeded {
        /// Which one.
        limit: LimitName,
    },
    /// The watchdog ended the run by real time. Not replayable.
    Cut,
    /// The run was asked to end from outside, and did not end in its grace time. Not replayable.
    Cancelled {
        /// Why it was asked.
        reason: CancellationReason,
    },
    /// The host itself went wrong during the run.
    HostPanicked {
        /// What the host's panic says.
        message: String,
    },
}

/// Why a run is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CancellationReason {
    /// The app is being removed.
    Uninstall,
    /// A new version takes over.
    Update,
    /// The host is shutting down.
    Terminating,
    /// The allowance of time is used up; the grace period runs.
    TimeLimit,
    /// The app's allowance over time is used up.
    Quota,
    /// A condition that the manifest asked for no longer holds.
    ConditionLost,
    /// The person, or the app, asked for it.
    Requested,
}

impl Outcome {
    /// Whether it speaks against the task: neither an answer of its own that it is not the time, or
    /// that the trigger is wrong, nor an end that the host wanted.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Failed { .. }
            | Self::Trapped { .. }
            | Self::OutOfFuel
            | Self::TimedOut
            | Self::OutOfMemory
            | Self::LimitExceeded { .. }
            | Self::Cut
            | Self::HostPanicked { .. } => true,
            Self::Completed
            | Self::Retry { .. }
            | Self::Rejected { .. }
            | Self::Cancelled { .. } => false,
        }
    }

    /// The outcome's stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed { .. } => "failed",
            Self::Retry { .. } => "retry",
            Self::Rejected { .. } => "rejected",
            Self::Trapped { .. } => "trapped",
            Self::OutOfFuel => "out-of-fuel",
            Self::TimedOut => "timed-out",
            Self::OutOfMemory => "out-of-memory",
            Self::LimitExceeded { .. } => "limit-exceeded",
            Self::Cut => "cut",
            Self::Cancelled { .. } => "cancelled",
            Self::HostPanicked { .. } => "host-panicked",
        }
    }

    /// Whether the run's effects count.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        matches!(self, Self::Completed)
    }

    /// Whether equal inputs give this outcome again: not where the real world decided.
    #[must_use]
    pub fn is_replayable(&self) -> bool {
        !matches!(self, Self::Cut | Self::Cancelled { .. } | Self::HostPanicked { .. })
    }
}

impl CancellationReason {
    /// The reason's stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Uninstall => "uninstall",
            Self::Update => "update",
            Self::Terminating => "terminating",
            Self::TimeLimit => "time-limit",
            Self::Quota => "quota",
            Self::ConditionLost => "condition-lost",
            Self::Requested => "requested",
        }
    }
}

impl fmt::Display for CancellationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// One line, for people. Guest-controlled text is in it: clean it before a terminal sees it.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { message }
            | Self::Rejected { message }
            | Self::HostPanicked { message } => {
                write!(f, "{}: {message}", self.code())
            }
            Self::Trapped { message, .. } => write!(f, "trapped: {message}"),
            Self::Retry { after_ms: Some(after_ms) } => write!(f, "retry: after {after_ms} ms"),
            Self::LimitExceeded { limit } => write!(f, "limit-exceeded: {limit}"),
            Self::Cancelled { reason } => write!(f, "cancelled: {reason}"),
            Self::Completed
            | Self::Retry { after_ms: None }
            | Self::OutOfFuel
            | Self::TimedOut
            | Self::OutOfMemory
            | Self::Cut => f.write_str(self.code()),
        }
    }
}
