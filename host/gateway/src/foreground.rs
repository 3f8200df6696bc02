//! The apps' door: an app in the foreground sees its pushes first, by an event stream.
//!
//! The app proves itself with its own credentials (HTTP Basic), and sees itself only.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /foreground` | server-sent events until the app goes away, or another takes its place |
//! | `POST /foreground/{trigger}/take` | 200 once it is durable that the push is the app's, and the task does not run; 409 if it was too late |
//! | `POST /foreground/{trigger}/pass` | the task has it at once: 200 |
//! | `POST /resume-work` | the work that tasks left for the app, which is then done |
//!
//! Events are `push` (offered for a second), `progress`, `committed` (with what the run did), `setting`
//! (changed by no task), `replaced`.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bugle::task::{AppId, TriggerId};
use bugle::{Foreground, ForegroundEvent, Host, Offer};
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::STREAM_PAUSE;
use crate::senders::respond;

/// Events that wait for a slow reader: those of a turn. Offers pass meanwhile, as to one that is silent.
const EVENTS_MAX: usize = 32;

/// The most offers of an app that can still be answered. Each is answered, or passed by itself, within a
/// second.
const OFFERS_MAX: usize = 256;

/// What the door's requests share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Apps {
    host: Host,
    offers: Arc<Mutex<HashMap<AppId, Offers>>>,
    closed: watch::Receiver<bool>,
}

type Offers = BTreeMap<TriggerId, Offer>;

/// The text of an event stream. Dropped with its connection, which its sender notices.
pub(crate) struct Events(pub(crate) mpsc::Receiver<Bytes>);

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|text| text.map(|text| Ok(Frame::data(text))))
    }
}

pub(crate) fn routes(host: Host, closed: watch::Receiver<bool>) -> Router {
    Router::new()
        .route("/foreground", get(stream))
        .route("/foreground/{trigger}/take", post(take))
        .route("/foreground/{trigger}/pass", post(pass))
        .route("/resume-work", post(resume_work))
        .with_state(Apps { host, offers: Arc::default(), closed })
}

