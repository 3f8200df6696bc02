use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::QuotaName;

/// Defines `Limits`, `Usage` and `LimitName` from one table, so that a limit cannot be without a
/// reason, and what is used always has the name of what bounds it.
macro_rules! limits {
    ($( $field:ident, $variant:ident, $code:literal, $default:expr, $max:expr, $unit:literal, $figure:ident, $reason:literal; )+) => {
        /// How much of everything one run may use. All of them hold from before the guest's first
        /// instruction on, in a test run as in production.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct Limits {
            $( #[doc = $reason] #[doc = concat!("\n\nIn ", $unit, ".")] pub $field: u64, )+
        }

        /// What a run used, by the names of [`Limits`], as far as it is equal for equal runs: real time
        /// is not in it, see [`RunReport::beside_limits`](crate::RunReport::beside_limits).
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, rename_all = "kebab-case")]
        pub struct Usage {
            $( #[doc = concat!("In ", $unit, ".")] #[serde(skip_serializing_if = "is_zero")] pub $field: u64, )+
        }

        /// The name of a limit.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum LimitName {
            $( #[doc = $reason] $variant, )+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        impl LimitName {
            /// Every limit, in the order of the table.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The limit as manifests, reports and the command line write it.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $( Self::$variant => $code, )+ }
            }

            /// What is counted.
            #[must_use]
            pub fn unit(self) -> &'static str {
                match self { $( Self::$variant => $unit, )+ }
            }

            /// Why the default is what it is.
            #[must_use]
            pub fn reason(self) -> &'static str {
                match self { $( Self::$variant => $reason, )+ }
            }

            /// The largest value that anybody may set.
            #[must_use]
            pub fn ceiling(self) -> u64 {
                match self { $( Self::$variant => $max, )+ }
            }

            /// What a report's figure beside it is.
            #[must_use]
            pub fn figure(self) -> Figure {
                match self { $( Self::$variant => Figure::$figure, )+ }
            }
        }

        impl Limits {
            /// The value of a limit.
            #[must_use]
            pub fn get(&self, name: LimitName) -> u64 {
                match name { $( LimitName::$variant => self.$field, )+ }
            }

            /// Sets a limit.
            pub fn set(&mut self, name: LimitName, value: u64) {
                match name { $( LimitName::$variant => self.$field = value, )+ }
            }
        }

        impl Usage {
            /// What was used of a limit.
            #[must_use]
            pub fn get(&self, name: LimitName) -> u64 {
                match name { $( LimitName::$variant => self.$field, )+ }
            }

            /// Raises what was used of a limit to at least this.
            pub fn raise(&mut self, name: LimitName, to: u64) {
                let used = match name { $( LimitName::$variant => &mut self.$field, )+ };
                *used = to.max(*used);
            }
        }
    };
}

/// What the figure is that a report has beside a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// All that the run used.
    Total,
    /// The largest one, or the most at once.
    Most,
    /// What the component has, whatever a run does with it.
    Built,
    /// Real time, which differs from run to run.
    Real,
}

impl Figure {
    /// The figure, in the words of a table.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::Total => "in all",
            Self::Most => "the most at once",
            Self::Built => "what the component has",
            Self::Real => "as measured",
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

// field, variant, name, default, largest, unit, what is shown beside it, reason
limits! {
    fuel, Fuel, "fuel", 500_000_000, 100_000_000_000, "units", Total,
        "Work, the guest's and the host's for it: about 0.5 s of plain computing, a hundred times what a Python task needs for a push.";
    time_ms, TimeMs, "time-ms", 5_000, 600_000, "ms of the run's own time", Total,
        "The run's own time, which advances with fuel (1 unit is 1 ns) and with sleeps: short enough that a task cannot wait for anything, long enough for a polite pause.";
    grace_ms, GraceMs, "grace-ms", 1_000, 60_000, "ms", Total,
        "What is left, of the run's own time or of real time, after a run is asked to end: enough to write down where it was.";
    watchdog_ms, WatchdogMs, "watchdog-ms", 10_000, 3_600_000, "ms of real time", Real,
        "Real time, whatever the guest does: twice the run's own time, so that a slow machine does not decide.";
    memory_bytes, MemoryBytes, "memory-bytes", 32 * MIB, 1024 * MIB, "bytes", Total,
        "Linear memory, summed over all memories: Python, the largest language runtime, has 12 MiB after a run.";
    table_elements, TableElements, "table-elements", 20_000, 1_000_000, "elements", Total,
        "Table elements, summed over all tables: SpiderMonkey, the largest language runtime, has 7,696.";
    instances, Instances, "instances", 48, 1_000, "core instances", Built,
        "Core instances: a Python component whose WASI is closed off has 38.";
    memories, Memories, "memories", 8, 100, "memories", Built,
        "Linear memories: QuickJS has 3.";
    tables, Tables, "tables", 16, 100, "tables", Built,
        "Tables: Python has 14 core instances, most with no table of their own.";
    handles, Handles, "handles", 256, 100_000, "handles", Most,
        "Component-model handles that are alive at once, the guest's own and the host's: a runtime holds a stream or two.";
    host_call_bytes, HostCallBytes, "host-call-bytes", 256 * KIB, 16 * MIB, "bytes", Most,
        "What one call may hand the host: the largest value is 8 KiB, the largest trigger 64 KiB in base64.";
    host_calls, HostCalls, "host-calls", 10_000, 10_000_000, "calls", Total,
        "Calls to the host: a task that reads and writes every setting it may have makes 8,192.";
    log_bytes, LogBytes, "log-bytes", 64 * KIB, 16 * MIB, "bytes", Total,
        "What is kept of the log: 1,000 short lines. More is cut and counted, and the run goes on.";
    log_lines, LogLines, "log-lines", 1_000, 100_000, "lines", Total,
        "Lines of the log, since a million empty ones have no bytes but cost the host 70 MiB.";
    log_line_bytes, LogLineBytes, "log-line-bytes", 2 * KIB, 64 * KIB, "bytes", Most,
        "One line of the log: a traceback's frame, not a dump.";
    settings_delta_bytes, SettingsDeltaBytes, "settings-delta-bytes", 256 * KIB, 16 * MIB, "bytes", Total,
        "Paths and values that one run may change: fifty times the largest push.";
    settings_bytes, SettingsBytes, "settings-bytes", MIB, 64 * MIB, "bytes", Total,
        "All settings of the app: each run starts with them in memory.";
    settings, Settings, "settings", 4_096, 100_000, "settings", Total,
        "How many settings the app may have: what 1 MiB holds at 256 bytes each.";
    setting_value_bytes, SettingValueBytes, "setting-value-bytes", 8 * KIB, 64 * KIB, "bytes", Most,
        "One setting's value, as in the original system.";
    toasts, Toasts, "toasts", 8, 60, "toasts", Total,
        "Toasts of one run: nobody reads more at once.";
    toast_changes, ToastChanges, "toast-changes", 32, 1_000, "updates and hides", Total,
        "Updates and hides of one run: four for every toast.";
    resume_work, ResumeWork, "resume-work", 16, 64, "keys", Total,
        "Keys of work that one run may leave for the app.";
    resume_work_bytes, ResumeWorkBytes, "resume-work-bytes", 8 * KIB, 64 * KIB, "bytes", Most,
        "The content of one piece of work, as large as a setting's value.";
}

/// One line of a table of limits.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LimitRow {
    /// The limit.
    pub limit: LimitName,
    /// What was used of it.
    pub used: u64,
    /// What there was to use.
    pub max: u64,
}

