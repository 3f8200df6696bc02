//! A trace a push: accept, wait, run, commit, deliver.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use bugle::{
    Error, Host, Reader, RunLog, SinkCounts, ToastChange, ToastEvent, TraceContext, TraceId,
    TriggerId, plain,
};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::span::{Attribute, Event, Nanoseconds, Span, SpanId, Status};
use super::{resource, scope};

/// Runs, or events of a sink, that are read at a look and sent in one message: 250 a second, which takes
/// about a hundredth of a processor.
const AT_ONCE: usize = 50;

/// Runs that wait to be sent: forty seconds' worth. Of more, the oldest are left out.
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

/// Where the spans of a trigger belong.
#[derive(Debug, Clone, Copy)]
struct Place {
    trace: TraceId,
    accept: SpanId,
    is_sampled: bool,
}

/// How far it is.
#[derive(Debug)]
pub(super) struct Traces {
    /// The last run that was read.
    run: u64,
    /// The newest event at the start, and the last that was read of what each sink has had.
    newest_at_start: u64,
    events: BTreeMap<String, u64>,
    places: HashMap<TriggerId, Place>,
    /// The triggers of `places`, oldest first.
    order: VecDeque<TriggerId>,
    /// How many runs were left out since it was last said, and when that was.
    left_out: u64,
    said_at: Option<Instant>,
}

/// A message, and how far it is once it was sent.
pub(super) struct Batch {
    /// In JSON.
    pub(super) message: String,
    run: u64,
    events: BTreeMap<String, u64>,
}

