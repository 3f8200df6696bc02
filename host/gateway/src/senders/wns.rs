//! Windows' push protocol: a token for the app's credentials, and notifications with it to the
//! channel's URI.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use bugle::task::{AppId, Scenario};
use bugle::{Destination, Error, Protocol, Push, Show, Toast};
use bugle_protocols::wns::{
    self, Device, Kind, Problem, Reply, Status, TokenKey, TokenProblem, badge, bearer,
    parse_token_request,
};

use super::{NotAccepted, Senders};
use crate::RETRY_AFTER;
use crate::body::{self, BodyProblem};
use crate::push::traced;
use crate::visitors::Misses;

/// Which software answers, for who reads what a sender has logged.
const TRACE: &str = "bugle";

/// Bytes of the form that asks for a token.
const FORM_BYTES_MAX: usize = 4 * 1024;

/// A toast says in 32 bits how long it stays.
const TOAST_AGE_MAX: Duration = Duration::from_millis(u32::MAX as u64);

pub(super) async fn token(State(senders): State<Senders>, request: Request) -> Response {
    if request.method() != Method::POST {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return response;
    }
    let (parts, body) = request.into_parts();
    let Ok(form) = body::read(&parts.headers, body, FORM_BYTES_MAX).await else {
        let problem = TokenProblem::InvalidRequest("the form did not come whole".into());
        return problem.answer().map(Body::from);
    };
    match give_token(&senders, &form) {
        Ok(answer) => answer.map(Body::from),
        Err(NoToken::Problem(problem)) => {
            let mut answer = problem.answer().map(Body::from);
            // A guess of credentials is one of an address's kind.
            answer.extensions_mut().insert(Misses(1));
            answer
        }
        Err(NoToken::Host(error)) => {
            tracing::error!(%error, code = error.code(), "credentials cannot be looked up");
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            super::retry_after(&mut response, RETRY_AFTER);
            response
        }
    }
}

/// Why no token is given.
enum NoToken {
    Problem(TokenProblem),
    /// It is not the sender's fault.
    Host(Error),
}

