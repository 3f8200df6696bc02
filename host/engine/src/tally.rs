//! What a host has done since it began, counted as it goes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bugle_store::RunRecord;
use bugle_task::{Timestamp, TriggerKind};

/// The bounds of a [`Spread`], in seconds: from the quickest run to the longest that may be, each 2 to 5
/// times the one before.
pub const BOUNDS: [f64; 14] =
    [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Counts that only go up; they begin at 0 with the host. Their labels are few, whatever apps there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// Triggers that were made durable, by kind.
    pub accepted: BTreeMap<TriggerKind, u64>,
    /// Runs whose end is durable, by the code of their outcome.
    pub runs: BTreeMap<&'static str, u64>,
    /// How long those took, by the clock on the wall.
    pub run_time: Spread,
    /// How long their triggers had waited since they were accepted, to the millisecond.
    pub wait_time: Spread,
    /// Their fuel.
    pub fuel: u64,
    /// Their processor time.
    pub cpu: Duration,
    /// What each sink was told of toasts and badges.
    pub sinks: BTreeMap<String, SinkCounts>,
}

/// What a sink was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SinkCounts {
    /// Events that it took.
    pub delivered: u64,
    /// Times that it could not take one.
    pub failures: u64,
    /// Events that went before it took them: they are not kept for longer than a week.
    pub lost: u64,
    /// The newest event that it has.
    pub cursor: u64,
}

/// How often something took how long.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spread {
    /// How many were within each of [`BOUNDS`] and above the one before; the last are above all.
    pub within: [u64; BOUNDS.len() + 1],
    /// All of them together.
    pub sum: Duration,
}

impl Spread {
    fn add(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        let place = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.within[place] += 1;
        self.sum += time;
    }
}

/// Deliveries of a sink that are remembered: some seconds of a host that shows much.
const DELIVERIES_MAX: usize = 4_096;

/// Counts that the store's writer and the sinks' threads add to. None of them stands back, so that nobody
/// holds a lock for longer than it takes.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: Mutex<Counts>,
    /// When each sink had which events, oldest first.
    deliveries: Mutex<BTreeMap<String, VecDeque<(u64, Timestamp)>>>,
    /// Sinks of which it was said that they lose events, and the newest event that each had then.
    said: Mutex<BTreeMap<String, u64>>,
}

impl Tally {
    fn with<T>(&self, count: impl FnOnce(&mut Counts) -> T) -> T {
        count(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When a sink had an event, if it has it, and had it lately.
    pub(crate) fn delivered_at(&self, sink: &str, event: u64) -> Option<Timestamp> {
        let all = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        let of_sink = all.get(sink)?;
        let place = of_sink.binary_search_by_key(&event, |(event, _)| *event).ok()?;
        of_sink.get(place).map(|(_, at)| *at)
    }

    pub(crate) fn accepted(&self, kind: TriggerKind) {
        self.with(|counts| *counts.accepted.entry(kind).or_default() += 1);
    }

    pub(crate) fn ran(&self, run: Ran) {
        self.with(|counts| {
            *counts.runs.entry(run.outcome).or_default() += 1;
            counts.run_time.add(run.wall);
            counts.wait_time.add(run.wait);
            counts.fuel += run.fuel;
            counts.cpu += run.cpu;
        });
    }

    /// A sink begins, or begins again, with all events up to one.
    pub(crate) fn sink_has(&self, sink: &str, cursor: u64) {
        {
            let mut all = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
            let is_kept = |(event, _): &(u64, Timestamp)| *event <= cursor;
            all.entry(sink.to_owned()).or_default().retain(is_kept);
        }
        self.with(|counts| counts.sinks.entry(sink.to_owned()).or_default().cursor = cursor);
    }

    /// A sink has an event.
    pub(crate) fn delivered(&self, sink: &str, event: u64, now: Timestamp) {
        {
            let mut all = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
            let of_sink = all.entry(sink.to_owned()).or_default();
            if of_sink.len() >= DELIVERIES_MAX {
                of_sink.pop_front();
            }
            of_sink.push_back((event, now));
        }
        self.with(|counts| {
            if let Some(sink) = counts.sinks.get_mut(sink) {
                sink.delivered += 1;
                sink.cursor = event;
            }
        });
    }

    pub(crate) fn not_delivered(&self, sink: &str) {
        self.with(|counts| {
            if let Some(sink) = counts.sinks.get_mut(sink) {
                sink.failures += 1;
            }
        });
    }

    /// Events went that a sink has not had. Whether that is to be said: once, until it has had others. What
    /// a sink had that this host has no more is missed by nobody.
    pub(crate) fn lost(&self, sink: &str, events: u64) -> bool {
        let cursor = self.with(|counts| {
            let sink = counts.sinks.get_mut(sink)?;
            sink.lost += events;
            Some(sink.cursor)
        });
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        cursor.is_some_and(|cursor| said.insert(sink.to_owned(), cursor) != Some(cursor))
    }
}

/// What is counted of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ran {
    outcome: &'static str,
    is_completed: bool,
    wall: Duration,
    wait: Duration,
    fuel: u64,
    cpu: Duration,
}

impl Ran {
    pub(crate) fn outcome(self) -> &'static str {
        self.outcome
    }

    pub(crate) fn is_completed(self) -> bool {
        self.is_completed
    }

    pub(crate) fn of(record: &RunRecord, accepted_at: Timestamp) -> Self {
        let report = &record.report;
        Self {
            outcome: report.result.outcome.code(),
            is_completed: report.result.outcome.is_completed(),
            wall: Duration::from_micros(report.measured.wall_us),
            wait: Duration::from_millis(record.started_at.saturating_sub(accepted_at)),
            fuel: report.result.usage.fuel,
            cpu: Duration::from_micros(report.cpu_us()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_within_the_first_bound_that_it_does_not_exceed() {
        let mut spread = Spread::default();
        for us in [0, 200, 201, 30_000_000, 30_000_001] {
            spread.add(Duration::from_micros(us));
        }
        assert_eq!((spread.within[0], spread.within[1]), (2, 1));
        assert_eq!((spread.within[13], spread.within[14]), (1, 1));
        assert_eq!(spread.sum, Duration::from_micros(60_000_402));
    }
}
