//! Traces as they are sent, to a receiver that answers as the test says.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bugle_sinks::ANSWER_TIMEOUT;
use bugle_tests::program::{Daemon, Place};
use bugle_tests::puppet;
use serde_json::Value;

use crate::receiver::{Came, Receiver, Say};
use crate::{MAIL, place_with, place_with_mail, push};

const PUPPET: &str = "com.example.puppet/inbox";

fn serve(place: &Place, receiver: &Receiver) -> Result<Daemon> {
    let url = format!("http://{}", receiver.door);
    place.serve_with(&["--sink", "terminal", "--otlp", &url])
}

/// The next traces that come: numbers come between them.
fn next(receiver: &Receiver) -> Result<Came> {
    let start = Instant::now();
    loop {
        let came = receiver.next()?;
        if came.path == "/v1/traces" {
            return Ok(came);
        }
        ensure!(start.elapsed() < Duration::from_secs(60), "only numbers come");
    }
}

fn spans(came: &Came) -> Result<Vec<Value>> {
    let message: Value = serde_json::from_str(&came.body)?;
    let spans = message["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array();
    spans.cloned().context("there are spans")
}

fn named<'a>(spans: &'a [Value], name: &str) -> Vec<&'a Value> {
    spans.iter().filter(|span| span["name"] == name).collect()
}

/// Of which attempt a span is.
fn attempt(span: &Value) -> Option<&str> {
    let mut attributes = span["attributes"].as_array()?.iter();
    let attempt = attributes.find(|attribute| attribute["key"] == "bugle.attempt")?;
    attempt["value"]["intValue"].as_str()
}

#[test]
fn what_a_receiver_did_not_take_comes_again_and_holds_up_no_push() -> Result<()> {
    let place = place_with_mail()?;
    let receiver = Receiver::start([Say::Nonsense, Say::Status(503, ""), Say::Nothing])?;
    let _daemon = serve(&place, &receiver)?;
    push(&place, MAIL)?;
    let tries = [next(&receiver)?, next(&receiver)?, next(&receiver)?];
    // It waits for its answer now.
    let start = Instant::now();
    push(&place, &MAIL.replace('1', "2"))?;
    ensure!(start.elapsed() < ANSWER_TIMEOUT, "a push waits for the receiver");
    let taken = next(&receiver)?;
    ensure!(taken.body.contains("run-1.1"), "{taken:?}");
    ensure!(tries.iter().all(|came| came.body == taken.body), "{tries:?} {taken:?}");
    let pauses = [tries[1].at - tries[0].at, tries[2].at - tries[1].at];
    let least = [Duration::from_secs(1), Duration::from_secs(2)];
    ensure!(pauses[0] >= least[0] && pauses[1] >= least[1], "{pauses:?}");
    while !next(&receiver)?.body.contains("run-2.1") {}
    Ok(())
}

#[test]
fn a_push_that_is_tried_again_is_one_trace() -> Result<()> {
    let place = place_with(&puppet("com.example.puppet"), PUPPET)?;
    let receiver = Receiver::start([])?;
    let _daemon = serve(&place, &receiver)?;
    // It fails until its third attempt.
    place.bugle(["push", PUPPET, "again", "--wait"])?.good()?;
    let mut all: Vec<Value> = Vec::new();
    let is_last = |span: &Value| span["name"] == "run" && attempt(span) == Some("3");
    while !all.iter().any(is_last) {
        all.extend(spans(&next(&receiver)?)?);
    }
    let [accept] = named(&all, "accept")[..] else { bail!("it is accepted once: {all:?}") };
    let runs = named(&all, "run");
    let attempts: Vec<_> = runs.iter().map(|run| attempt(run)).collect();
    ensure!(attempts == [Some("1"), Some("2"), Some("3")], "{runs:?}");
    // Those that failed say so.
    let failed: Vec<bool> = runs.iter().map(|run| run["status"]["code"] == 2).collect();
    ensure!(failed == [true, true, false], "{runs:?}");
    ensure!(all.iter().all(|span| span["traceId"] == accept["traceId"]), "{all:?}");
    let mut others = all.iter().filter(|span| span["name"] != "accept");
    ensure!(others.all(|span| span["parentSpanId"] == accept["spanId"]), "{all:?}");
    Ok(())
}
