//! ntfy: publishing to a topic, by headers or as JSON (the server's page "Publishing").
//!
//! A message becomes a push: its text the content, the rest headers for the task.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::{HeaderMap, header};
use serde::Deserialize;
use serde_json::{Value, json};

/// What a message without text says, as the server of ntfy has it.
const NO_TEXT: &str = "triggered";

/// What a publisher may say of a message beside its text: our name, and those that ntfy knows as
/// headers.
const FIELDS: [(&str, &[&str]); 7] = [
    ("title", &["x-title", "title", "ti", "t"]),
    ("priority", &["x-priority", "priority", "prio", "p"]),
    ("tags", &["x-tags", "tags", "tag", "ta"]),
    ("click", &["x-click", "click"]),
    ("icon", &["x-icon", "icon"]),
    ("attach", &["x-attach", "attach", "a"]),
    ("actions", &["x-actions", "actions", "action"]),
];

/// What would be done later, which this version does not do.
const DELAYS: [&str; 5] = ["x-delay", "delay", "x-at", "at", "in"];

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The name it is published under, as it was given.
    pub topic: String,
    /// The text.
    pub content: Vec<u8>,
    /// Names and values for the task: `title`, `priority` from 1 to 5, `tags` joined by commas, `click`,
    /// `icon`, `attach`, and `actions`.
    pub fields: Vec<(&'static str, String)>,
}

/// Why a message is not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum Problem {
    #[error("the message was cut short, or came too slowly")]
    Broken,
    #[error("the body is no JSON of a message: {what}")]
    Json { what: String },
    #[error("the priority `{given}` is none: give 1 to 5, or min, low, default, high, max")]
    Priority { given: String },
    #[error("a header of the message is not UTF-8")]
    Header,
    #[error("messages are not held back: publish it when it is due")]
    Delay,
    #[error("nothing takes messages here with this token")]
    Forbidden,
    #[error("the message is too large")]
    TooLarge,
    #[error("too many messages are waiting")]
    TooMany,
    #[error("the host takes no messages now")]
    Unavailable,
}

impl Problem {
    /// The code of ntfy's own, whose first three digits are the status.
    #[must_use]
    pub fn code(&self) -> u32 {
        match self {
            Self::Broken => 40_000,
            Self::Json { .. } => 40_024,
            Self::Priority { .. } => 40_007,
            Self::Header => 40_001,
            Self::Delay => 40_002,
            Self::Forbidden => 40_301,
            Self::TooLarge => 41_301,
            Self::TooMany => 42_901,
            Self::Unavailable => 50_301,
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        u16::try_from(self.code() / 100).unwrap_or(500)
    }

    /// The answer's body.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({ "code": self.code(), "http": self.status(), "error": self.to_string() })
    }
}

/// A message as JSON has it. What is not known is passed over, as ntfy does.
#[derive(Deserialize)]
struct Message {
    topic: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    priority: Option<Value>,
    #[serde(default)]
    tags: Option<Vec<String>>,
    #[serde(default)]
    click: Option<String>,
    #[serde(default)]
    icon: Option<String>,
    #[serde(default)]
    attach: Option<String>,
    #[serde(default)]
    actions: Option<Value>,
    #[serde(default)]
    delay: Option<Value>,
}

impl Publication {
    /// A message whose body is its text, for a topic of the path.
    ///
    /// # Errors
    ///
    /// A header is not as it must be, or asks for what there is not.
    pub fn of_text(topic: &str, headers: &HeaderMap, body: Vec<u8>) -> Result<Self, Problem> {
        if DELAYS.iter().any(|name| headers.contains_key(*name)) {
            return Err(Problem::Delay);
        }
        let mut publication = Self {
            topic: topic.to_owned(),
            content: if body.is_empty() { NO_TEXT.into() } else { body },
            fields: Vec::new(),
        };
        publication.add_headers(headers)?;
        Ok(publication)
    }

    /// A message that is JSON, with its topic. Some senders give a part of it as headers.
    ///
    /// # Errors
    ///
    /// The body is no message, or asks for what there is not.
    pub fn of_json(headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        let message: Message = serde_json::from_slice(body)
            .map_err(|error| Problem::Json { what: error.to_string() })?;
        if message.delay.is_some() {
            return Err(Problem::Delay);
        }
        let text = message.message.filter(|text| !text.is_empty());
        let mut publication = Self {
            topic: message.topic,
            content: text.unwrap_or_else(|| NO_TEXT.to_owned()).into_bytes(),
            fields: Vec::new(),
        };
        let priority = match message.priority {
            Some(Value::String(word)) => Some(word),
            Some(Value::Null) | None => None,
            Some(number) => Some(number.to_string()),
        };
        let tags = message.tags.map(|tags| tags.join(",")).filter(|tags| !tags.is_empty());
        let actions = message.actions.map(|actions| actions.to_string());
        for (name, value) in [
            ("title", message.title),
            ("priority", priority.as_deref().map(level).transpose()?),
            ("tags", tags),
            ("click", message.click),
            ("icon", message.icon),
            ("attach", message.attach),
            ("actions", actions),
        ] {
            publication.fields.extend(value.map(|value| (name, value)));
        }
        publication.add_headers(headers)?;
        Ok(publication)
    }

