use std::collections::BTreeMap;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use crate::{Bytes, Timestamp};

/// The most bytes a name in a path may have.
const NAME_BYTES_MAX: usize = 255;
/// The most names a path may have: the nesting limit of the original system.
const PATH_NAMES_MAX: usize = 32;
/// The most bytes a path may have, so that paths cost what they count.
const PATH_BYTES_MAX: usize = 1_024;

/// One setting's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "kebab-case")]
pub enum Value {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number; NaN is canonical. JSON writes what it cannot say as a number as `null`.
    Float(#[serde(with = "float")] f64),
    /// Text.
    Text(String),
    /// Bytes; base64 in JSON.
    Bytes(Bytes),
    /// A moment.
    Timestamp(Timestamp),
}

/// JSON has no NaN and no infinities: they are written as text, so that what is read is what was
/// written.
mod float {
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Number(f64),
        Text(String),
    }

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() {
            serializer.serialize_f64(*value)
        } else {
            serializer.collect_str(value)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Number(value) => Ok(value),
            Form::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

impl Value {
    /// What the value counts towards the app's quota, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Boolean(_) | Self::Integer(_) | Self::Float(_) | Self::Timestamp(_) => 8,
            Self::Text(text) => text.len() as u64,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// The name of the value's type, as the contract has it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Float(_) => "float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Timestamp(_) => "timestamp",
        }
    }
}

/// What is wrong with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum PathError {
    #[error("a path has at least one name")]
    Empty,
    #[error("a path has at most 1,024 bytes")]
    TooLong,
    #[error("a path has at most 32 names")]
    TooDeep,
    #[error("a name in a path has at least 1 byte")]
    EmptyName,
    #[error("a name in a path has at most 255 bytes")]
    NameTooLong,
}

impl PathError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(self) -> &'static str {
        "invalid-path"
    }
}

/// Checks a setting's path against the contract.
///
/// # Errors
///
/// Says which rule the path breaks.
pub fn check_path(path: &str) -> Result<(), PathError> {
    if path.is_empty() {
        return Err(PathError::Empty);
    }
    if path.len() > PATH_BYTES_MAX {
        return Err(PathError::TooLong);
    }
    for (depth, name) in path.split('/').enumerate() {
        if depth >= PATH_NAMES_MAX {
            return Err(PathError::TooDeep);
        }
        if name.is_empty() {
            return Err(PathError::EmptyName);
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(PathError::NameTooLong);
        }
    }
    Ok(())
}

/// All settings of an app at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settings {
    /// What the app says that the shape of its settings is; 0 at first.
    pub version: u32,
    values: BTreeMap<String, Value>,
    /// What they count towards the quota.
    #[serde(skip)]
    bytes: u64,
}

impl Settings {
    /// The settings with the given values and version.
    #[must_use]
    pub fn new(version: u32, values: BTreeMap<String, Value>) -> Self {
        let bytes = values.iter().map(|(path, value)| size(path, value)).sum();
        Self { version, values, bytes }
    }

    /// What is set at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Value> {
        self.values.get(path)
    }

    /// Sets a value (`Some`) or removes it (`None`), and gives what was there.
    pub fn apply(&mut self, path: &str, value: Option<Value>) -> Option<Value> {
        let added = value.as_ref().map_or(0, |value| size(path, value));
        let old = match value {
            Some(value) => self.values.insert(path.to_owned(), value),
            None => self.values.remove(path),
        };
        let gone = old.as_ref().map_or(0, |value| size(path, value));
        self.bytes = (self.bytes + added).saturating_sub(gone);
        old
    }

    /// What all settings count towards the quota, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many settings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All settings, in the order of the bytes of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(path, value)| (path.as_str(), value))
    }

    /// The settings from a path on, in order.
    pub fn range_from<'a>(&'a self, from: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let bounds = (Bound::Included(from), Bound::Unbounded);
        self.values.range::<str, _>(bounds).map(|(path, value)| (path.as_str(), value))
    }
}

/// What a setting counts towards the quota: its path and its value.
fn size(path: &str, value: &Value) -> u64 {
    path.len() as u64 + value.bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_names_of_bounded_size() {
        let deep = vec!["a"; 33].join("/");
        let long = "a".repeat(256);
        assert_eq!(check_path("inbox/unread"), Ok(()));
        assert_eq!(check_path(""), Err(PathError::Empty));
        assert_eq!(check_path("/a"), Err(PathError::EmptyName));
        assert_eq!(check_path("a//b"), Err(PathError::EmptyName));
        assert_eq!(check_path(&deep), Err(PathError::TooDeep));
        assert_eq!(check_path(&long), Err(PathError::NameTooLong));
    }

    #[test]
    fn bytes_are_those_of_what_is_set() {
        let mut settings = Settings::default();
        settings.apply("ab", Some(Value::Text("xyz".into())));
        settings.apply("n", Some(Value::Integer(1)));
        assert_eq!(settings.bytes(), 5 + 9);
        settings.apply("ab", Some(Value::Boolean(true)));
        assert_eq!(settings.bytes(), 10 + 9);
        settings.apply("ab", None);
        settings.apply("absent", None);
        assert_eq!(settings.bytes(), 9);
    }
}
