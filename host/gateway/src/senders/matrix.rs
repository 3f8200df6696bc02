//! The push gateway of Matrix: a device's key is the address of a plain channel, or its whole URL.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use bugle::task::RawNotification;
use bugle::{Protocol, Push};
use bugle_protocols::matrix::{Notification, answer};
use serde_json::json;

use super::{NotAccepted, Senders, last_part, respond, retry_after};
use crate::body::{self, BodyProblem};
use crate::push::traced;
use crate::visitors::Misses;

/// Bytes of a notification: what an event may have (Matrix, "Size limits"); pushes have far less.
const BODY_BYTES_MAX: usize = 64 * 1024;

pub(super) async fn notify(State(senders): State<Senders>, request: Request) -> Response {
    match *request.method() {
        // What UnifiedPush asks a gateway for.
        Method::GET => {
            return respond(StatusCode::OK, &json!({ "unifiedpush": { "gateway": "matrix" } }));
        }
        Method::POST => {}
        _ => {
            let body =
                json!({ "errcode": "M_UNRECOGNIZED", "error": "a notification is a `POST`" });
            return respond(StatusCode::METHOD_NOT_ALLOWED, &body);
        }
    }
    let (parts, body) = request.into_parts();
    let body = match body::read(&parts.headers, body, BODY_BYTES_MAX).await {
        Ok(body) => body,
        Err(problem) => return not_read(problem),
    };
    let notification = match Notification::parse(&body) {
        Ok(notification) => notification,
        Err(problem) => return respond(StatusCode::BAD_REQUEST, &problem.body()),
    };
    let mut rejected = Vec::new();
    for pushkey in notification.pushkeys() {
        match push(&senders, &parts.headers, &notification, pushkey).await {
            Ok(()) => {}
            Err(NotAccepted::TooMany(after) | NotAccepted::Unavailable(after)) => {
                // The homeserver sends all of it again; what was taken already comes twice.
                let body = json!({ "errcode": "M_LIMIT_EXCEEDED", "error": "send it again later" });
                let mut response = respond(StatusCode::SERVICE_UNAVAILABLE, &body);
                retry_after(&mut response, after);
                response.extensions_mut().insert(Misses(rejected.len()));
                return response;
            }
            // A key that leads nowhere today will lead nowhere tomorrow.
            Err(NotAccepted::NotFound) => rejected.push(pushkey),
            Err(NotAccepted::Wrong(_) | NotAccepted::TooLarge) => {
                tracing::warn!("a notification of Matrix is too large, and was dropped");
            }
        }
    }
    let mut response = respond(StatusCode::OK, &answer(&rejected));
    response.extensions_mut().insert(Misses(rejected.len()));
    response
}

fn not_read(problem: BodyProblem) -> Response {
    let (status, errcode, error) = match problem {
        BodyProblem::TooLarge => {
            (StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE", "the notification is too large")
        }
        BodyProblem::TooSlow => {
            (StatusCode::REQUEST_TIMEOUT, "M_UNKNOWN", "the notification came too slowly")
        }
        BodyProblem::Broken => {
            (StatusCode::BAD_REQUEST, "M_NOT_JSON", "the notification did not come whole")
        }
    };
    respond(status, &json!({ "errcode": errcode, "error": error }))
}

async fn push(
    senders: &Senders,
    headers: &HeaderMap,
    notification: &Notification,
    pushkey: &str,
) -> Result<(), NotAccepted> {
    let destination = senders.destination(last_part(pushkey))?;
    if *destination.protocol() != Protocol::Plain {
        return Err(NotAccepted::NotFound);
    }
    senders.admit(&destination).map_err(NotAccepted::TooMany)?;
    let content = notification.content(pushkey, RawNotification::CONTENT_BYTES_MAX);
    let push = Push::new(content.ok_or(NotAccepted::TooLarge)?).content_type("application/json");
    let push = traced(push.sender("matrix"), headers);
    senders.host().push_at(&destination, push).await?;
    Ok(())
}
