//! ntfy: messages for channels that are open as topics. The channel's address is the token.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use bugle::task::RawNotification;
use bugle::{Address, Destination, Push, Topic};
use bugle_protocols::ntfy::{Problem, Publication, token};

use super::{NotAccepted, Senders, last_part, respond, retry_after};
use crate::body::{self, BodyProblem};
use crate::push;

/// Bytes of a message as JSON: its text as a push may have it, each character at most as six (`\u00e9`),
/// and what else it has.
const JSON_BYTES_MAX: usize = 6 * RawNotification::CONTENT_BYTES_MAX + 8 * 1024;

/// For how long ntfy says that it keeps a message: 12 hours, its server's default. A host keeps it until
/// the task has had it.
const KEPT_MS: u64 = 12 * 60 * 60 * 1_000;

pub(super) async fn publish_text(State(senders): State<Senders>, request: Request) -> Response {
    if !is_publisher(&request) {
        return push::nothing().await;
    }
    let topic = last_part(request.uri().path()).to_owned();
    let published = async {
        let (headers, body) = read(request, RawNotification::CONTENT_BYTES_MAX).await?;
        publish(&senders, &headers, Publication::of_text(&topic, &headers, body)?).await
    };
    published.await.unwrap_or_else(|problem| refuse(&problem))
}

pub(super) async fn publish_json(State(senders): State<Senders>, request: Request) -> Response {
    if !is_publisher(&request) {
        return push::nothing().await;
    }
    let published = async {
        let (headers, body) = read(request, JSON_BYTES_MAX).await?;
        publish(&senders, &headers, Publication::of_json(&headers, &body)?).await
    };
    published.await.unwrap_or_else(|problem| refuse(&problem))
}

/// Whether a request is from who knows what ntfy is. Others find nothing here.
fn is_publisher(request: &Request) -> bool {
    matches!(*request.method(), Method::POST | Method::PUT) && token(request.headers()).is_some()
}

async fn read(request: Request, bytes_max: usize) -> Result<(HeaderMap, Vec<u8>), Problem> {
    let (parts, body) = request.into_parts();
    match body::read(&parts.headers, body, bytes_max).await {
        Ok(body) => Ok((parts.headers, body)),
        Err(BodyProblem::TooLarge) => Err(Problem::TooLarge),
        Err(BodyProblem::TooSlow | BodyProblem::Broken) => Err(Problem::Broken),
    }
}

async fn publish(
    senders: &Senders,
    headers: &HeaderMap,
    publication: Publication,
) -> Result<Response, Problem> {
    let destination = destination(senders, headers, &publication.topic)?;
    senders.admit(&destination).map_err(|_| Problem::TooMany)?;
    let mut push = Push::new(publication.content.clone()).content_type("text/plain");
    for (name, value) in &publication.fields {
        push = push.header(name, value.as_str());
    }
    let push = push::traced(push.sender("ntfy"), headers);
    let pushed = senders.host().push_at(&destination, push).await;
    let receipt = pushed.map_err(|error| match NotAccepted::from(error) {
        NotAccepted::NotFound => Problem::Forbidden,
        NotAccepted::TooLarge | NotAccepted::Wrong(_) => Problem::TooLarge,
        NotAccepted::TooMany(_) => Problem::TooMany,
        NotAccepted::Unavailable(_) => Problem::Unavailable,
    })?;
    let now = senders.now();
    let answer = publication.answer(receipt.id().0, now, now.saturating_add(KEPT_MS));
    Ok(respond(StatusCode::OK, &answer))
}

/// The channel of a topic, for who has its token. A topic that there is not and a token that is wrong
/// are answered alike.
fn destination(
    senders: &Senders,
    headers: &HeaderMap,
    topic: &str,
) -> Result<Destination, Problem> {
    let find = || {
        let topic: Topic = topic.parse().ok()?;
        let address: Address = token(headers)?.parse().ok()?;
        let by_token = senders.host().destination(&address).ok()?;
        let by_topic = senders.host().destination_of_topic(&topic).ok()?;
        Some(by_token).filter(|found| found.generation() == by_topic.generation())
    };
    find().ok_or(Problem::Forbidden)
}

fn refuse(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = respond(status, &problem.body());
    if matches!(problem, Problem::TooMany | Problem::Unavailable) {
        retry_after(&mut response, crate::RETRY_AFTER);
    }
    response
}
