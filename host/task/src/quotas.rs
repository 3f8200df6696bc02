use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{LimitsError, Timestamp};

/// The stretch of time over which an app's processor time is counted: a quarter of an hour, as in the
/// original system. Windows begin at full quarters of the clock.
pub const CPU_WINDOW_MS: u64 = 15 * 60 * 1_000;

/// Defines `Quotas` and `QuotaName` from one table, so that a quota cannot be without a reason, nor
/// without what happens when it is reached.
macro_rules! quotas {
    ($( $field:ident, $variant:ident, $code:literal, $default:expr, $max:expr, $unit:literal, $then:literal, $reason:literal; )+) => {
        /// How much of everything one app may use over time, whatever its single runs do.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct Quotas {
            $( #[doc = $reason] #[doc = concat!("\n\nIn ", $unit, ".")] pub $field: u64, )+
        }

        /// The name of a quota.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum QuotaName {
            $( #[doc = $reason] $variant, )+
        }

        impl Default for Quotas {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        impl QuotaName {
            /// Every quota, in the order of the table.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The quota as lists and the command line write it.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $( Self::$variant => $code, )+ }
            }

            /// What is counted.
            #[must_use]
            pub fn unit(self) -> &'static str {
                match self { $( Self::$variant => $unit, )+ }
            }

            /// What happens when it is reached.
            #[must_use]
            pub fn then(self) -> &'static str {
                match self { $( Self::$variant => $then, )+ }
            }

            /// Why the default is what it is.
            #[must_use]
            pub fn reason(self) -> &'static str {
                match self { $( Self::$variant => $reason, )+ }
            }

            /// The largest value that the operator may set.
            #[must_use]
            pub fn ceiling(self) -> u64 {
                match self { $( Self::$variant => $max, )+ }
            }
        }

        impl Quotas {
            /// The value of a quota.
            #[must_use]
            pub fn get(&self, name: QuotaName) -> u64 {
                match name { $( QuotaName::$variant => self.$field, )+ }
            }

            /// Sets a quota.
            pub fn set(&mut self, name: QuotaName, value: u64) {
                match name { $( QuotaName::$variant => self.$field = value, )+ }
            }
        }
    };
}

const MIB: u64 = 1024 * 1024;

// field, variant, name, default, largest, unit, what happens then, reason
quotas! {
    cpu_ms, CpuMs, "cpu-ms", 225_000, 15 * 60 * 1_000, "ms in a quarter of an hour",
        "What waits runs when the next quarter begins; a run that is going on is asked to end, and its attempt is given back.",
        "Processor time of all runs: a quarter of one processor. The original gave 2 s, to machines that run on batteries.";
    waiting, Waiting, "waiting", 10_000, 1_000_000, "triggers",
        "Pushes are refused, and their senders told to come again (429).",
        "Triggers that wait: with 5,000 bytes each, 50 MB.";
    waiting_bytes, WaitingBytes, "waiting-bytes", 64 * MIB, 1024 * MIB, "bytes",
        "Pushes are refused, and their senders told to come again (429).",
        "Content that waits: triggers of the app itself have up to 64 KiB.";
    toasts, Toasts, "toasts", 60, 3_600, "toasts in an hour",
        "Raising one more is answered with `too-many`; the run goes on, and its other effects count.",
        "One a minute, beyond which a person reads none of them.";
    kept_runs, KeptRuns, "kept-runs", 1_000, 1_000_000, "runs",
        "The oldest go.",
        "A day of a push every 90 seconds.";
    kept_bytes, KeptBytes, "kept-bytes", 64 * MIB, 16 * 1024 * MIB, "bytes",
        "The oldest kept runs go.",
        "Reports and triggers of kept runs: 1,000 runs with the whole of their log.";
    dead, Dead, "dead", 1_000, 1_000_000, "dead letters",
        "The oldest go.",
        "More than anybody reads.";
    failures, Failures, "failures", 20, 1_000_000, "failed runs of a task in a row",
        "The task is paused, and a toast says so; what comes for it waits. `bugle app resume`, or another version of the app, lets it go on.",
        "Four triggers that failed at all of their attempts: no passing fault.";
}

/// A quota of an app with what is used of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct QuotaRow {
    /// Which.
    pub quota: QuotaName,
    /// What is used of it now.
    pub used: u64,
    /// What there is to use.
    pub max: u64,
    /// What happens when it is reached.
    pub then: &'static str,
}

fn names() -> String {
    let names: Vec<&str> = QuotaName::ALL.iter().map(|name| name.code()).collect();
    names.join(", ")
}

impl Quotas {
    /// Checks that every quota is one that the host can hold.
    ///
    /// # Errors
    ///
    /// Names the first quota that is 0 or above its ceiling.
    pub fn check(&self) -> Result<(), LimitsError> {
        for &quota in QuotaName::ALL {
            let (value, ceiling) = (self.get(quota), quota.ceiling());
            if value == 0 || value > ceiling {
                return Err(LimitsError::QuotaOutOfRange { quota, value, ceiling });
            }
        }
        Ok(())
    }

    /// Sets quotas from a text like `cpu-ms=2000,failures=5`.
    ///
    /// # Errors
    ///
    /// Says which part is not a quota, or which value cannot be.
    pub fn set_from_text(&mut self, text: &str) -> Result<(), LimitsError> {
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let not_a_pair = || LimitsError::NotAPair { text: pair.to_owned() };
            let (name, value) = pair.split_once('=').ok_or_else(not_a_pair)?;
            let quota = name.trim().parse()?;
            self.set(quota, value.trim().replace('_', "").parse().map_err(|_| not_a_pair())?);
        }
        self.check()
    }
}

/// The window of processor time that a moment is in, by its number.
#[must_use]
pub fn cpu_window(now: Timestamp) -> u64 {
    now / CPU_WINDOW_MS
}

impl fmt::Display for QuotaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for QuotaName {
    type Err = LimitsError;

    fn from_str(text: &str) -> Result<Self, LimitsError> {
        let mut all = Self::ALL.iter().copied();
        all.find(|name| name.code() == text).ok_or_else(|| LimitsError::UnknownQuota {
            name: text.chars().take(80).collect(),
            names: names(),
        })
    }
}

impl Serialize for QuotaName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for QuotaName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_set_by_name() {
        let mut quotas = Quotas::default();
        assert_eq!(quotas.check(), Ok(()));
        quotas.set_from_text("cpu-ms=2_000, failures=5").expect("both are quotas");
        assert_eq!((quotas.cpu_ms, quotas.failures), (2_000, 5));
        for text in ["failures", "failures=0", "failures=-1", "fuel=1", "cpu-ms=900001"] {
            assert!(quotas.clone().set_from_text(text).is_err(), "{text}");
        }
    }
}