impl Traces {
    /// Of what is committed from now on.
    pub(super) fn from_now(reader: &Reader) -> Result<Self, Error> {
        Ok(Self {
            run: reader.place_before(None, 0)?,
            newest_at_start: reader.newest_event()?,
            events: BTreeMap::new(),
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
        let mut delivered = self.delivered(host)?;
        self.leave_out(reader.place_before(None, 0)?);
        let runs = reader.runs_after(self.run, None, AT_ONCE)?;
        let mut spans: Vec<Span> = runs.iter().flat_map(|run| self.spans(run)).collect();
        let run = runs.last().map_or(self.run, |run| run.seq);
        let mut reached = self.events.clone();
        for (sink, events) in &mut delivered {
            if runs.len() == AT_ONCE {
                // What is of a run that is still to be read comes after it.
                let newest = runs.last().map_or(0, |run| run.summary.ended_at);
                let is_known = |event: &&ToastEvent| event.at < newest || self.is_known(event);
                let known = events.iter().take_while(is_known).count();
                events.truncate(known);
            }
            reached.extend(events.last().map(|event| (sink.clone(), event.seq)));
            spans.extend(events.iter().filter_map(|event| self.deliver(host, sink, event)));
        }
        if spans.is_empty() {
            // Nothing of these is recorded, or there are none.
            (self.run, self.events) = (run, reached);
            return Ok(None);
        }
        Ok(Some(Batch { message: message(&spans), run, events: reached }))
    }

    /// Leaves out what is too much to be sent.
    fn leave_out(&mut self, newest: u64) {
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
        self.run = batch.run;
        self.events.clone_from(&batch.events);
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

    /// Events that each sink has had since the last look: none waits for another that is down.
    fn delivered(&self, host: &Host) -> Result<Vec<(String, Vec<ToastEvent>)>, Error> {
        let reader = host.reader();
        let of_sink = |(sink, counts): (String, SinkCounts)| {
            let after = self.events.get(&sink).copied().unwrap_or(self.newest_at_start);
            let mut events = Vec::new();
            if counts.cursor > after {
                events = reader.events_after(after, AT_ONCE)?;
                events.retain(|event| event.seq <= counts.cursor);
            }
            Ok((sink, events))
        };
        host.counts().sinks.into_iter().map(of_sink).collect()
    }

    fn spans(&mut self, run: &RunLog) -> Vec<Span> {
        let trigger = run.summary.run.trigger;
        let sender = run.traceparent.as_deref().and_then(TraceContext::parse);
        let (place, is_new) = self.place(trigger, run, sender);
        if !place.is_sampled {
            return Vec::new();
        }
        let mut spans = Vec::with_capacity(4);
        let (about, name) = (of(run), run.summary.run.to_string());
        let started = Nanoseconds::at(run.summary.started_at);
        let ran = started.after_us(run.wall_us);
        let committed = run.summary.ended_at.max(run.summary.started_at + run.wall_us / 1_000 + 1);
        let accepted = Nanoseconds::at(run.accepted_at.min(run.summary.started_at));
        if is_new {
            let at = Nanoseconds::at(run.accepted_at);
            let accept = span(place, place.accept, "accept", (at, at), about.clone());
            let parent_span_id = sender.map(|sender| SpanId(sender.parent));
            spans.push(Span { kind: CONSUMER, parent_span_id, ..accept });
        }
        let within = |what, times, about| {
            span(place, span_id(what, &name, run.accepted_at), what, times, about)
        };
        // Whose they are stands at the run, and at what was accepted.
        let whose = || vec![about[0].clone(), Attribute::text("bugle.run", name.as_str())];
        spans.push(within("wait", (accepted, started), whose()));
        let is_failed = run.summary.outcome != "completed";
        let status =
            is_failed.then(|| Status { code: FAILED, message: plain(&run.message).into_owned() });
        let events = lines(run);
        let ran_span = within("run", (started, ran), usage(run, &about));
        spans.push(Span { events, status, ..ran_span });
        spans.push(within("commit", (ran, Nanoseconds::at(committed)), whose()));
        spans
    }

    /// From the commit until a sink has it.
    fn deliver(&self, host: &Host, sink: &str, event: &ToastEvent) -> Option<Span> {
        let id = match &event.change {
            ToastChange::Show { id, .. } | ToastChange::Update { id, .. } => id,
            ToastChange::Hide { .. } | ToastChange::Badge { .. } => return None,
        };
        let place = self.places.get(&id.run.trigger).filter(|place| place.is_sampled)?;
        let at = host.delivered_at(sink, event.seq)?;
        let span_id = span_id("deliver", &format!("{} {sink}", event.seq), event.at);
        let times = (Nanoseconds::at(event.at), Nanoseconds::at(at.max(event.at)));
        let about = vec![
            Attribute::text("bugle.app", event.app_id.to_string()),
            Attribute::text("bugle.run", id.run.to_string()),
            Attribute::text("bugle.toast", id.to_string()),
            Attribute::text("bugle.sink", sink),
        ];
        Some(span(*place, span_id, "deliver", times, about))
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
        let place = Place {
            trace: TraceId::of(sender, &run.summary.app, trigger, run.accepted_at),
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

/// What takes spans to a receiver.
fn message(spans: &[Span]) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ScopeSpans<'a> {
        scope: Value,
        spans: &'a [Span],
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ResourceSpans<'a> {
        resource: Value,
        scope_spans: [ScopeSpans<'a>; 1],
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Request<'a> {
        resource_spans: [ResourceSpans<'a>; 1],
    }
    let scope_spans = [ScopeSpans { scope: scope(), spans }];
    let resource_spans = [ResourceSpans { resource: resource(), scope_spans }];
    // Only a map whose keys are not text can fail, and there is none.
    serde_json::to_string(&Request { resource_spans }).unwrap_or_default()
}

fn span(
    place: Place,
    span_id: SpanId,
    name: &'static str,
    (start_time_unix_nano, end_time_unix_nano): (Nanoseconds, Nanoseconds),
    attributes: Vec<Attribute>,
) -> Span {
    Span {
        trace_id: place.trace,
        span_id,
        parent_span_id: Some(place.accept),
        name,
        kind: INTERNAL,
        start_time_unix_nano,
        end_time_unix_nano,
        attributes,
        events: Vec::new(),
        status: None,
    }
}

/// Whose a span is: the ids are those of the log, and of `bugle runs`.
fn of(run: &RunLog) -> Vec<Attribute> {
    let summary = &run.summary;
    vec![
        Attribute::text("bugle.app", summary.app.to_string()),
        Attribute::text("bugle.task", summary.task.to_string()),
        Attribute::text("bugle.trigger", summary.run.trigger.to_string()),
        Attribute::text("bugle.trigger.kind", summary.trigger.as_str()),
        Attribute::text("bugle.run", summary.run.to_string()),
        Attribute::number("bugle.attempt", summary.attempt),
    ]
}

fn usage(run: &RunLog, about: &[Attribute]) -> Vec<Attribute> {
    let used = [
        Attribute::text("bugle.outcome", run.summary.outcome.as_str()),
        Attribute::number("bugle.fuel", run.usage.fuel),
        Attribute::number("bugle.memory_bytes", run.usage.memory_bytes),
    ];
    about.iter().cloned().chain(used).collect()
}

/// What the guest said, in its order: when it said it is not kept.
fn lines(run: &RunLog) -> Vec<Event> {
    let Nanoseconds(started) = Nanoseconds::at(run.summary.started_at);
    let line = |(at, line): (u128, &bugle::task::LogLine)| Event {
        time_unix_nano: Nanoseconds(started + at),
        name: "log",
        attributes: vec![
            Attribute::text("log.severity", line.level.as_str()),
            Attribute::text("log.message", plain(&line.message)),
        ],
    };
    (0..).zip(&run.log.lines).map(line).collect()
}

/// The same for the same span, whenever it is sent.
fn span_id(name: &str, of: &str, at: u64) -> SpanId {
    let digest = Sha256::digest(format!("{name} {of} {at}"));
    SpanId(std::array::from_fn(|byte| digest[byte]))
}