impl From<TokenProblem> for NoToken {
    fn from(problem: TokenProblem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Error> for NoToken {
    fn from(error: Error) -> Self {
        Self::Host(error)
    }
}

/// The newer form names a tenant in its path, of which a host has one.
pub(super) async fn tenant_token(senders: State<Senders>, request: Request) -> Response {
    token(senders, request).await
}

fn give_token(senders: &Senders, form: &[u8]) -> Result<axum::http::Response<String>, NoToken> {
    let asked = parse_token_request(form)?;
    let app = senders.host().app_of_credentials(&asked.client_id, &asked.client_secret)?;
    let app = app.ok_or(TokenProblem::InvalidClient)?;
    let (token, expires_in) = token_key(senders, &app)?.issue(&app, senders.now());
    Ok(asked.scope.answer(&token, expires_in))
}

/// Another key for each app, and for each of its credentials, so that tokens end with those.
fn token_key(senders: &Senders, app: &AppId) -> Result<TokenKey, Error> {
    let made = senders.host().credentials_made(app)?;
    Ok(TokenKey::new(senders.host().secret(&format!("wns tokens of {app}, {made}"))))
}

pub(super) async fn push(State(senders): State<Senders>, request: Request) -> Response {
    let correlation = wns::correlation(request.headers()).map(str::to_owned);
    let number = message_number(&senders);
    let reply = |device| Reply {
        message: number,
        trace: TRACE,
        correlation: correlation.as_deref(),
        device,
    };
    let answer = match take(&senders, request).await {
        Ok(Taken { status, wants_status, continue_after }) => {
            // A host is there, or it does not answer: nothing is kept for a device that is away.
            let device = wants_status.then_some(Device::Connected);
            reply(device).accepted(status, continue_after)
        }
        Err(problem) => reply(None).refused(&problem),
    };
    answer.map(|()| Body::empty())
}

/// What became of a notification.
struct Taken {
    status: Status,
    wants_status: bool,
    continue_after: Option<Duration>,
}

async fn take(senders: &Senders, request: Request) -> Result<Taken, Problem> {
    match *request.method() {
        Method::POST => {}
        Method::DELETE => return hide(senders, request).await,
        _ => return Err(Problem::MethodNotAllowed),
    }
    let (parts, body) = request.into_parts();
    let asked = wns::Request::parse(&parts.headers)?;
    let app = authorized(senders, &parts.headers)?;
    let body = read(&parts.headers, body).await?;
    // After the body, which may take its time: the channel may have been closed meanwhile.
    let destination = destination(senders, &parts, &app)?;
    let status = match asked.kind {
        Kind::Raw => raw(senders, &destination, &parts.headers, &asked, body).await?,
        Kind::Toast => match toast(&asked, &body) {
            Some(toast) => show(senders, &app, Show::Toast(Box::new(toast))).await?,
            None => Status::Dropped,
        },
        Kind::Badge => match badge(&body) {
            Ok(mark) => show(senders, &app, Show::Badge(mark)).await?,
            Err(error) => dropped(error.code()),
        },
        // There are no tiles: as a device that has none drops it.
        Kind::Tile => Status::Dropped,
    };
    let continue_after = Some(RETRY_AFTER).filter(|_| status == Status::ChannelThrottled);
    Ok(Taken { status, wants_status: asked.wants_status, continue_after })
}

/// Takes toasts away, as of a phone; what `DELETE` has of a body is not looked at.
async fn hide(senders: &Senders, request: Request) -> Result<Taken, Problem> {
    let (parts, _) = request.into_parts();
    let key = wns::matched(&parts.headers)?;
    let app = authorized(senders, &parts.headers)?;
    destination(senders, &parts, &app)?;
    let status = show(senders, &app, Show::Hide(key)).await?;
    Ok(Taken { status, wants_status: false, continue_after: None })
}

/// The app whose token a request has.
fn authorized(senders: &Senders, headers: &HeaderMap) -> Result<AppId, Problem> {
    let missing = || Problem::Unauthorized("there is no bearer token; ask for one first".into());
    let token = bearer(headers).ok_or_else(missing)?;
    let wrong = || Problem::from(wns::TokenError::Malformed);
    let app = TokenKey::claimed_app(token).ok_or_else(wrong)?;
    let key = token_key(senders, &app).map_err(|error| not_accepted(error.into()))?;
    Ok(key.verify(token, senders.now())?)
}

/// The channel that a request is for: open, of the app, and with room in its rate.
fn destination(senders: &Senders, parts: &Parts, app: &AppId) -> Result<Destination, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    let token = query.split('&').find_map(|pair| pair.strip_prefix("token="));
    let found = senders.destination(token.unwrap_or_default());
    let found = found.map_err(|error| not_accepted(error.into()))?;
    if *found.protocol() != Protocol::Wns {
        return Err(Problem::NotFound);
    }
    if found.channel().app != *app {
        return Err(Problem::Forbidden);
    }
    if found.expires_at() <= senders.now() {
        return Err(Problem::Gone);
    }
    senders.admit(&found).map_err(|retry_after| Problem::Throttled { retry_after })?;
    Ok(found)
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    match body::read(headers, body, wns::CONTENT_BYTES_MAX).await {
        Ok(body) if body.is_empty() => {
            Err(Problem::BadRequest("a notification has at least one byte".into()))
        }
        Ok(body) => Ok(body),
        Err(BodyProblem::TooLarge) => Err(Problem::TooLarge),
        Err(BodyProblem::TooSlow | BodyProblem::Broken) => {
            Err(Problem::BadRequest("the body did not come whole".into()))
        }
    }
}

async fn raw(
    senders: &Senders,
    destination: &Destination,
    headers: &HeaderMap,
    asked: &wns::Request,
    body: Vec<u8>,
) -> Result<Status, Problem> {
    let app = &destination.channel().app;
    let mut push = Push::new(body).sender(format!("ms-app://{app}"));
    let content_type = headers.get("content-type").and_then(|value| value.to_str().ok());
    if let Some(content_type) = content_type {
        push = push.content_type(content_type);
    }
    if let Some(ttl) = asked.ttl {
        push = push.ttl(ttl);
    }
    match senders.host().push_at(destination, traced(push, headers)).await {
        Ok(_) => Ok(Status::Received),
        Err(error) => Err(not_accepted(error.into())),
    }
}

/// The toast of a notification; none if it is none, which its sender is not told: the real service
/// leaves that to the device, too.
fn toast(asked: &wns::Request, body: &[u8]) -> Option<Toast> {
    let mut toast = match wns::toast(body) {
        Ok(toast) => toast,
        Err(error) => {
            dropped(error.code());
            return None;
        }
    };
    toast.tag.clone_from(&asked.tag);
    toast.group.clone_from(&asked.group);
    if asked.suppress_popup {
        toast.scenario = Scenario::Quiet;
    }
    let age = asked.ttl.map(|ttl| ttl.min(TOAST_AGE_MAX).as_millis());
    toast.expires_after_ms = age.and_then(|age| u32::try_from(age).ok());
    Some(toast)
}

async fn show(senders: &Senders, app: &AppId, show: Show) -> Result<Status, Problem> {
    let shown = async { senders.host().app(app)?.show(show).await }.await;
    match shown.map_err(NotAccepted::from) {
        Ok(true) => Ok(Status::Received),
        Ok(false) => Ok(Status::ChannelThrottled),
        Err(NotAccepted::Wrong(_)) => Ok(dropped("invalid")),
        Err(problem) => Err(not_accepted(problem)),
    }
}

/// What is wrong is told by its name: the message may quote what somebody sent.
fn dropped(code: &str) -> Status {
    tracing::info!(code, "a notification was dropped");
    Status::Dropped
}

fn not_accepted(problem: NotAccepted) -> Problem {
    match problem {
        NotAccepted::NotFound => Problem::NotFound,
        NotAccepted::Wrong(what) => Problem::BadRequest(what),
        NotAccepted::TooLarge => Problem::TooLarge,
        NotAccepted::TooMany(retry_after) => Problem::Throttled { retry_after },
        NotAccepted::Unavailable(retry_after) => Problem::Unavailable { retry_after },
    }
}

/// A number for the exchange, which the host does not keep.
fn message_number(senders: &Senders) -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // Not the same after a restart: the upper half is the time.
    let seconds = senders.now() / 1_000;
    (seconds << 32) | (NEXT.fetch_add(1, Ordering::Relaxed) & u64::from(u32::MAX))
}
