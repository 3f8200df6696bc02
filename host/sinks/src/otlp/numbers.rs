//! Numbers of the host: those of the metrics door, by the names that OTLP's conventions would have.

use bugle::{BOUNDS, Counts, Error, Host, Spread, Waiting};
use serde_json::{Value, json};

use super::{attribute, nanoseconds, resource, scope};

/// Counts are since the start (OTLP, `AggregationTemporality`).
const CUMULATIVE: u8 = 2;

/// What numbers are since.
#[derive(Debug)]
pub(super) struct Numbers {
    since: String,
}

impl Numbers {
    pub(super) fn since(now: u64) -> Self {
        Self { since: nanoseconds(now, 0) }
    }

    pub(super) fn message(&self, host: &Host) -> Result<Value, Error> {
        let (counts, queues) = (host.counts(), host.reader().queues()?);
        let at = Moment { since: &self.since, now: nanoseconds(host.clock().now(), 0) };
        let metrics = at.metrics(&counts, queues);
        let scope_metrics = json!([{ "scope": scope(), "metrics": metrics }]);
        let resource_metrics = json!({ "resource": resource(), "scopeMetrics": scope_metrics });
        Ok(json!({ "resourceMetrics": [resource_metrics] }))
    }
}

struct Moment<'a> {
    since: &'a str,
    now: String,
}

impl Moment<'_> {
    fn metrics(&self, counts: &Counts, queues: Waiting) -> Vec<Value> {
        let accepted = counts.accepted.iter().map(|(kind, count)| (kind.as_str(), *count));
        let runs = counts.runs.iter().map(|(outcome, count)| (*outcome, *count));
        let delivered = counts.sinks.iter().map(|(sink, seen)| (sink.as_str(), seen.delivered));
        let failures = counts.sinks.iter().map(|(sink, seen)| (sink.as_str(), seen.failures));
        let lost = counts.sinks.iter().map(|(sink, seen)| (sink.as_str(), seen.lost));
        let states =
            [("waiting", queues.waiting), ("claimed", queues.claimed), ("dead", queues.dead)];
        let nothing = [("", counts.fuel)];
        let cpu = u64::try_from(counts.cpu.as_micros()).unwrap_or(u64::MAX);
        vec![
            self.sum("bugle.triggers.accepted", "{trigger}", "kind", accepted),
            self.sum("bugle.runs", "{run}", "outcome", runs),
            self.spread("bugle.run.time", &counts.run_time),
            self.spread("bugle.wait.time", &counts.wait_time),
            self.sum("bugle.fuel", "{fuel}", "", nothing),
            self.sum("bugle.cpu.time", "us", "", [("", cpu)]),
            self.sum("bugle.events.delivered", "{event}", "sink", delivered),
            self.sum("bugle.delivery.failures", "{failure}", "sink", failures),
            self.sum("bugle.events.lost", "{event}", "sink", lost),
            self.gauge("bugle.triggers", "{trigger}", "state", states),
        ]
    }

    fn points<'a>(
        &self,
        label: &str,
        numbers: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Vec<Value> {
        let point = |(value, number): (&str, u64)| {
            let attributes =
                if label.is_empty() { Vec::new() } else { vec![attribute(label, value)] };
            json!({
                "attributes": attributes,
                "startTimeUnixNano": self.since,
                "timeUnixNano": self.now,
                "asInt": number.to_string(),
            })
        };
        numbers.into_iter().map(point).collect()
    }

    fn sum<'a>(
        &self,
        name: &str,
        unit: &str,
        label: &str,
        numbers: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Value {
        let points = self.points(label, numbers);
        let sum = json!({
            "dataPoints": points, "aggregationTemporality": CUMULATIVE, "isMonotonic": true,
        });
        json!({ "name": name, "unit": unit, "sum": sum })
    }

    fn gauge<'a>(
        &self,
        name: &str,
        unit: &str,
        label: &str,
        numbers: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Value {
        json!({ "name": name, "unit": unit, "gauge": { "dataPoints": self.points(label, numbers) } })
    }

    fn spread(&self, name: &str, spread: &Spread) -> Value {
        let counts: Vec<String> = spread.within.iter().map(u64::to_string).collect();
        let point = json!({
            "startTimeUnixNano": self.since,
            "timeUnixNano": self.now,
            "count": spread.within.iter().sum::<u64>().to_string(),
            "sum": spread.sum.as_secs_f64(),
            "bucketCounts": counts,
            "explicitBounds": BOUNDS,
        });
        let histogram = json!({ "dataPoints": [point], "aggregationTemporality": CUMULATIVE });
        json!({ "name": name, "unit": "s", "histogram": histogram })
    }
}
