//! Traces and numbers for the receivers that operators have: OTLP 1.x by HTTP, in JSON.
//!
//! A trace is made of what is committed: each kept run, once it is kept, becomes the spans of its push.
//! Nothing of it happens on the way of a push; a receiver that is down or slow has what it missed later, as
//! long as the runs are kept and the host is not started again.

mod numbers;
mod span;
mod trace;

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bugle::Host;
use serde_json::Value;
use ureq::Agent;
use ureq::http::StatusCode;

use crate::SinkError;
use crate::out::{agent, parse};

use numbers::Numbers;
use trace::{Batch, Traces};

/// How often it is looked for what is new.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// How often numbers are sent: half of what those who read them usually ask for.
const NUMBERS_EVERY: Duration = Duration::from_secs(10);

/// The pauses after a receiver's error.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Tells a receiver of what the host does, until it is stopped or dropped.
#[derive(Debug)]
pub struct Telemetry {
    /// Dropped, the thread looks once more and ends.
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Telemetry {
    /// Begins to tell the receiver at a URL, like `http://127.0.0.1:4318`, of runs that are committed from
    /// now on.
    ///
    /// # Errors
    ///
    /// The URL is none, the store cannot be read, or a thread cannot be started.
    pub fn start(host: Host, url: &str) -> Result<Self, SinkError> {
        // The operator's own receiver is mostly on this machine, or beside it.
        parse(url, true)?;
        let failed =
            |error: &dyn std::error::Error| SinkError::Telemetry { why: error.to_string() };
        let traces = Traces::from_now(host.reader()).map_err(|error| failed(&error))?;
        let (stop, stopped) = mpsc::channel();
        let exporter = Exporter {
            numbers: Numbers::since(host.clock().now()),
            url: url.trim_end_matches('/').to_owned(),
            agent: agent(true),
            numbers_at: Instant::now(),
            host,
            traces,
            unsent: None,
        };
        let thread = thread::Builder::new().name("bugle-otlp".to_owned());
        let thread = thread.spawn(move || exporter.run(&stopped));
        Ok(Self { stop, thread: thread.map_err(|error| failed(&error))? })
    }

    /// Tells the last of what was committed, and ends; waits for the answer under way, and two more.
    pub fn stop(self) {
        drop(self.stop);
        if self.thread.join().is_err() {
            tracing::error!("the thread that sends telemetry panicked");
        }
    }
}

struct Exporter {
    host: Host,
    url: String,
    agent: Agent,
    traces: Traces,
    /// What was made and not taken yet.
    unsent: Option<Batch>,
    numbers: Numbers,
    numbers_at: Instant,
}

impl Exporter {
    fn run(mut self, stopped: &Receiver<()>) {
        let (mut pause, mut failure) = (LOOK_AGAIN, None::<String>);
        loop {
            // Nothing is ever sent: it ends when the other end is dropped.
            let is_over = stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout);
            match self.step(is_over) {
                Ok(()) => {
                    pause = LOOK_AGAIN;
                    if failure.take().is_some() {
                        tracing::warn!("telemetry is sent again");
                    }
                }
                Err(error) => {
                    pause = (pause * 2).clamp(PAUSE_MIN, PAUSE_MAX);
                    let (why, pause_ms) = (error.to_string(), pause.as_millis());
                    // Each reason once, not at each try.
                    if failure.as_ref() == Some(&why) {
                        tracing::debug!(error = %why, pause_ms, "telemetry was not sent again");
                    } else {
                        tracing::warn!(error = %why, pause_ms, "telemetry was not sent; it is tried again");
                    }
                    failure = Some(why);
                }
            }
            if is_over {
                return;
            }
        }
    }

    /// Sends some of what is new, and numbers if it is time for them, or the last time.
    fn step(&mut self, is_over: bool) -> io::Result<()> {
        if self.unsent.is_none() {
            self.unsent = self.traces.next(&self.host).map_err(io::Error::other)?;
        }
        if let Some(batch) = &self.unsent {
            self.send("/v1/traces", &batch.message)?;
            self.traces.sent(batch);
            self.unsent = None;
        }
        if is_over || self.numbers_at.elapsed() >= NUMBERS_EVERY {
            let message = self.numbers.message(&self.host).map_err(io::Error::other)?;
            self.send("/v1/metrics", &message.to_string())?;
            self.numbers_at = Instant::now();
        }
        Ok(())
    }

    /// An error if it is to be sent again (OTLP 1.x, "Failures"). What is never taken is left out.
    fn send(&self, path: &str, message: &str) -> io::Result<()> {
        let request = self.agent.post(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json");
        let answer = request.send(message).map_err(io::Error::other)?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status @ (StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT) => {
                Err(io::Error::other(format!("the receiver answered {status}")))
            }
            status => {
                tracing::error!(%status, path, "a receiver refused telemetry; it is left out");
                Ok(())
            }
        }
    }
}

/// A name and a value, as OTLP has them.
fn attribute(key: &str, value: impl Into<Value>) -> Value {
    let value = match value.into() {
        Value::Number(number) => serde_json::json!({ "intValue": number.to_string() }),
        Value::String(text) => serde_json::json!({ "stringValue": text }),
        other => serde_json::json!({ "stringValue": other.to_string() }),
    };
    serde_json::json!({ "key": key, "value": value })
}

/// A moment in nanoseconds, as text: JSON's numbers are not exact there.
fn nanoseconds(ms: u64, us: u64) -> String {
    (u128::from(ms) * 1_000_000 + u128::from(us) * 1_000).to_string()
}

/// What all messages say of who sends them.
fn resource() -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let attributes = [attribute("service.name", "bugle"), attribute("service.version", version)];
    serde_json::json!({ "attributes": attributes })
}

fn scope() -> Value {
    serde_json::json!({ "name": "bugle", "version": env!("CARGO_PKG_VERSION") })
}
