//! Web Push: a channel is a push subscription, whose messages are decrypted before they are accepted.

use std::hash::{BuildHasher as _, RandomState};
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use bugle::task::TriggerId;
use bugle::{Channel, Destination, Host, Protocol, Push, TriggerState};
use bugle_protocols::web_push::{
    self, Message, Problem, SubscriptionKey, VapidError, decrypt, vapid,
};
use serde_json::{Value, json};

use super::{NotAccepted, Senders, last_part, respond};
use crate::body::{self, BodyProblem};
use crate::push::traced;

/// Bytes of a message that every push service takes (RFC 8030, section 7.2), and that this one takes at
/// the most.
const BODY_BYTES_MAX: usize = 4_096;

/// The keys of a channel's subscription, from its address's number: another subscription for each.
fn key(host: &Host, channel: &bugle::ChannelId, generation: u32) -> SubscriptionKey {
    SubscriptionKey::derive(&host.secret(&format!("web push to {channel}, {generation}")))
}

/// What a sender has to have to push to a channel.
pub(crate) fn subscription(host: &Host, channel: &Channel, endpoint: &str) -> Value {
    key(host, channel.id(), channel.generation()).subscription(endpoint)
}

pub(super) async fn push(State(senders): State<Senders>, request: Request) -> Response {
    if request.method() == Method::GET {
        // How a UnifiedPush server is told from others: the same for every address.
        return respond(StatusCode::OK, &json!({ "unifiedpush": { "version": 1 } }));
    }
    match take(&senders, request).await {
        Ok(response) => response,
        Err(problem) => refuse(&problem),
    }
}

fn refuse(problem: &Problem) -> Response {
    let mut response = respond(problem.status(), &problem.body());
    response.headers_mut().extend(problem.headers());
    response
}

impl From<NotAccepted> for Problem {
    fn from(problem: NotAccepted) -> Self {
        match problem {
            NotAccepted::NotFound => Self::NotFound,
            NotAccepted::Wrong(_) | NotAccepted::TooLarge => {
                Self::TooLarge { bytes_max: BODY_BYTES_MAX }
            }
            NotAccepted::TooMany(retry_after) => Self::TooMany { retry_after },
            NotAccepted::Unavailable(retry_after) => Self::Unavailable { retry_after },
        }
    }
}

async fn take(senders: &Senders, request: Request) -> Result<Response, Problem> {
    if request.method() != Method::POST {
        return Err(Problem::MethodNotAllowed { allow: "POST, GET" });
    }
    let (parts, body) = request.into_parts();
    let body = match body::read(&parts.headers, body, BODY_BYTES_MAX).await {
        Ok(body) => body,
        Err(BodyProblem::TooLarge) => {
            return Err(Problem::TooLarge { bytes_max: BODY_BYTES_MAX });
        }
        Err(BodyProblem::TooSlow | BodyProblem::Broken) => return Err(Problem::BodyBroken),
    };
    // After the body, which may take its time: the channel may have been closed meanwhile.
    let destination = destination(senders, &parts)?;
    let asked = web_push::Request::parse(&parts.headers, !body.is_empty())?;
    let sender = sender(senders, &destination, &parts)?;
    senders.admit(&destination).map_err(|retry_after| Problem::TooMany { retry_after })?;
    let Some(content) = content(senders, &destination, &asked, &body) else {
        // A push service cannot read what it delivers, so a sender expects no answer that says so: its
        // message is taken, and comes to nothing.
        return Ok(created(senders, None, &asked));
    };
    let mut push = if content.is_empty() { Push::empty() } else { Push::new(content) };
    push = push.ttl(asked.ttl).header("urgency", asked.urgency.as_str());
    if let Some(topic) = &asked.topic {
        push = push.topic(topic).header("topic", topic.as_str());
    }
    let push = push.sender(sender.unwrap_or_else(|| "web push".to_owned()));
    let push = traced(push, &parts.headers);
    let pushed = senders.host().push_at(&destination, push).await;
    let receipt = pushed.map_err(NotAccepted::from)?;
    Ok(created(senders, Some(receipt.id()), &asked))
}

fn destination(senders: &Senders, parts: &Parts) -> Result<Destination, Problem> {
    let found = senders.destination(last_part(parts.uri.path())).map_err(NotAccepted::from)?;
    if !matches!(found.protocol(), Protocol::WebPush { .. }) {
        return Err(Problem::NotFound);
    }
    if found.expires_at() <= senders.now() {
        return Err(Problem::Gone);
    }
    Ok(found)
}

