//! Matrix: the push gateway API (`POST /_matrix/push/v1/notify`, Push Gateway API, section
//! "Notify"). A homeserver sends what happened for some devices; each device's `pushkey` is the URL
//! of a channel.

use serde_json::{Map, Value, json};

/// The most devices of one notification: a homeserver sends one, or those of one person.
const DEVICES_MAX: usize = 64;

/// What happened, for some devices.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    fields: Map<String, Value>,
    devices: Vec<Value>,
}

/// Why a body is no notification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body is no notification of Matrix: {what}")]
pub struct Problem {
    what: String,
}

impl Problem {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }

    /// The answer's body, as Matrix has errors.
    #[must_use]
    pub fn body(&self) -> Value {
        json!({ "errcode": "M_BAD_JSON", "error": self.to_string() })
    }
}

impl Notification {
    /// Reads a notification.
    ///
    /// # Errors
    ///
    /// It is not as the API has it.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let body: Value =
            serde_json::from_slice(body).map_err(|error| Problem::new(error.to_string()))?;
        let Some(Value::Object(mut fields)) = body.get("notification").cloned() else {
            return Err(Problem::new("it has no object `notification`"));
        };
        let Some(Value::Array(devices)) = fields.remove("devices") else {
            return Err(Problem::new("it has no list `devices`"));
        };
        if devices.is_empty() || devices.len() > DEVICES_MAX {
            return Err(Problem::new(format!("it has not 1 to {DEVICES_MAX} devices")));
        }
        if !devices.iter().all(|device| device["pushkey"].is_string()) {
            return Err(Problem::new("a device has no text `pushkey`"));
        }
        Ok(Self { fields, devices })
    }

    /// The keys of its devices, in their order.
    pub fn pushkeys(&self) -> impl Iterator<Item = &str> {
        self.devices.iter().filter_map(|device| device["pushkey"].as_str())
    }

    /// What one device is told: the notification for it alone, in at most so many bytes. The event's
    /// content is left out if it does not fit, as a homeserver does that sends ids only; none if not even
    /// that helps.
    #[must_use]
    pub fn content(&self, pushkey: &str, bytes_max: usize) -> Option<Vec<u8>> {
        let mut fields = self.fields.clone();
        let is_its = |device: &&Value| device["pushkey"].as_str() == Some(pushkey);
        let devices: Vec<Value> = self.devices.iter().filter(is_its).cloned().collect();
        fields.insert("devices".to_owned(), Value::Array(devices));
        let whole = json!({ "notification": fields }).to_string().into_bytes();
        if whole.len() <= bytes_max {
            return Some(whole);
        }
        fields.remove("content");
        let less = json!({ "notification": fields }).to_string().into_bytes();
        Some(less).filter(|less| less.len() <= bytes_max)
    }
}

/// The answer: the keys that lead nowhere, which the homeserver then forgets.
#[must_use]
pub fn answer(rejected: &[&str]) -> Value {
    json!({ "rejected": rejected })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = br#"{"notification":{"event_id":"$1","content":{"body":"hello"},
        "devices":[{"app_id":"a","pushkey":"k1"},{"app_id":"a","pushkey":"k2"}]}}"#;

    #[test]
    fn each_device_is_told_of_itself_alone() {
        let both = Notification::parse(TWO).expect("it is one");
        assert_eq!(both.pushkeys().collect::<Vec<_>>(), ["k1", "k2"]);
        let content = both.content("k2", 5_000).expect("it fits");
        let content: Value = serde_json::from_slice(&content).expect("it is JSON");
        assert_eq!(content["notification"]["devices"][0]["pushkey"], "k2");
        assert_eq!(content["notification"]["devices"].as_array().map(Vec::len), Some(1));
        assert_eq!(content["notification"]["content"]["body"], "hello");
    }

    #[test]
    fn a_content_that_does_not_fit_is_left_out() {
        let both = Notification::parse(TWO).expect("it is one");
        let less = both.content("k1", 90).expect("it fits without");
        assert!(!String::from_utf8_lossy(&less).contains("hello"));
        assert_eq!(both.content("k1", 10), None);
    }

    #[test]
    fn what_is_no_notification_is_refused() {
        for body in [
            &b"{"[..],
            b"[]",
            br#"{"notification":[]}"#,
            br#"{"notification":{"devices":[]}}"#,
            br#"{"notification":{"devices":[{"pushkey":1}]}}"#,
        ] {
            let problem = Notification::parse(body).expect_err("it is none");
            assert_eq!(problem.body()["errcode"], "M_BAD_JSON");
        }
    }
}
