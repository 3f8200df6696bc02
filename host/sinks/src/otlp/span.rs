//! Spans as OTLP has them in JSON (OTLP 1.x, "JSON Protobuf Encoding"): ids in hexadecimal, and whole numbers
//! of 64 bits as text, which JSON's own are too small for. Each push has four or more, so they are written as
//! they are, without a tree of values between.

use std::fmt;

use serde::{Serialize, Serializer};

/// One span.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Span {
    #[serde(serialize_with = "shown")]
    pub(super) trace_id: bugle::TraceId,
    pub(super) span_id: SpanId,
    /// None is the first of its trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parent_span_id: Option<SpanId>,
    pub(super) name: &'static str,
    pub(super) kind: u8,
    pub(super) start_time_unix_nano: Nanoseconds,
    pub(super) end_time_unix_nano: Nanoseconds,
    pub(super) attributes: Vec<Attribute>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
}

/// Something that happened in a span.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub(super) time_unix_nano: Nanoseconds,
    pub(super) name: &'static str,
    pub(super) attributes: Vec<Attribute>,
}

/// How a span ended.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    pub(super) code: u8,
    pub(super) message: String,
}

/// A name and a value.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Attribute {
    key: &'static str,
    value: AnyValue,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
enum AnyValue {
    StringValue(String),
    #[serde(serialize_with = "shown")]
    IntValue(u64),
}

impl Attribute {
    pub(super) fn text(key: &'static str, text: impl Into<String>) -> Self {
        Self { key, value: AnyValue::StringValue(text.into()) }
    }

    pub(super) fn number(key: &'static str, number: impl Into<u64>) -> Self {
        Self { key, value: AnyValue::IntValue(number.into()) }
    }
}

/// The name of a span within its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpanId(pub(super) [u8; 8]);

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A moment, since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nanoseconds(pub(super) u128);

impl Nanoseconds {
    pub(super) fn at(ms: u64) -> Self {
        Self(u128::from(ms) * 1_000_000)
    }

    pub(super) fn after_us(self, us: u64) -> Self {
        Self(self.0 + u128::from(us) * 1_000)
    }
}

impl Serialize for Nanoseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        shown(&self.0, serializer)
    }
}

/// As it is shown.
fn shown<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
