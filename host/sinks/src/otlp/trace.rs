//! A trace a push: accept, wait, run, commit, deliver.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use bugle::{Error, Host, Reader, RunLog, ToastChange, ToastEvent, TraceContext, TriggerId, plain};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{attribute, nanoseconds, resource, scope};

/// Runs, or events, that are read at a look and sent in one message: 500 a second, which takes some
/// hundredths of a processor.
const AT_ONCE: usize = 100;

/// Runs that wait to be sent: twenty seconds' worth. Of more, the oldest are left out.
const BACKLOG_MAX: u64 = 10_000;

/// How often it is said that runs were left out.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// Triggers that are remembered, for what comes later of them: another attempt, or a toast that was
/// delivered.
const REMEMBERED_MAX: usize = 4_096;

/// The kinds of spans (OTLP, `Span.SpanKind`).
const INTERNAL: u8 = 1;
const CONSUMER: u8 = 5;

/// Something went wrong (OTLP, `Status.StatusCode`).
const FAILED: u8 = 2;

type SpanId = [u8; 8];

/// Where the spans of a trigger belong.
#[derive(Debug, Clone, Copy)]
struct Place {
    trace: [u8; 16],
    accept: SpanId,
    is_sampled: bool,
}

/// How far it is.
#[derive(Debug)]
pub(super) struct Traces {
    /// The last run, and the last event, that were read.
    run: u64,
    event: u64,
    places: HashMap<TriggerId, Place>,
    /// The triggers of `places`, oldest first.
    order: VecDeque<TriggerId>,
    /// How many runs were left out since it was last said, and when that was.
    left_out: u64,
    said_at: Option<Instant>,
}

/// A message, and how far it is once it was sent.
pub(super) struct Batch {
    pub(super) message: Value,
    run: u64,
    event: u64,
}

impl Traces {
    /// Of what is committed from now on.
    pub(super) fn from_now(reader: &Reader) -> Result<Self, Error> {
        Ok(Self {
            run: reader.place_before(None, 0)?,
            event: reader.newest_event()?,
            places: HashMap::new(),
            order: VecDeque::new(),
            left_out: 0,
            said_at: None,
        })
    }

    /// What is new, if anything is.
    pub(super) fn next(&mut self, host: &Host) -> Result<Option<Batch>, Error> {
        let reader = host.reader();
        // Before the runs: an event is of a run that was kept with it.
        let mut events = self.delivered(host)?;
        self.leave_out(reader.place_before(None, 0)?);
        let runs = reader.runs_after(self.run, None, AT_ONCE)?;
        let mut spans: Vec<Value> = runs.iter().flat_map(|run| self.spans(run)).collect();
        let run = runs.last().map_or(self.run, |run| run.seq);
        if runs.len() == AT_ONCE {
            // What is of a run that is still to be read comes after it.
            let known = events.iter().take_while(|event| self.is_known(event)).count();
            events.truncate(known);
        }
        let event = events.last().map_or(self.event, |event| event.seq);
        let now = host.clock().now();
        spans.extend(events.iter().filter_map(|event| self.deliver(event, now)));
        if spans.is_empty() {
            // Nothing of these is recorded, or there are none.
            (self.run, self.event) = (run, event);
            return Ok(None);
        }
        let scope_spans = json!([{ "scope": scope(), "spans": spans }]);
        let resource_spans = [json!({ "resource": resource(), "scopeSpans": scope_spans })];
        Ok(Some(Batch { message: json!({ "resourceSpans": resource_spans }), run, event }))
    }

    /// Leaves out what is too much to be sent.
    fn leave_out(&mut self, newest: u64) {
        // With an app go its runs, and their places are given again.
        self.run = self.run.min(newest);
        let from = newest.saturating_sub(BACKLOG_MAX);
        if from > self.run {
            self.left_out += from - self.run;
            self.run = from;
        }
        let is_time = self.said_at.is_none_or(|said_at| said_at.elapsed() >= SAY_AGAIN);
        if self.left_out > 0 && is_time {
            tracing::warn!(
                runs = self.left_out,
                "more runs than can be sent as traces; some are left out"
            );
            (self.left_out, self.said_at) = (0, Some(Instant::now()));
        }
    }

    pub(super) fn sent(&mut self, batch: &Batch) {
        (self.run, self.event) = (batch.run, batch.event);
    }

    /// Whether an event is of a run that was read, or of none.
    fn is_known(&self, event: &ToastEvent) -> bool {
        match &event.change {
            ToastChange::Show { id, .. } | ToastChange::Update { id, .. } => {
                id.run.claim == 0 || self.places.contains_key(&id.run.trigger)
            }
            ToastChange::Hide { .. } | ToastChange::Badge { .. } => true,
        }
    }

    /// Events that every sink has had by now.
    fn delivered(&self, host: &Host) -> Result<Vec<ToastEvent>, Error> {
        let sinks = host.counts().sinks;
        let reached = sinks.values().map(|sink| sink.cursor).min().unwrap_or(u64::MAX);
        let mut events = host.reader().events_after(self.event, AT_ONCE)?;
        events.retain(|event| event.seq <= reached);
        Ok(events)
    }

