//! The push door: `POST /push/{address}` with raw bytes, answered with 201 once they are durable. One
//! that is sent again under the same name (`Idempotency-Key`) is answered as the first was.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use bugle::task::{RawNotification, TriggerId};
use bugle::{Address, Push, TraceContext};
use bugle_protocols::plain::{self, InvalidKey, ProofError};
use serde_json::json;

use crate::body::{self, BodyProblem};
use crate::{BODY_READ_TIMEOUT, RETRY_AFTER, senders};

/// The most bytes that a push may have.
const CONTENT_BYTES_MAX: usize = RawNotification::CONTENT_BYTES_MAX;

/// The start of the headers that are the task's; the rest of the name is what the task sees.
const TASK_HEADER_PREFIX: &str = "bugle-";

/// Names the trigger that a push became.
const TRIGGER_HEADER: HeaderName = HeaderName::from_static("bugle-trigger");

/// A push that came whole.
pub(crate) struct Incoming {
    pub(crate) address: Address,
    pub(crate) push: Push,
    /// What may prove who sent it.
    pub(crate) headers: HeaderMap,
}

/// The routes of the push door. `accept` makes a push durable.
pub(crate) fn routes<A, F>(accept: A) -> Router
where
    A: Fn(Incoming) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<TriggerId, Problem>> + Send + 'static,
{
    let push = move |request: Request| {
        let accept = accept.clone();
        async move { take(accept, request).await.unwrap_or_else(Problem::into_response) }
    };
    Router::new().route("/push/{address}", any(push))
}

/// What is answered where nothing is.
pub(crate) async fn nothing() -> Response {
    Problem::not_found().into_response()
}

/// Looks at the body before the address, so that the two tell nothing about each other.
async fn take<A, F>(accept: A, request: Request) -> Result<Response, Problem>
where
    A: Fn(Incoming) -> F,
    F: Future<Output = Result<TriggerId, Problem>>,
{
    if request.method() != Method::POST {
        return Err(Problem::method_not_allowed());
    }
    let (parts, body) = request.into_parts();
    let push = with_headers(Push::new(read(&parts.headers, body).await?), &parts.headers)?;
    // The path, not a decoded parameter of it: an address has no characters that need decoding.
    let address = parts.uri.path().strip_prefix("/push/").and_then(|text| text.parse().ok());
    let address = address.ok_or_else(Problem::not_found)?;
    let trigger = accept(Incoming { address, push, headers: parts.headers }).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::CREATED;
    let name = HeaderValue::from_str(&trigger.to_string()).expect("an id is plain ASCII");
    response.headers_mut().insert(TRIGGER_HEADER, name);
    Ok(response)
}

/// Reads a body that may not be empty.
async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let content = body::read(headers, body, CONTENT_BYTES_MAX).await?;
    if content.is_empty() {
        return Err(Problem::bad_request("content-empty", "a push has at least one byte"));
    }
    Ok(content)
}

impl From<BodyProblem> for Problem {
    fn from(problem: BodyProblem) -> Self {
        match problem {
            BodyProblem::TooLarge => Self::too_large(),
            BodyProblem::TooSlow => Self::too_slow(),
            BodyProblem::Broken => {
                Self::bad_request("content-broken", "the body ended before its end")
            }
        }
    }
}

fn with_headers(mut push: Push, headers: &HeaderMap) -> Result<Push, Problem> {
    if let Some(content_type) = headers.get(header::CONTENT_TYPE) {
        push = push.content_type(text(content_type)?);
    }
    if let Some(ttl) = headers.get("ttl") {
        let seconds = text(ttl)?.parse().map_err(|_| {
            Problem::bad_request("invalid-ttl", "`TTL` is a number of whole seconds, like `3600`")
        })?;
        push = push.ttl(Duration::from_secs(seconds));
    }
    if let Some(name) = plain::idempotency_key(headers)? {
        push = push.name(name);
    }
    for (name, value) in headers {
        if let Some(name) = name.as_str().strip_prefix(TASK_HEADER_PREFIX) {
            push = push.header(name, text(value)?);
        }
    }
    Ok(traced(push, headers))
}

/// Keeps the sender's trace with a push.
pub(crate) fn traced(push: Push, headers: &HeaderMap) -> Push {
    let value = headers.get(TraceContext::HEADER).and_then(|value| value.to_str().ok());
    match value {
        Some(value) => push.traceparent(value),
        None => push,
    }
}

fn text(value: &HeaderValue) -> Result<&str, Problem> {
    std::str::from_utf8(value.as_bytes())
        .map_err(|_| Problem::bad_request("invalid-header", "a header's value is not UTF-8"))
}

/// Why a push was not accepted, as its sender learns it.
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after: Option<Duration>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    fn bad_request(code: &'static str, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The one answer for every address that takes no push, whatever the reason.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "nothing takes pushes here")
    }

    fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "a push is a `POST`")
    }

    fn too_large() -> Self {
        let message = format!("a push has at most {CONTENT_BYTES_MAX} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "content-too-large", message)
    }

    fn too_slow() -> Self {
        let message = format!("the body took longer than {} s", BODY_READ_TIMEOUT.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, "content-too-slow", message)
    }

    /// Too many for a rate: a channel's, or a sender's.
    pub(crate) fn too_many(retry_after: Duration) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let problem = Self::new(status, "too-many-requests", "send fewer, and later");
        Self { retry_after: Some(retry_after), ..problem }
    }

    fn later(status: StatusCode, error: &bugle::Error, retry_after: Duration) -> Self {
        // What is wrong with the host is its operator's to know.
        let message = match status {
            StatusCode::TOO_MANY_REQUESTS => "too many pushes are waiting".to_owned(),
            _ => "the host takes no pushes now".to_owned(),
        };
        Self { retry_after: Some(retry_after), ..Self::new(status, error.code(), message) }
    }

    pub(crate) fn into_response(self) -> Response {
        let body = json!({ "error": self.code, "message": self.message }).to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer realm=\"bugle\"");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(after) = self.retry_after {
            senders::retry_after(&mut response, after);
        }
        response
    }
}

impl From<InvalidKey> for Problem {
    fn from(error: InvalidKey) -> Self {
        Self::bad_request(error.code(), &error.to_string())
    }
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        // Only a key has a scheme of HTTP's own, by which 401 asks for it (RFC 6750, section 3).
        let status = match error {
            ProofError::NoKey => StatusCode::UNAUTHORIZED,
            _ => StatusCode::FORBIDDEN,
        };
        Self::new(status, error.code(), error.to_string())
    }
}

impl From<bugle::Error> for Problem {
    fn from(error: bugle::Error) -> Self {
        if let bugle::Error::QueueFull { retry_after, .. } = error {
            return Self::later(StatusCode::TOO_MANY_REQUESTS, &error, retry_after);
        }
        match error.code() {
            "unknown-channel" => Self::not_found(),
            "content-too-large" => Self::too_large(),
            code @ "name-taken" => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.to_string())
            }
            "headers-too-large" => Self::new(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                error.code(),
                error.to_string(),
            ),
            // What the sender can mend, and nothing of the host's own troubles.
            code @ ("content-empty" | "content-type-too-long") => {
                Self::new(StatusCode::BAD_REQUEST, code, error.to_string())
            }
            code => {
                // A full disk is told once, not with every push, which would fill it.
                if code != "disk-full" {
                    tracing::error!(code, %error, "a push was not accepted");
                }
                Self::later(StatusCode::SERVICE_UNAVAILABLE, &error, RETRY_AFTER)
            }
        }
    }
}