/// Who sends, by its VAPID token. A channel that is bound to a key takes pushes of that key only; one
/// that is not takes those without a token too, but none with a wrong one.
fn sender(
    senders: &Senders,
    destination: &Destination,
    parts: &Parts,
) -> Result<Option<String>, Problem> {
    let bound = match destination.protocol() {
        Protocol::WebPush { sender_key } => sender_key.as_ref(),
        _ => None,
    };
    let Some(claim) = vapid::parse(&parts.headers)? else {
        return if bound.is_some() { Err(Problem::VapidMissing) } else { Ok(None) };
    };
    let now = senders.now();
    let credentials = senders.0.verified.verify(&claim, &senders.0.origins, now / 1_000)?;
    if bound.is_some_and(|key| key.0 != credentials.key) {
        return Err(VapidError::OtherKey.into());
    }
    Ok(credentials.subject)
}

/// What a message says; none if that cannot be read, which only the operator learns.
fn content(
    senders: &Senders,
    destination: &Destination,
    asked: &web_push::Request,
    body: &[u8],
) -> Option<Vec<u8>> {
    let Some(encoding) = &asked.encoding else { return Some(Vec::new()) };
    let key = key(senders.host(), destination.channel(), destination.generation());
    match decrypt(&key, encoding, body) {
        Ok(content) => Some(content),
        Err(error) => {
            let channel = destination.channel();
            tracing::warn!(%channel, code = error.code(), %error, "a message cannot be decrypted");
            None
        }
    }
}

/// 201 with the message's own address (RFC 8030, section 5), or 202 with that of its receipt too (5.1).
fn created(senders: &Senders, id: Option<TriggerId>, asked: &web_push::Request) -> Response {
    let mut response = Response::new(Body::empty());
    let message = id.map_or(Message::Nothing, |id| Message::Number(id.0));
    let name = senders.0.names.name(message, random());
    let headers = response.headers_mut();
    let text = |text: String| HeaderValue::from_str(&text).expect("names are plain ASCII");
    headers.insert(header::LOCATION, text(format!("/message/{name}")));
    headers.insert("ttl", HeaderValue::from(asked.ttl.as_secs()));
    if asked.wants_receipt {
        let link = format!("</receipt/{name}>; rel=\"urn:ietf:params:push:receipt\"");
        headers.insert(header::LINK, text(link));
        *response.status_mut() = StatusCode::ACCEPTED;
    } else {
        *response.status_mut() = StatusCode::CREATED;
    }
    response
}

/// What a name is of, if it is one that this host gave.
fn named(senders: &Senders, path: &str) -> Result<Message, Problem> {
    senders.0.names.message(last_part(path)).ok_or(Problem::NotFound)
}

/// `DELETE` takes a message back that still waits (RFC 8030, section 6.2 of its draft, 7 of the RFC).
pub(super) async fn message(State(senders): State<Senders>, request: Request) -> Response {
    if request.method() != Method::DELETE {
        return refuse(&Problem::MethodNotAllowed { allow: "DELETE" });
    }
    let id = match named(&senders, request.uri().path()) {
        Ok(Message::Number(number)) => TriggerId(number),
        // As of one that was delivered.
        Ok(Message::Nothing) => return refuse(&Problem::Gone),
        Err(problem) => return refuse(&problem),
    };
    match senders.host().withdraw(id).await {
        Ok(true) => empty(StatusCode::NO_CONTENT),
        Ok(false) => refuse(&Problem::Gone),
        Err(error) => refuse(&NotAccepted::from(error).into()),
    }
}

/// `GET` tells what became of a message: 204 for one that was handled, 202 for one that waits, 410 for one
/// that was given up, 404 for one of which nothing is kept (RFC 8030, section 6.3; polled, since nobody
/// keeps HTTP/2 streams open for it).
pub(super) async fn receipt(State(senders): State<Senders>, request: Request) -> Response {
    if request.method() != Method::GET {
        return refuse(&Problem::MethodNotAllowed { allow: "GET" });
    }
    let id = match named(&senders, request.uri().path()) {
        Ok(Message::Number(number)) => TriggerId(number),
        // As of one that was delivered: what is in it a push service cannot know.
        Ok(Message::Nothing) => return empty(StatusCode::NO_CONTENT),
        Err(problem) => return refuse(&problem),
    };
    match senders.host().reader().trigger_state(id) {
        Ok(TriggerState::Completed) => empty(StatusCode::NO_CONTENT),
        Ok(TriggerState::Queued) => empty(StatusCode::ACCEPTED),
        Ok(TriggerState::Dead) => refuse(&Problem::Gone),
        // Taken, taken back, expired, or handled so long ago that nothing is kept of it.
        Ok(TriggerState::Gone) => refuse(&Problem::NotFound),
        Err(error) => refuse(&NotAccepted::from(error).into()),
    }
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Tells messages apart that came to nothing.
fn random() -> u64 {
    // What the standard library seeds its maps with, which is the system's.
    RandomState::new().hash_one(SystemTime::now())
}
