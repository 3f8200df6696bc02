use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is not the id it was given for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: {rule}")]
pub struct IdError {
    what: &'static str,
    text: String,
    rule: &'static str,
}

impl IdError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "invalid-id"
    }

    /// What should have been `what` is not as its rule says.
    #[must_use]
    pub fn new(what: &'static str, text: &str, rule: &'static str) -> Self {
        // Cut: the text may be anything, of any length.
        Self { what, text: text.chars().take(80).collect(), rule }
    }
}

/// The id of an app, in reverse-DNS form: `com.example.mail`. At most 128 bytes, so that it fits any
/// folder name with room to spare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(String);

/// The name of a task or a channel in its manifest: 1 to 64 of `a-z 0-9 - _`, a letter first. It is
/// shown on terminals and pages, so nothing that could be mistaken for anything else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

fn is_name(text: &str, len_max: usize) -> bool {
    text.len() <= len_max
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

impl AppId {
    fn check(text: &str) -> Result<(), IdError> {
        let parts: Vec<&str> = text.split('.').collect();
        if text.len() <= 128 && parts.len() >= 2 && parts.iter().all(|part| is_name(part, 64)) {
            return Ok(());
        }
        let rule = "two or more names of `a-z 0-9 - _` joined by dots, a letter first in each, \
                    128 bytes at most, like `com.example.mail`";
        Err(IdError::new("an app id", text, rule))
    }
}

impl Name {
    fn check(text: &str) -> Result<(), IdError> {
        if is_name(text, 64) {
            return Ok(());
        }
        Err(IdError::new("a name", text, "1 to 64 of `a-z 0-9 - _`, a letter first"))
    }
}

macro_rules! text_id {
    ($id:ident) => {
        impl $id {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $id {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        serde_as_text!($id);
    };
}

macro_rules! serde_as_text {
    ($id:ident) => {
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_id!(AppId);
text_id!(Name);

/// A trigger that the host accepted, numbered in accept order: `trigger-17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TriggerId(pub u64);

/// One run of a trigger: `run-17.2` is the second time that `trigger-17` was claimed. Known before
/// the run, never given twice, and the same when the run is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId {
    /// What woke the run.
    pub trigger: TriggerId,
    /// How often the trigger had been claimed, this time included.
    pub claim: u32,
}

impl fmt::Display for TriggerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trigger-{}", self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run-{}.{}", self.trigger.0, self.claim)
    }
}

impl FromStr for TriggerId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let number = text.strip_prefix("trigger-").unwrap_or(text).parse();
        number.map(Self).map_err(|_| IdError::new("a trigger id", text, "like `trigger-17`"))
    }
}

impl FromStr for RunId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let parse = || {
            let (trigger, claim) = text.strip_prefix("run-").unwrap_or(text).split_once('.')?;
            Some(Self { trigger: TriggerId(trigger.parse().ok()?), claim: claim.parse().ok()? })
        };
        parse().ok_or_else(|| IdError::new("a run id", text, "like `run-17.1`"))
    }
}

serde_as_text!(TriggerId);
serde_as_text!(RunId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_ids_are_reverse_dns() {
        assert!("com.example.mail".parse::<AppId>().is_ok());
        for text in ["mail", "Com.example", "com..x", "com.ex/../x", "com.1x", "com.\u{202e}x", ""]
        {
            assert!(text.parse::<AppId>().is_err(), "{text}");
        }
    }

    #[test]
    fn ids_read_what_they_print() {
        let run = RunId { trigger: TriggerId(17), claim: 2 };
        assert_eq!(run.to_string().parse(), Ok(run));
        assert_eq!("17.2".parse(), Ok(run));
        assert!("run-17".parse::<RunId>().is_err());
        assert_eq!("trigger-17".parse(), Ok(TriggerId(17)));
    }
}
