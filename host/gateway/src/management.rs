//! The management door: the dashboard, for who has been let in.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /enter?key=…` | takes a link's key, which is good once, and gives the browser a cookie for it |
//! | `GET /`, `/toasts`, `/apps`, `/apps/ID`, `/runs/ID`, `/dead`, `/send`, `/install` | pages |
//! | `GET /apps/ID/pictures/PATH` | a picture that the app brought along |
//! | `GET /runs/ID/case.toml` | the run as a case file |
//! | `GET /events` | server-sent events: something has changed |
//! | `POST /commands` | does what a page's form says, as JSON |
//! | `POST /uploads`, `PUT /uploads/ID/PATH`, `POST /uploads/ID/look`, `POST /uploads/ID/install` | an app that was dropped |
//!
//! It is on loopback only. Every request has to name this door as its host, and itself or nothing as its
//! origin; what changes anything comes as a request that no other site can send without being asked about it
//! first (Fetch, "CORS protocol"), and the door never says yes to that.

mod events;
mod forms;
mod guard;
mod links;
mod uploads;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post, put};
use bugle::{AppId, Host};
use bugle_dashboard::Page;
use serde::Deserialize;
use tokio::sync::watch;

use crate::Refusal;

pub(crate) use links::Links;
pub(crate) use uploads::clear as clear_uploads;

/// What the door's requests share. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Management {
    host: Host,
    door: SocketAddr,
    links: Arc<Links>,
    uploads: Arc<uploads::Uploads>,
    closed: watch::Receiver<bool>,
}

pub(crate) fn routes(
    host: Host,
    door: SocketAddr,
    links: Arc<Links>,
    closed: watch::Receiver<bool>,
) -> Router {
    let uploads = Arc::new(uploads::Uploads::of(&host));
    let state = Management { host, door, links, uploads, closed };
    Router::new()
        .route("/enter", get(guard::enter))
        .route("/assets/{name}", get(asset))
        .route("/", get(feed))
        .route("/toasts", get(|state| page(state, Page::LockScreen)))
        .route("/apps", get(apps))
        .route("/apps/{app}", get(app))
        .route("/apps/{app}/pictures/{*uri}", get(picture))
        .route("/runs/{run}", get(run))
        .route("/runs/{run}/case.toml", get(case_file))
        .route("/dead", get(|state| page(state, Page::Dead)))
        .route("/send", get(|state| page(state, Page::Send)))
        .route("/install", get(|state| page(state, Page::Install)))
        .route("/events", get(events::events))
        .route("/commands", post(forms::command))
        .route("/uploads", post(uploads::begin))
        .route("/uploads/{upload}/look", post(uploads::look))
        .route("/uploads/{upload}/install", post(uploads::install))
        .route("/uploads/{upload}/{*path}", put(uploads::write))
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(state.clone(), guard::guard))
        .with_state(state)
}

#[derive(Deserialize)]
struct FeedQuery {
    before: Option<u64>,
    #[serde(default)]
    app: String,
    failed: Option<String>,
}

async fn feed(state: State<Management>, Query(query): Query<FeedQuery>) -> Response {
    let app = if query.app.is_empty() { None } else { Some(query.app.parse::<AppId>()) };
    match app.transpose() {
        Ok(app) => {
            let only_failed = query.failed.is_some();
            page(state, Page::Feed { before: query.before, app, only_failed }).await
        }
        Err(error) => notice(StatusCode::NOT_FOUND, "There is no such app", &error.to_string()),
    }
}

#[derive(Deserialize)]
struct AppsQuery {
    #[serde(default)]
    text: String,
    #[serde(default)]
    after: String,
}

async fn apps(state: State<Management>, Query(query): Query<AppsQuery>) -> Response {
    page(state, Page::Apps { text: query.text, after: query.after }).await
}

async fn app(state: State<Management>, Path(app): Path<String>) -> Response {
    match app.parse() {
        Ok(app) => page(state, Page::App(app)).await,
        Err(_) => nothing().await,
    }
}

async fn run(state: State<Management>, Path(run): Path<String>) -> Response {
    match run.parse() {
        Ok(run) => page(state, Page::Run(run)).await,
        Err(_) => nothing().await,
    }
}

async fn page(State(management): State<Management>, page: Page) -> Response {
    let host = management.host;
    // It reads the store.
    match tokio::task::spawn_blocking(move || bugle_dashboard::render(&host, &page)).await {
        Ok(Ok(html)) => as_html(StatusCode::OK, html),
        Ok(Err(error)) => failed(error),
        Err(error) => notice(
            StatusCode::INTERNAL_SERVER_ERROR,
            "This page could not be made",
            &error.to_string(),
        ),
    }
}

async fn case_file(State(management): State<Management>, Path(run): Path<String>) -> Response {
    let Ok(run) = run.parse() else { return nothing().await };
    let host = management.host;
    match tokio::task::spawn_blocking(move || bugle_dashboard::case_file(&host, run)).await {
        Ok(Ok(text)) => with(StatusCode::OK, "application/toml", text),
        Ok(Err(error)) => failed(error),
        Err(_) => nothing().await,
    }
}

async fn picture(
    State(management): State<Management>,
    Path((app, uri)): Path<(String, String)>,
) -> Response {
    let (Ok(app), Some(kind)) = (app.parse::<AppId>(), bugle::picture_type(&uri)) else {
        return nothing().await;
    };
    let host = management.host;
    let read = move || std::fs::read(host.picture(&app, &uri)?).ok();
    match tokio::task::spawn_blocking(read).await {
        Ok(Some(bytes)) => with(StatusCode::OK, kind, bytes),
        _ => nothing().await,
    }
}

async fn asset(Path(name): Path<String>) -> Response {
    let found = bugle_dashboard::ASSETS.iter().find(|(asset, ..)| *asset == name);
    match found {
        Some((_, kind, bytes)) => with(StatusCode::OK, kind, *bytes),
        None => nothing().await,
    }
}

async fn nothing() -> Response {
    notice(StatusCode::NOT_FOUND, "There is no such page", "The menu has those that there are.")
}

fn failed(error: bugle::Error) -> Response {
    let refusal = Refusal::from(error);
    let status =
        if refusal.is_usage { StatusCode::NOT_FOUND } else { StatusCode::SERVICE_UNAVAILABLE };
    notice(status, "This cannot be shown", &refusal.message)
}

fn notice(status: StatusCode, title: &str, sentence: &str) -> Response {
    as_html(status, bugle_dashboard::notice(title, sentence))
}

fn as_html(status: StatusCode, html: String) -> Response {
    with(status, "text/html; charset=utf-8", html)
}

fn with(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
