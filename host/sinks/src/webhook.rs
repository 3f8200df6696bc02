use std::io;
use std::time::{Duration, Instant, SystemTime};

use bugle::{Sink, ToastChange, ToastEvent};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use crate::out::{agent, parse};
use crate::{SinkError, WebhookSecret};

/// The longest that a receiver may ask to be left alone by `Retry-After`: it is tried again then, whatever it
/// said.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// How often a receiver may say of one event that it is wrong (400, 413 or 422) before it is left out, so
/// that what comes after it does not wait for ever.
pub const REFUSALS_MAX: u32 = 10;

/// Where events are posted, and how.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// `https://…`, or `http://…` if private addresses are allowed.
    pub url: String,
    /// What they are signed with.
    pub secret: WebhookSecret,
    /// Whether it may be at an address that is not of the internet.
    pub allows_private: bool,
}

/// Posts every event to a webhook, as Standard Webhooks 1.0 has it: JSON, signed, under an id by which a
/// receiver knows a repeat, which is in `Idempotency-Key` too.
///
/// 2xx takes the event. Anything else, and no answer, has it come again.
#[derive(Debug)]
pub struct WebhookSink {
    name: String,
    url: String,
    secret: WebhookSecret,
    agent: Agent,
    /// The receiver asked to be left alone until then.
    rests_until: Option<Instant>,
    /// How often it refused which event.
    refused: (u64, u32),
}

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: &'a ToastEvent,
}

impl WebhookSink {
    /// A sink that posts to a webhook. Nothing is connected to yet.
    ///
    /// # Errors
    ///
    /// The URL is none that may be posted to.
    pub fn new(webhook: Webhook) -> Result<Self, SinkError> {
        let Webhook { url, secret, allows_private } = webhook;
        let parsed = parse(&url, allows_private)?;
        let agent = agent(allows_private);
        // The path may be what lets one post there: the name says the host, and tells two of one host apart.
        let host = parsed.authority().map_or("", |authority| authority.as_str());
        let name = format!("webhook={host}#{}", hex(&Sha256::digest(&url)[..4]));
        Ok(Self { name, url, secret, agent, rests_until: None, refused: (0, 0) })
    }

    fn post(&self, event: &ToastEvent) -> Result<Response<Body>, ureq::Error> {
        let body = serde_json::to_vec(&Message {
            kind: kind(&event.change),
            timestamp: rfc3339(event.at),
            data: event,
        })
        .map_err(|error| ureq::Error::Other(error.into()))?;
        let id = id(event);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let seconds = now.as_secs();
        self.agent
            .post(&self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", format!("\"{id}\""))
            .header("webhook-id", &id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", self.secret.sign(&id, seconds, &body))
            .send(&body[..])
    }

    /// What an answer means for an event.
    fn judge(&mut self, event: &ToastEvent, answer: &Response<Body>) -> io::Result<()> {
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        self.rests_until = retry_after(answer).map(|pause| Instant::now() + pause);
        if matches!(
            status,
            StatusCode::BAD_REQUEST
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNPROCESSABLE_ENTITY
        ) {
            let times = if self.refused.0 == event.seq { self.refused.1 + 1 } else { 1 };
            self.refused = (event.seq, times);
            if times >= REFUSALS_MAX {
                tracing::error!(
                    sink = self.name,
                    event = id(event),
                    %status,
                    "a webhook's receiver refused an event {times} times; it is left out"
                );
                return Ok(());
            }
        }
        Err(io::Error::other(format!("the receiver answered {status}")))
    }
}

impl Sink for WebhookSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        if self.rests_until.is_some_and(|until| Instant::now() < until) {
            return Err(io::Error::other("the receiver asked to be left alone for a while"));
        }
        match self.post(event) {
            Ok(answer) => self.judge(event, &answer),
            Err(ureq::Error::Other(error)) => Err(io::Error::other(error.to_string())),
            Err(error) => Err(io::Error::other(error.to_string())),
        }
    }
}

/// The stable id of an event, by what never changes of it.
fn id(event: &ToastEvent) -> String {
    let ToastEvent { seq, app_id, at, change, .. } = event;
    let digest = Sha256::digest(format!("{app_id} {seq} {at} {}", kind(change)));
    format!("evt_{}", hex(&digest[..16]))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn kind(change: &ToastChange) -> &'static str {
    match change {
        ToastChange::Show { .. } => "toast.shown",
        ToastChange::Update { .. } => "toast.updated",
        ToastChange::Hide { .. } => "toast.hidden",
        ToastChange::Badge { .. } => "badge.changed",
    }
}

fn rfc3339(at: u64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000);
    let text = moment.ok().and_then(|moment| moment.format(&Rfc3339).ok());
    text.unwrap_or_else(|| format!("{at}"))
}

/// How long a receiver wants to be left alone, if it says so in seconds (RFC 9110, section 10.2.3).
fn retry_after(answer: &Response<Body>) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use bugle::task::Mark;

    use super::*;

    fn event(seq: u64) -> ToastEvent {
        let change = serde_json::json!({
            "seq": seq, "app": 1, "app-id": "com.example.mail", "at": 1_700_000_000_000_u64,
            "change": { "kind": "badge", "mark": Some(Mark::Number(3)) },
        });
        serde_json::from_value(change).expect("it is one")
    }

    fn answer(status: u16, retry_after: &str) -> Response<Body> {
        let body = Body::builder().data(Vec::new());
        let answer = Response::builder().status(status).header(header::RETRY_AFTER, retry_after);
        answer.body(body).expect("it is one")
    }

    fn sink() -> WebhookSink {
        let url = "https://hooks.example.org/services/T0/secret?token=x".to_owned();
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let secret = WebhookSecret::parse(secret).expect("it is one");
        WebhookSink::new(Webhook { url, secret, allows_private: false }).expect("it is one")
    }

    #[test]
    fn an_event_that_is_refused_often_is_left_out_and_no_other() {
        let mut sink = sink();
        for times in 1..REFUSALS_MAX {
            assert!(sink.judge(&event(7), &answer(422, "")).is_err(), "{times}");
        }
        // What says nothing of the event does not count.
        assert!(sink.judge(&event(7), &answer(503, "")).is_err());
        assert!(sink.judge(&event(7), &answer(422, "")).is_ok());
        assert!(sink.judge(&event(8), &answer(422, "")).is_err(), "another begins at one");
        assert!(sink.judge(&event(8), &answer(204, "")).is_ok());
    }

    #[test]
    fn a_receiver_is_left_alone_for_an_hour_at_most() {
        assert_eq!(retry_after(&answer(429, "7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&answer(429, "99999999999")), Some(RETRY_AFTER_MAX));
        assert_eq!(retry_after(&answer(429, "Fri, 31 Dec 1999 23:59:59 GMT")), None);
    }

    #[test]
    fn an_id_is_of_the_event_and_a_name_hides_the_path() {
        assert_eq!(id(&event(7)), id(&event(7)));
        assert_ne!(id(&event(7)), id(&event(8)));
        let sink = sink();
        let name = sink.name();
        assert!(
            name.starts_with("webhook=hooks.example.org#") && !name.contains("secret"),
            "{name}"
        );
        assert!(!format!("{:?}", sink.secret).contains("MfKQ"));
    }
}
