use serde::{Deserialize, Serialize};

use crate::{CancellationReason, Effects, LimitName, LimitRow, Limits, Outcome, Usage};

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunReport {
    /// Equal to the byte for equal inputs and an equal engine hash, if the outcome is replayable.
    pub result: RunResult,
    /// What the real world made of it; never compared.
    pub measured: Measured,
}

/// The part of a report that depends on nothing but the run's inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunResult {
    /// How the run ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What it did; empty unless it completed.
    pub effects: Effects,
    /// What it said.
    pub log: Log,
    /// How far it said that it got, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<u32>,
    /// What it used.
    pub usage: Usage,
    /// What it was allowed to use.
    pub limits: Limits,
}

/// The part of a report that differs from one run to the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Measured {
    /// From the first instruction of the instantiation to the end of the call, in microseconds.
    pub wall_us: u64,
    /// The part of it that was instantiation.
    pub instantiate_us: u64,
    /// The processor time of its thread, in microseconds, where a host has measured it: page faults and
    /// clearing memory are in it, which no fuel counts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cpu_us: u64,
    /// From when the run was found to be asked to end, from outside, to its end, in microseconds; 0
    /// if it was not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub grace_us: u64,
    /// The reason that the guest was told when it asked whether it should end, if the reason came
    /// from outside: such a run is not replayable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_seen: Option<CancellationReason>,
}

impl RunReport {
    /// Whether a replay gives the same result.
    #[must_use]
    pub fn is_replayable(&self) -> bool {
        self.result.outcome.is_replayable() && self.measured.cancellation_seen.is_none()
    }

    /// The processor time that the run is charged with, in microseconds: what its thread used, which on
    /// a busy machine is no more, or its fuel, of which a unit is a nanosecond, if that is more. How much
    /// fuel a run had used that was stopped in real time nobody knows; it is charged with that time.
    #[must_use]
    pub fn cpu_us(&self) -> u64 {
        let counted = match self.result.outcome {
            Outcome::Cut | Outcome::Cancelled { .. } | Outcome::HostPanicked { .. } => {
                self.measured.wall_us
            }
            _ => self.result.usage.fuel.div_ceil(1_000),
        };
        counted.max(self.measured.cpu_us)
    }

    /// Every limit with what was used of it.
    #[must_use]
    pub fn beside_limits(&self) -> Vec<LimitRow> {
        let row = |&limit: &LimitName| {
            let (used, max) = (self.used(limit), self.result.limits.get(limit));
            LimitRow { limit, used, max }
        };
        LimitName::ALL.iter().map(row).collect()
    }

    /// What was used of a limit. A grace period is of real time if the run was asked to end from
    /// outside, and of the run's own if its time was up; the longer one is shown.
    fn used(&self, limit: LimitName) -> u64 {
        let counted = self.result.usage.get(limit);
        match limit {
            LimitName::WatchdogMs => self.measured.wall_us / 1_000,
            LimitName::GraceMs => counted.max(self.measured.grace_us / 1_000),
            _ => counted,
        }
    }
}

/// What a run said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Log {
    /// The lines that were kept, in order.
    pub lines: Vec<LogLine>,
    /// Lines that were not kept.
    #[serde(skip_serializing_if = "is_zero")]
    pub lines_dropped: u64,
    /// Bytes that were cut off or not kept.
    #[serde(skip_serializing_if = "is_zero")]
    pub bytes_dropped: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// One line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogLine {
    /// How serious it is.
    pub level: Level,
    /// Guest-controlled: clean it before a terminal sees it.
    pub message: String,
}

/// How serious a line of the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each says itself")]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// The level as the contract writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}
