//! The doors for what senders speak beside plain HTTP, one file a protocol.
//!
//! Each looks at a request by the rules of its protocol, makes a push of it, and answers in the words
//! that its senders know. Nothing is answered well before it is durable.

mod matrix;
mod ntfy;
mod web_push;
mod wns;

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
use bugle_protocols::web_push::VerifiedTokens;
use serde_json::Value;

use crate::RETRY_AFTER;

/// What all doors share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Senders(Arc<Shared>);

struct Shared {
    host: Host,
    /// Where senders find this host: `https://push.example.org`.
    origins: Vec<String>,
    /// Web Push senders use one token for many pushes.
    verified: VerifiedTokens,
}

impl Senders {
    pub(crate) fn new(host: Host, origins: Vec<String>) -> Self {
        Self(Arc::new(Shared { host, origins, verified: VerifiedTokens::default() }))
    }

    pub(crate) fn routes(self) -> Router {
        Router::new()
            .route("/wns", any(wns::push))
            .route("/accesstoken.srf", any(wns::token))
            .route("/{tenant}/oauth2/v2.0/token", any(wns::tenant_token))
            .route("/wpush/{address}", any(web_push::push))
            .route("/message/{name}", any(web_push::message))
            .route("/receipt/{name}", any(web_push::receipt))
            .route("/_matrix/push/v1/notify", any(matrix::notify))
            .route("/", any(ntfy::publish_json))
            .route("/{topic}", any(ntfy::publish_text))
            .with_state(self)
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
        Protocol::Plain => format!("/push/{address}"),
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
            "headers-too-large" | "content-empty" | "content-type-too-long" | "usage" => {
                Self::Wrong(error.to_string())
            }
            code => {
                tracing::error!(code, %error, "a push was not accepted");
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
fn retry_after(response: &mut Response, after: Duration) {
    let seconds = after.as_secs().max(1);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
}

/// How the last part of a path reads.
fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