    fn spans(&mut self, run: &RunLog) -> Vec<Value> {
        let trigger = run.summary.run.trigger;
        let sender = run.traceparent.as_deref().and_then(TraceContext::parse);
        let (place, is_new) = self.place(trigger, run, sender);
        if !place.is_sampled {
            return Vec::new();
        }
        let mut spans = Vec::with_capacity(4);
        if is_new {
            let at = nanoseconds(run.accepted_at, 0);
            let mut accept = span(place, place.accept, "accept", (&at, &at), &of(run));
            accept["kind"] = json!(CONSUMER);
            accept["parentSpanId"] =
                json!(sender.map(|sender| hex(&sender.parent)).unwrap_or_default());
            spans.push(accept);
        }
        let started = nanoseconds(run.summary.started_at, 0);
        let ran = nanoseconds(run.summary.started_at, run.wall_us);
        let committed = run.summary.ended_at.max(run.summary.started_at + run.wall_us / 1_000 + 1);
        let committed = nanoseconds(committed, 0);
        let accepted = nanoseconds(run.accepted_at.min(run.summary.started_at), 0);
        let id = |name: &str| span_id(name, &run.summary.run.to_string(), run.accepted_at);
        spans.push(span(place, id("wait"), "wait", (&accepted, &started), &of(run)));
        let mut ran_span = span(place, id("run"), "run", (&started, &ran), &usage(run));
        ran_span["events"] = json!(lines(run));
        if run.summary.outcome != "completed" {
            ran_span["status"] = json!({ "code": FAILED, "message": plain(&run.message) });
        }
        spans.push(ran_span);
        spans.push(span(place, id("commit"), "commit", (&ran, &committed), &of(run)));
        spans
    }

    /// From the commit until it was seen that every sink has it.
    fn deliver(&self, event: &ToastEvent, now: u64) -> Option<Value> {
        let id = match &event.change {
            ToastChange::Show { id, .. } | ToastChange::Update { id, .. } => id,
            ToastChange::Hide { .. } | ToastChange::Badge { .. } => return None,
        };
        let place = self.places.get(&id.run.trigger).filter(|place| place.is_sampled)?;
        let span_id = span_id("deliver", &event.seq.to_string(), event.at);
        let times = (nanoseconds(event.at, 0), nanoseconds(now.max(event.at), 0));
        let about = vec![
            attribute("bugle.app", event.app_id.to_string()),
            attribute("bugle.run", id.run.to_string()),
            attribute("bugle.toast", id.to_string()),
        ];
        Some(span(*place, span_id, "deliver", (&times.0, &times.1), &about))
    }

    /// The place of a trigger's spans, and whether nothing was said of it yet.
    fn place(
        &mut self,
        trigger: TriggerId,
        run: &RunLog,
        sender: Option<TraceContext>,
    ) -> (Place, bool) {
        if let Some(place) = self.places.get(&trigger) {
            return (*place, false);
        }
        let about = format!("{} {trigger} {}", run.summary.app, run.accepted_at);
        let own = Sha256::digest(&about);
        let place = Place {
            trace: sender.map_or_else(|| first(&own), |sender| sender.trace),
            accept: span_id("accept", &about, run.accepted_at),
            is_sampled: sender.is_none_or(|sender| sender.is_sampled),
        };
        if self.order.len() >= REMEMBERED_MAX {
            let oldest = self.order.pop_front();
            oldest.and_then(|oldest| self.places.remove(&oldest));
        }
        self.order.push_back(trigger);
        self.places.insert(trigger, place);
        (place, true)
    }
}

fn span(
    place: Place,
    id: SpanId,
    name: &str,
    (start, end): (&str, &str),
    attributes: &[Value],
) -> Value {
    json!({
        "traceId": hex(&place.trace),
        "spanId": hex(&id),
        "parentSpanId": hex(&place.accept),
        "name": name,
        "kind": INTERNAL,
        "startTimeUnixNano": start,
        "endTimeUnixNano": end,
        "attributes": attributes,
    })
}

/// Whose a span is: the ids are those of the log, and of `bugle runs`.
fn of(run: &RunLog) -> Vec<Value> {
    let summary = &run.summary;
    vec![
        attribute("bugle.app", summary.app.to_string()),
        attribute("bugle.task", summary.task.to_string()),
        attribute("bugle.trigger", summary.run.trigger.to_string()),
        attribute("bugle.trigger.kind", summary.trigger.as_str()),
        attribute("bugle.run", summary.run.to_string()),
        attribute("bugle.attempt", summary.attempt),
    ]
}

fn usage(run: &RunLog) -> Vec<Value> {
    let mut about = of(run);
    about.push(attribute("bugle.outcome", run.summary.outcome.as_str()));
    about.push(attribute("bugle.fuel", run.usage.fuel));
    about.push(attribute("bugle.memory_bytes", run.usage.memory_bytes));
    about
}

/// What the guest said, in its order: when it said it is not kept.
fn lines(run: &RunLog) -> Vec<Value> {
    let started = u128::from(run.summary.started_at) * 1_000_000;
    let line = |(at, line): (u128, &bugle::task::LogLine)| {
        json!({
            "timeUnixNano": (started + at).to_string(),
            "name": "log",
            "attributes": [
                attribute("log.severity", line.level.as_str()),
                attribute("log.message", plain(&line.message).as_ref()),
            ],
        })
    };
    (0..).zip(&run.log.lines).map(line).collect()
}

/// The same for the same span, whenever it is sent.
fn span_id(name: &str, of: &str, at: u64) -> SpanId {
    first(&Sha256::digest(format!("{name} {of} {at}")))
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    first.copy_from_slice(&bytes[..N]);
    first
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |text, byte| text + &format!("{byte:02x}"))
}
