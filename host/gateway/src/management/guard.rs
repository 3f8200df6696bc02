//! Who may ask: a browser that followed a link, and no page of another site in it.

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::Deserialize;

use super::{Management, as_html, notice};

/// Nothing but what the door itself has, and no script, style or frame in a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// On every answer.
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Media types that a page of another site cannot send unasked (Fetch, "CORS-safelisted request-header").
const NOT_SIMPLE: [&str; 2] = ["application/json", "application/octet-stream"];

#[derive(Deserialize)]
pub(super) struct EnterQuery {
    #[serde(default)]
    key: String,
}

/// Exchanges a link's key for a cookie.
pub(super) async fn enter(
    State(management): State<Management>,
    Query(EnterQuery { key }): Query<EnterQuery>,
) -> Response {
    let Some(visit) = management.links.enter(&key) else { return not_known() };
    let mut response = as_html(StatusCode::OK, bugle_dashboard::lead_on("/"));
    // Cookies are of a host's name, whatever the port: another door of this machine has a name of its own.
    let cookie = format!("{}={visit}; Path=/; HttpOnly; SameSite=Strict", cookie(&management));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn cookie(management: &Management) -> String {
    format!("bugle-{}", management.door.port())
}

/// Lets a request in, or says why not; and says on every answer what a browser may do with it.
pub(super) async fn guard(
    State(management): State<Management>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match refusal(&management, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refusal(management: &Management, request: &Request) -> Option<Response> {
    let headers = request.headers();
    let Some(host) = asked(request).filter(|host| is_own(management, host)) else {
        // A page may have given its own name this door's address.
        let why = "This door has another name: follow the link that the host printed.";
        return Some(notice(StatusCode::MISDIRECTED_REQUEST, "Not here", why));
    };
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let origin = text(headers, header::ORIGIN.as_str());
    let is_ours = origin.map(|origin| origin == format!("http://{host}"));
    if is_ours == Some(false) || (is_ours.is_none() && !is_reading) {
        let why = "Another site asked for it.";
        return Some(notice(StatusCode::FORBIDDEN, "Not for another site", why));
    }
    let kind = text(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    if !is_reading && !NOT_SIMPLE.contains(&kind) {
        let why = "What changes something comes as `application/json`.";
        return Some(notice(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not in this form", why));
    }
    let path = request.uri().path();
    // What is the same for everybody, and where one comes in.
    let is_open = path == "/enter" || path.starts_with("/assets/");
    (!is_open && !is_known(management, headers)).then(not_known)
}

fn not_known() -> Response {
    let why = "The link is good once. `bugle dashboard` prints another.";
    notice(StatusCode::UNAUTHORIZED, "Not signed in", why)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

/// What the request calls this door.
fn asked(request: &Request) -> Option<String> {
    let authority = request.uri().authority().map(axum::http::uri::Authority::as_str);
    let host = text(request.headers(), header::HOST.as_str());
    match (authority, host) {
        (Some(authority), Some(host)) if authority != host => None,
        (Some(name), _) | (None, Some(name)) => Some(name.to_ascii_lowercase()),
        (None, None) => None,
    }
}

fn is_own(management: &Management, host: &str) -> bool {
    let door = management.door;
    host == door.to_string() || host == format!("localhost:{}", door.port())
}

fn is_known(management: &Management, headers: &HeaderMap) -> bool {
    let name = cookie(management);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';'));
    pairs.any(|pair| {
        let pair = pair.trim().split_once('=');
        pair.is_some_and(|(given, key)| given == name && management.links.knows(key))
    })
}
