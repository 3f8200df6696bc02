//! Telling pages that something has changed. What it is now they ask for.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use bugle::{AppId, Counts, Host, RunId};
use tokio::sync::mpsc;

use super::{Management, with};
use crate::STREAM_PAUSE;
use crate::foreground::Events;

/// How often it is looked: quicker than anybody can tell, and four small reads a second for each page that
/// is seen.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// How soon a page is told again: where something changes all the time, nobody reads more than one page a
/// second, and each is some milliseconds of work.
const TELL_AGAIN: Duration = Duration::from_secs(1);

/// What pages show, as far as a change of it can be told.
#[derive(PartialEq)]
struct Seen {
    counts: Counts,
    newest_event: u64,
    running: Vec<(AppId, RunId)>,
}

fn look(host: &Host) -> Option<Seen> {
    let newest_event = host.reader().newest_event().ok()?;
    Some(Seen { counts: host.counts(), newest_event, running: host.running() })
}

pub(super) async fn events(State(management): State<Management>) -> Response {
    let (sender, events) = mpsc::channel(1);
    tokio::spawn(tell(management, sender));
    with(StatusCode::OK, "text/event-stream", Body::new(Events(events)))
}

/// Tells a page until it is gone, or the door closes.
async fn tell(management: Management, sender: mpsc::Sender<Bytes>) {
    let mut closed = management.closed.clone();
    let mut seen = None;
    let mut silent = Duration::ZERO;
    let mut pause = LOOK_AGAIN;
    // At once, so that the page knows that it is listened to; and how soon to come again if this ends.
    let mut text = Some("retry: 1000\n\n");
    loop {
        if let Some(text) = text.take() {
            silent = Duration::ZERO;
            let sent = tokio::time::timeout(
                STREAM_PAUSE,
                sender.send(Bytes::from_static(text.as_bytes())),
            );
            // It is gone, or does not read.
            if !matches!(sent.await, Ok(Ok(()))) {
                return;
            }
        }
        tokio::select! {
            _ = closed.wait_for(|is_closed| *is_closed) => return,
            () = sender.closed() => return,
            () = tokio::time::sleep(pause) => silent += pause,
        }
        pause = LOOK_AGAIN;
        let host = management.host.clone();
        let now = tokio::task::spawn_blocking(move || look(&host)).await.ok().flatten();
        if now.is_some() && now != seen {
            // What it was at first the page has asked for itself, perhaps a little earlier.
            text = Some("data: changed\n\n");
            (seen, pause) = (now, TELL_AGAIN);
        } else if silent >= STREAM_PAUSE {
            text = Some(":\n\n");
        }
    }
}