/// A set of limits that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum LimitsError {
    #[error("the limit `{limit}` is {value}, and may be 1 to {ceiling} {}", limit.unit())]
    OutOfRange { limit: LimitName, value: u64, ceiling: u64 },
    #[error("there is no limit `{name}`; the limits are {}", names())]
    Unknown { name: String },
    #[error("the quota `{quota}` is {value}, and may be 1 to {ceiling} {}", quota.unit())]
    QuotaOutOfRange { quota: QuotaName, value: u64, ceiling: u64 },
    #[error("there is no quota `{name}`; the quotas are {names}")]
    UnknownQuota { name: String, names: String },
    #[error("`{text}` is not a name and its value, like `fuel=1000000`")]
    NotAPair { text: String },
}

fn names() -> String {
    let names: Vec<&str> = LimitName::ALL.iter().map(|name| name.code()).collect();
    names.join(", ")
}

impl LimitsError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "limit-out-of-range",
            Self::Unknown { .. } => "unknown-limit",
            Self::QuotaOutOfRange { .. } => "quota-out-of-range",
            Self::UnknownQuota { .. } => "unknown-quota",
            Self::NotAPair { .. } => "not-a-limit",
        }
    }
}

impl Limits {
    /// Checks that every limit is one that the host can hold.
    ///
    /// # Errors
    ///
    /// Names the first limit that is 0 or above its ceiling.
    pub fn check(&self) -> Result<(), LimitsError> {
        for &limit in LimitName::ALL {
            let (value, ceiling) = (self.get(limit), limit.ceiling());
            if value == 0 || value > ceiling {
                return Err(LimitsError::OutOfRange { limit, value, ceiling });
            }
        }
        Ok(())
    }

    /// Sets limits from a text like `fuel=1000000,time-ms=200`.
    ///
    /// # Errors
    ///
    /// Says which part is not a limit, or which value cannot be.
    pub fn set_from_text(&mut self, text: &str) -> Result<(), LimitsError> {
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let not_a_pair = || LimitsError::NotAPair { text: pair.to_owned() };
            let (name, value) = pair.split_once('=').ok_or_else(not_a_pair)?;
            let limit = name.trim().parse()?;
            self.set(limit, value.trim().replace('_', "").parse().map_err(|_| not_a_pair())?);
        }
        self.check()
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for LimitName {
    type Err = LimitsError;

    fn from_str(text: &str) -> Result<Self, LimitsError> {
        let mut all = Self::ALL.iter().copied();
        all.find(|name| name.code() == text)
            .ok_or_else(|| LimitsError::Unknown { name: text.chars().take(80).collect() })
    }
}

impl Serialize for LimitName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for LimitName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_limits_that_can_be() {
        assert_eq!(Limits::default().check(), Ok(()));
    }

    #[test]
    fn limits_are_set_by_name() {
        let mut limits = Limits::default();
        limits.set_from_text("fuel=1_000, time-ms=20").expect("both are limits");
        assert_eq!((limits.fuel, limits.time_ms), (1_000, 20));
        for text in ["fuel", "fuel=0", "fuel=-1", "speed=1", "fuel=99999999999999"] {
            assert!(limits.clone().set_from_text(text).is_err(), "{text}");
        }
    }
}
