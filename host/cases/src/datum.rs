use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bugle::Value;
use bugle::task::Bytes;
use serde_json::{Map, Value as Json};
use toml_edit::{Array, InlineTable, Value as Toml};

use crate::moment;
use crate::plain;

/// What a report says, as a case file can say it.
#[derive(Debug, Clone)]
pub enum Datum {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A moment, in milliseconds.
    Timestamp(u64),
    /// A length of time, in milliseconds.
    Duration(u64),
    /// Several, in order.
    List(Vec<Datum>),
    /// Several, by name, in order.
    Table(Vec<(String, Datum)>),
}

impl Datum {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A count; one that no case file can say is the largest that it can.
    pub(crate) fn count(count: u64) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A field of a table.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Table(fields) => fields.iter().find(|(n, _)| n == name).map(|(_, datum)| datum),
            _ => None,
        }
    }

    /// From JSON in which there are no bytes and no moments. Names without a value are left out.
    pub(crate) fn of_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Table(Vec::new()),
            Json::Bool(is) => Self::Boolean(*is),
            Json::Number(number) => {
                let float = || Self::Float(number.as_f64().unwrap_or(f64::NAN));
                number.as_i64().map_or_else(float, Self::Integer)
            }
            Json::String(text) => Self::text(text),
            Json::Array(list) => Self::List(list.iter().map(Self::of_json).collect()),
            Json::Object(fields) => {
                let fields = fields.iter().filter(|(_, value)| !value.is_null());
                Self::Table(fields.map(|(n, value)| (n.clone(), Self::of_json(value))).collect())
            }
        }
    }

    /// As JSON: bytes as base64, times in milliseconds, and no number that JSON has not.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Boolean(is) => Json::from(*is),
            Self::Integer(integer) => Json::from(*integer),
            Self::Float(float) => Json::from(*float),
            Self::Text(text) => Json::from(text.as_str()),
            Self::Bytes(bytes) => Json::from(STANDARD.encode(bytes)),
            Self::Timestamp(ms) | Self::Duration(ms) => Json::from(*ms),
            Self::List(list) => list.iter().map(Self::to_json).collect(),
            Self::Table(fields) => {
                let field = |(name, datum): &(String, Self)| (name.clone(), datum.to_json());
                Json::Object(fields.iter().map(field).collect::<Map<_, _>>())
            }
        }
    }

    /// As a case file writes it in one place.
    pub(crate) fn to_toml(&self) -> Toml {
        let wrapped = |name: &str, value: Toml| InlineTable::from_iter([(name, value)]).into();
        match self {
            Self::Boolean(is) => Toml::from(*is),
            Self::Integer(integer) => Toml::from(*integer),
            Self::Float(float) => Toml::from(*float),
            Self::Text(text) => plain::text(text),
            Self::Bytes(bytes) => wrapped("base64", Toml::from(STANDARD.encode(bytes))),
            Self::Timestamp(moment) => {
                let datetime = moment::format(*moment).and_then(|text| text.parse().ok());
                match datetime {
                    Some(datetime) => Toml::Datetime(toml_edit::Formatted::new(datetime)),
                    None => wrapped("timestamp", Toml::from(moment.to_string())),
                }
            }
            Self::Duration(ms) => Toml::from(moment::format_duration(*ms)),
            Self::List(list) => list.iter().map(Self::to_toml).collect::<Array>().into(),
            Self::Table(fields) => {
                let fields = fields.iter().map(|(name, datum)| (plain::key(name), datum.to_toml()));
                fields.collect::<InlineTable>().into()
            }
        }
    }
}

/// Floats are equal as settings are: there is one not-a-number.
impl PartialEq for Datum {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b).is_eq() || a.is_nan() && b.is_nan(),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Timestamp(a), Self::Timestamp(b)) | (Self::Duration(a), Self::Duration(b)) => {
                a == b
            }
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Table(a), Self::Table(b)) => a == b,
            _ => false,
        }
    }
}

impl From<&Value> for Datum {
    fn from(value: &Value) -> Self {
        match value {
            Value::Boolean(is) => Self::Boolean(*is),
            Value::Integer(integer) => Self::Integer(*integer),
            Value::Float(float) => Self::Float(*float),
            Value::Text(text) => Self::text(text),
            Value::Bytes(bytes) => Self::Bytes(bytes.0.clone()),
            Value::Timestamp(moment) => Self::Timestamp(*moment),
        }
    }
}

impl Datum {
    /// As a setting's value, if a setting can have it.
    pub(crate) fn to_setting(&self) -> Option<Value> {
        Some(match self {
            Self::Boolean(is) => Value::Boolean(*is),
            Self::Integer(integer) => Value::Integer(*integer),
            Self::Float(float) => Value::Float(*float),
            Self::Text(text) => Value::Text(text.clone()),
            Self::Bytes(bytes) => Value::Bytes(Bytes(bytes.clone())),
            Self::Timestamp(moment) => Value::Timestamp(*moment),
            Self::Duration(_) | Self::List(_) | Self::Table(_) => return None,
        })
    }
}

/// On one line, as a case file could have it.
impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // JSON's escapes keep text on its line, and TOML reads them.
            Self::Text(text) => write!(f, "{}", Json::from(text.as_str())),
            Self::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => write!(f, "{}", Json::from(text)),
                Err(_) => write!(f, "{{ base64 = \"{}\" }}", STANDARD.encode(bytes)),
            },
            Self::List(list) => {
                f.write_str("[")?;
                for (at, datum) in list.iter().enumerate() {
                    write!(f, "{}{datum}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Table(fields) => {
                f.write_str("{")?;
                for (at, (name, datum)) in fields.iter().enumerate() {
                    write!(f, "{} {name} = {datum}", if at == 0 { "" } else { "," })?;
                }
                f.write_str(if fields.is_empty() { "}" } else { " }" })
            }
            scalar => write!(f, "{}", scalar.to_toml()),
        }
    }
}