    fn add_headers(&mut self, headers: &HeaderMap) -> Result<(), Problem> {
        for (name, aliases) in FIELDS {
            let Some(value) = aliases.iter().find_map(|alias| headers.get(*alias)) else {
                continue;
            };
            let value = std::str::from_utf8(value.as_bytes()).map_err(|_| Problem::Header)?;
            let value = if name == "priority" { level(value)? } else { value.to_owned() };
            if !self.fields.iter().any(|(known, _)| *known == name) {
                self.fields.push((name, value));
            }
        }
        Ok(())
    }

    /// What the publisher is told.
    #[must_use]
    pub fn answer(&self, id: u64, now_ms: u64, expires_ms: u64) -> Value {
        let text = String::from_utf8_lossy(&self.content);
        let mut answer = json!({
            "id": format!("{id:012}"), "time": now_ms / 1_000, "expires": expires_ms / 1_000,
            "event": "message", "topic": self.topic, "message": text,
        });
        for (name, value) in &self.fields {
            answer[*name] = match *name {
                "priority" => json!(value.parse::<u8>().unwrap_or_default()),
                "tags" => json!(value.split(',').collect::<Vec<_>>()),
                _ => json!(value),
            };
        }
        answer
    }
}

/// A priority as a number from 1 to 5.
fn level(given: &str) -> Result<String, Problem> {
    let level = match given.trim().to_ascii_lowercase().as_str() {
        "1" | "min" => "1",
        "2" | "low" => "2",
        "3" | "default" => "3",
        "4" | "high" => "4",
        "5" | "max" | "urgent" => "5",
        _ => return Err(Problem::Priority { given: given.chars().take(20).collect() }),
    };
    Ok(level.to_owned())
}

/// The token of a publisher: `Authorization: Bearer`, or the password of `Basic`, whose name is
/// anybody's.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let rest = rest.trim();
    let pair = STANDARD.decode(rest).or_else(|_| STANDARD_NO_PAD.decode(rest)).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, http::HeaderValue::from_bytes(value.as_bytes()).expect("it is a value"))
            })
            .collect()
    }

    #[test]
    fn a_text_has_the_headers_of_its_message() {
        let headers = headers(&[
            ("x-title", "Backups"),
            ("p", "high"),
            ("tags", "disk,ok"),
            ("x-other", "1"),
        ]);
        let published = Publication::of_text("ada", &headers, b"done".to_vec()).expect("it is one");
        assert_eq!(published.content, b"done");
        let fields = [("title", "Backups"), ("priority", "4"), ("tags", "disk,ok")];
        assert_eq!(published.fields, fields.map(|(name, value)| (name, value.to_owned())));
        let answer = published.answer(17, 5_000, 9_000);
        assert_eq!(answer["id"], "000000000017");
        assert_eq!(answer["tags"], json!(["disk", "ok"]));
        assert_eq!(answer["priority"], 4);
    }

    #[test]
    fn json_names_its_topic_and_wins_over_headers() {
        let headers = headers(&[("x-priority", "5"), ("x-title", "other")]);
        let body =
            br#"{"topic":"ada","title":"Backups","message":"d\u00f6ne","actions":[{"a":1}]}"#;
        let published = Publication::of_json(&headers, body).expect("it is one");
        assert_eq!(
            (published.topic.as_str(), published.content.as_slice()),
            ("ada", "döne".as_bytes())
        );
        let fields = [("title", "Backups"), ("actions", r#"[{"a":1}]"#), ("priority", "5")];
        assert_eq!(published.fields, fields.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn a_message_without_text_says_that_it_was_triggered() {
        let published = Publication::of_text("ada", &HeaderMap::new(), Vec::new());
        assert_eq!(published.expect("it is one").content, b"triggered");
        let published = Publication::of_json(&HeaderMap::new(), br#"{"topic":"ada"}"#);
        assert_eq!(published.expect("it is one").content, b"triggered");
    }

    #[test]
    fn what_cannot_be_published_is_refused_with_the_code_of_ntfy() {
        let code = |headers: HeaderMap, body: &[u8]| {
            Publication::of_json(&headers, body).expect_err("it is none").code()
        };
        let none = HeaderMap::new;
        assert_eq!(code(none(), b"{"), 40_024);
        assert_eq!(code(none(), br#"{"message":"no topic"}"#), 40_024);
        assert_eq!(code(none(), br#"{"topic":"a","priority":9}"#), 40_007);
        assert_eq!(code(none(), br#"{"topic":"a","delay":"1h"}"#), 40_002);
        assert_eq!(
            code(headers(&[("x-title", "\u{e9}")]), br#"{"topic":"a","priority":"x"}"#),
            40_007
        );
        let delayed = Publication::of_text("a", &headers(&[("delay", "1h")]), Vec::new());
        assert_eq!(delayed.map_err(|problem| problem.status()), Err(400));
    }

    #[test]
    fn a_token_is_a_bearers_or_a_password() {
        let given = |value: &str| token(&headers(&[("authorization", value)]));
        assert_eq!(given("Bearer tk_1").as_deref(), Some("tk_1"));
        assert_eq!(given("bearer tk_1").as_deref(), Some("tk_1"));
        assert_eq!(given("Basic OnRrXzE=").as_deref(), Some("tk_1"));
        assert_eq!(given("Basic YWRhOnRrXzE").as_deref(), Some("tk_1"));
        for wrong in ["", "Bearer", "Basic !", "Digest x", "Basic YWRh"] {
            assert_eq!(given(wrong), None, "{wrong}");
        }
    }
}
