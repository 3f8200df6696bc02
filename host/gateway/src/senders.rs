//! The doors for what senders speak beside plain HTTP, one file a protocol.
//!
//! Each looks at a request by the rules of its protocol, makes a push of it, and answers in the words
//! that its senders know. Nothing is answered well before it is durable.

mod matrix;
mod ntfy;
mod plain;
mod web_push;
mod wns;

pub(crate) use plain::key_text;
pub(crate) use web_push::subscription;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use bugle::task::Timestamp;
use bugle::{Address, Channel, Destination, Error, Host, Protocol};
use bugle_protocols::web_push::{MessageNames, VerifiedTokens};
use serde_json::Value;

use crate::RETRY_AFTER;
use crate::push::{self, Incoming};
use crate::rates::{Limiter, Rates};

/// What all doors share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Senders(Arc<Shared>);

struct Shared {
    host: Host,
    /// Where senders find this host: `https://push.example.org`.
    origins: Vec<String>,
    /// Web Push senders use one token for many pushes.
    verified: VerifiedTokens,
    /// By which senders of Web Push know their messages.
    names: MessageNames,
    /// Of each channel, by the number of its address.
    rates: Option<Limiter<u32>>,
}

impl Senders {
    pub(crate) fn new(host: Host, origins: Vec<String>, rates: Rates) -> Self {
        let (verified, rates) = (VerifiedTokens::default(), rates.channel.map(Limiter::a_second));
        let names = MessageNames::new(&host.secret("messages of web push"));
        Self(Arc::new(Shared { host, origins, verified, names, rates }))
    }

    pub(crate) fn routes(self) -> Router {
        let senders = self.clone();
        let plain = push::routes(move |incoming: Incoming| {
            let senders = senders.clone();
            async move { plain::accept(&senders, incoming).await }
        });
        let others = Router::new()
            .route("/wns", any(wns::push))
            .route("/accesstoken.srf", any(wns::token))
            .route("/{tenant}/oauth2/v2.0/token", any(wns::tenant_token))
            .route("/wpush/{address}", any(web_push::push))
            .route("/message/{name}", any(web_push::message))
            .route("/receipt/{name}", any(web_push::receipt))
            .route("/_matrix/push/v1/notify", any(matrix::notify))
            .route("/", any(ntfy::publish_json))
            .route("/{topic}", any(ntfy::publish_text))
            .with_state(self);
        plain.merge(others).fallback(push::nothing)
    }

    /// Counts a push against its channel's rate, or says when there will be room.
    fn admit(&self, to: &Destination) -> Result<(), Duration> {
        self.0.rates.as_ref().map_or(Ok(()), |rates| rates.take(&to.generation()))
    }

    fn host(&self) -> &Host {
        &self.0.host
    }

    fn now(&self) -> Timestamp {
        self.host().clock().now()
    }

    /// What the text of an address leads to; none where nothing is, or cannot be looked up.
    fn destination(&self, address: &str) -> Result<Destination, Error> {
        let address: Address = address.parse()?;
        self.host().destination(&address)
    }
}

/// The path to which a channel's senders push; a secret, but for a topic's.
pub(crate) fn path(channel: &Channel) -> String {
    let address = channel.address().as_str();
    match channel.protocol() {
        Protocol::Plain | Protocol::Bearer | Protocol::Signed => format!("/push/{address}"),
        Protocol::Wns => format!("/wns?token={address}"),
        Protocol::WebPush { .. } => format!("/wpush/{address}"),
        Protocol::Topic { topic } => format!("/{topic}"),
    }
}

/// Why a push was not accepted, as every protocol has a word for it.
enum NotAccepted {
    NotFound,
    /// What the sender can mend.
    Wrong(String),
    TooLarge,
    TooMany(Duration),
    Unavailable(Duration),
}

impl From<Error> for NotAccepted {
    fn from(error: Error) -> Self {
        if let Error::QueueFull { retry_after, .. } = error {
            return Self::TooMany(retry_after);
        }
        match error.code() {
            "unknown-channel" => Self::NotFound,
            "content-too-large" => Self::TooLarge,
            "headers-too-large"
            | "content-empty"
            | "content-type-too-long"
            | "name-taken"
            | "usage" => Self::Wrong(error.to_string()),
            code => {
                // A full disk is told once, not with every push, which would fill it.
                if code != "disk-full" {
                    tracing::error!(code, %error, "a push was not accepted");
                }
                Self::Unavailable(RETRY_AFTER)
            }
        }
    }
}

pub(crate) fn respond(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// Says when to come again: in whole seconds, and never 0, which would be no pause.
pub(crate) fn retry_after(response: &mut Response, after: Duration) {
    let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
}

/// How the last part of a path reads.
fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
