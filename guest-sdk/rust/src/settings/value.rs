use super::Value;
use crate::Timestamp;

/// A type that a setting can be read as.
pub trait FromValue: Sized {
    /// The name of the type, as the contract has it.
    const KIND: &'static str;

    /// The value as this type; none if it is of another.
    fn from_value(value: Value) -> Option<Self>;
}

impl Value {
    /// The name of the value's type, as the contract has it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => bool::KIND,
            Self::Integer(_) => i64::KIND,
            Self::Float(_) => f64::KIND,
            Self::Text(_) => String::KIND,
            Self::Bytes(_) => Vec::<u8>::KIND,
            Self::Timestamp(_) => Timestamp::KIND,
        }
    }
}

/// Whatever is set.
impl FromValue for Value {
    const KIND: &'static str = "value";

    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }
}

/// One type, its name and its case, so that reading and writing cannot differ.
macro_rules! kind {
    ($type:ty, $kind:literal, $case:ident) => {
        impl FromValue for $type {
            const KIND: &'static str = $kind;

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$case(value) => Some(value),
                    _ => None,
                }
            }
        }

        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$case(value)
            }
        }
    };
}

kind!(bool, "boolean", Boolean);
kind!(i64, "integer", Integer);
kind!(f64, "float", Float);
kind!(String, "text", Text);
kind!(Vec<u8>, "bytes", Bytes);

impl FromValue for Timestamp {
    const KIND: &'static str = "timestamp";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Timestamp(value) => Some(Self(value)),
            _ => None,
        }
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Timestamp(value.0)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_vec())
    }
}