impl Apps {
    /// The app whose credentials a request has.
    fn app(&self, headers: &HeaderMap) -> Result<AppId, Box<Response>> {
        let given = || {
            let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
            let (scheme, rest) = value.split_once(' ')?;
            let pair = STANDARD
                .decode(rest.trim())
                .ok()
                .filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
            let pair = String::from_utf8(pair).ok()?;
            // A client id has a colon of its own, a secret has none.
            let (client_id, secret) = pair.rsplit_once(':')?;
            self.host.app_of_credentials(client_id, secret).ok()?
        };
        given().ok_or_else(|| {
            let body = json!({ "error": "unauthorized", "message": "give the app's credentials" });
            let mut response = respond(StatusCode::UNAUTHORIZED, &body);
            let basic = HeaderValue::from_static("Basic realm=\"bugle\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
            Box::new(response)
        })
    }

    fn keep(&self, app: &AppId, offer: Offer) {
        let mut all = self.offers.lock().unwrap_or_else(PoisonError::into_inner);
        let offers = all.entry(app.clone()).or_default();
        if offers.len() >= OFFERS_MAX {
            offers.pop_first();
        }
        offers.insert(offer.id(), offer);
    }

    fn answered(&self, app: &AppId, trigger: TriggerId) -> Option<Offer> {
        let mut all = self.offers.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(app)?.remove(&trigger)
    }

    /// Passes all that the app was offered: it is gone.
    fn forget(&self, app: &AppId) {
        self.offers.lock().unwrap_or_else(PoisonError::into_inner).remove(app);
    }
}

async fn stream(State(apps): State<Apps>, headers: HeaderMap) -> Response {
    let app = match apps.app(&headers) {
        Ok(app) => app,
        Err(refused) => return *refused,
    };
    let foreground = match apps.host.app(&app) {
        Ok(app) => app.enter_foreground(),
        Err(error) => return host_failed(&error),
    };
    let (sender, events) = mpsc::channel(EVENTS_MAX);
    tokio::spawn(tell(apps, app, foreground, sender));
    let mut response = Response::new(Body::new(Events(events)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Tells an app what happens until it does not listen any more. Then it is not in the foreground.
async fn tell(apps: Apps, app: AppId, mut foreground: Foreground, sender: mpsc::Sender<Bytes>) {
    let mut closed = apps.closed.clone();
    // So that the app knows that it is in the foreground.
    let mut text = ": foreground\n\n".to_owned();
    loop {
        let sent = tokio::select! {
            () = until_closed(&mut closed) => break,
            sent = tokio::time::timeout(STREAM_PAUSE, sender.send(text.into())) => sent,
        };
        // It is gone, or does not read.
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
        let event = tokio::select! {
            () = until_closed(&mut closed) => break,
            // Its connection is gone.
            () = sender.closed() => break,
            event = tokio::time::timeout(STREAM_PAUSE, foreground.next()) => event,
        };
        text = match event {
            // Nothing to tell: whether somebody listens shows in the sending.
            Err(_) => ":\n\n".to_owned(),
            Ok(Some(event)) => told(&apps, &app, event),
            Ok(None) => {
                // Who took its place has the offers now.
                let _ = sender.send("event: replaced\ndata: {}\n\n".into()).await;
                return;
            }
        };
    }
    apps.forget(&app);
}

async fn until_closed(closed: &mut watch::Receiver<bool>) {
    // An error is doors that are gone, which closes them as well.
    let _ = closed.wait_for(|is_closed| *is_closed).await.map(drop);
}

/// An event as text.
fn told(apps: &Apps, app: &AppId, event: ForegroundEvent) -> String {
    let (name, data) = match event {
        ForegroundEvent::Push(offer) => {
            let mut data = json!(offer.push());
            data["trigger"] = json!(offer.id().to_string());
            apps.keep(app, offer);
            ("push", data)
        }
        ForegroundEvent::Progress { trigger, percent } => {
            ("progress", json!({ "trigger": trigger.to_string(), "percent": percent }))
        }
        ForegroundEvent::Committed { trigger, effects } => {
            drop(apps.answered(app, trigger));
            let mut data = json!(effects);
            data["trigger"] = json!(trigger.to_string());
            ("committed", data)
        }
        ForegroundEvent::Setting { path, value } => {
            ("setting", json!({ "path": path, "value": value }))
        }
        _ => return ":\n\n".to_owned(),
    };
    // JSON has no line feeds of its own.
    format!("event: {name}\ndata: {data}\n\n")
}

async fn take(
    State(apps): State<Apps>,
    Path(trigger): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&apps, &headers, &trigger, Offer::take).await
}

async fn pass(
    State(apps): State<Apps>,
    Path(trigger): Path<String>,
    headers: HeaderMap,
) -> Response {
    let passed = |offer: Offer| {
        offer.pass();
        std::future::ready(Ok(true))
    };
    answer(&apps, &headers, &trigger, passed).await
}

async fn answer<F: Future<Output = Result<bool, bugle::Error>>>(
    apps: &Apps,
    headers: &HeaderMap,
    trigger: &str,
    how: impl FnOnce(Offer) -> F,
) -> Response {
    let app = match apps.app(headers) {
        Ok(app) => app,
        Err(refused) => return *refused,
    };
    let offer = trigger.parse().ok().and_then(|trigger| apps.answered(&app, trigger));
    let has_it = match offer {
        Some(offer) => how(offer).await,
        None => Ok(false),
    };
    match has_it {
        Ok(true) => return respond(StatusCode::OK, &json!({ "trigger": trigger })),
        Ok(false) => {}
        Err(error) => return host_failed(&error),
    }
    let message = "it is not offered, or its second is over; the task has it";
    respond(StatusCode::CONFLICT, &json!({ "error": "too-late", "message": message }))
}

async fn resume_work(State(apps): State<Apps>, headers: HeaderMap) -> Response {
    let app = match apps.app(&headers) {
        Ok(app) => app,
        Err(refused) => return *refused,
    };
    let taken = async { apps.host.app(&app)?.take_resume_work().await }.await;
    match taken {
        Ok(work) => respond(StatusCode::OK, &json!({ "resume-work": work })),
        Err(error) => host_failed(&error),
    }
}

fn host_failed(error: &bugle::Error) -> Response {
    tracing::error!(%error, code = error.code(), "an app was not served");
    let body: Value = json!({ "error": error.code(), "message": "the host cannot do it now" });
    respond(StatusCode::SERVICE_UNAVAILABLE, &body)
}
