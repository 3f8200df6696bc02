//! The metrics door: `GET /metrics`, in the text format `OpenMetrics` 1.0, as Prometheus reads it.
//!
//! It tells numbers of the whole host and names no app, no channel and nothing that a guest said, only the
//! sinks: whoever may connect may read it. Counters begin at 0 with the host.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bugle::{BOUNDS, Counts, Host, SinkCounts, Spread, Totals, TriggerKind};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeMetric as _, MetricEncoder, NoLabelSet, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

/// What the format is called (`OpenMetrics` 1.0, "Overall Structure").
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the door's requests share.
#[derive(Debug, Clone)]
struct Metrics {
    host: Host,
    door: SocketAddr,
}

pub(crate) fn routes(host: Host, door: SocketAddr) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(Metrics { host, door })
}

async fn metrics(State(Metrics { host, door }): State<Metrics>, headers: HeaderMap) -> Response {
    let asked = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    if !asked.is_some_and(|asked| is_own(asked, door)) {
        // A page in a browser may have given its own name this door's address.
        return (StatusCode::MISDIRECTED_REQUEST, "this host is not called so\n").into_response();
    }
    // It reads the store.
    match tokio::task::spawn_blocking(move || encoded(&host)).await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Ok(Err(error)) => unavailable(&error.to_string()),
        Err(error) => unavailable(&error.to_string()),
    }
}

fn unavailable(why: &str) -> Response {
    tracing::warn!(error = why, "metrics could not be told");
    (StatusCode::SERVICE_UNAVAILABLE, format!("the store cannot be read: {why}\n")).into_response()
}

/// Whether a `Host` is an address, or the name of this machine for itself. At a door to the network any name
/// may be its own.
fn is_own(asked: &str, door: SocketAddr) -> bool {
    let name = match asked.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => asked,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    !door.ip().is_loopback()
        || name.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok()
}

fn encoded(host: &Host) -> Result<String, bugle::Error> {
    let mut registry = Registry::with_prefix("bugle");
    let totals = host.reader().totals()?;
    let counts = host.counts();
    let mut left = BTreeMap::new();
    for (name, sink) in &counts.sinks {
        left.insert(name.clone(), host.reader().events_left(sink.cursor)?);
    }
    registry.register_collector(Box::new(Numbers { counts, totals, left }));
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = text::encode(&mut text, &registry);
    Ok(text)
}

/// What is told at one moment.
#[derive(Debug)]
struct Numbers {
    counts: Counts,
    totals: Totals,
    /// Events that each sink was not told of yet.
    left: BTreeMap<String, u64>,
}

impl Collector for Numbers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        family(&mut encoder, GAUGE, "build_info", "Which version runs.", [(version, 1)])?;
        self.runs(&mut encoder)?;
        self.sinks(&mut encoder)?;
        self.store(&mut encoder)
    }
}

const COUNTER: MetricType = MetricType::Counter;
const GAUGE: MetricType = MetricType::Gauge;

impl Numbers {
    fn runs(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let counts = &self.counts;
        let kinds = TriggerKind::ALL.map(|kind| {
            let accepted = counts.accepted.get(&kind).copied().unwrap_or(0);
            ([("kind", kind.as_str())], accepted)
        });
        family(to, COUNTER, "triggers_accepted", "Triggers that were made durable.", kinds)?;
        let outcomes = counts.runs.iter().map(|(outcome, runs)| ([("outcome", *outcome)], *runs));
        family(to, COUNTER, "runs", "Runs whose end is durable.", outcomes)?;
        spread(to, "run_time", "How long runs took.", &counts.run_time)?;
        let help = "How long triggers waited, from when they were accepted to their run.";
        spread(to, "wait_time", help, &counts.wait_time)?;
        plain(to, COUNTER, "fuel", "Fuel that runs used.", counts.fuel)?;
        let help = "Processor time that runs used.";
        let cpu = to.encode_descriptor("cpu", help, Some(&Unit::Seconds), COUNTER)?;
        ConstCounter::new(counts.cpu.as_secs_f64()).encode(cpu)
    }

    fn sinks(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let of = |number: fn(&SinkCounts) -> u64| {
            let sinks = self.counts.sinks.iter();
            sinks.map(move |(name, sink)| ([("sink", name.as_str())], number(sink)))
        };
        let help = "What sinks were told of toasts and badges.";
        family(to, COUNTER, "events_delivered", help, of(|sink| sink.delivered))?;
        let help = "Times that a sink could not take what it was told.";
        family(to, COUNTER, "delivery_failures", help, of(|sink| sink.failures))?;
        let help = "What went after a week in which a sink did not take it.";
        family(to, COUNTER, "events_lost", help, of(|sink| sink.lost))?;
        let help = "What sinks have not been told yet.";
        let left = self.left.iter().map(|(name, left)| ([("sink", name.as_str())], *left));
        family(to, GAUGE, "events_waiting", help, left)
    }

    fn store(&self, to: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let totals = &self.totals;
        let states =
            [("waiting", totals.waiting), ("claimed", totals.claimed), ("dead", totals.dead)];
        let states = states.map(|(state, triggers)| ([("state", state)], triggers));
        family(to, GAUGE, "triggers", "Triggers in the queue.", states)?;
        plain(to, GAUGE, "apps", "Apps that are installed.", totals.apps)?;
        plain(to, GAUGE, "kept_runs", "Runs that are kept.", totals.runs)?;
        plain(to, GAUGE, "toasts", "Toasts that are to be seen.", totals.toasts)?;
        let help = "The database, without its log.";
        let disk = to.encode_descriptor("store", help, Some(&Unit::Bytes), GAUGE)?;
        ConstGauge::new(totals.disk_bytes.cast_signed()).encode(disk)
    }
}

fn plain(
    to: &mut DescriptorEncoder<'_>,
    kind: MetricType,
    name: &str,
    help: &str,
    value: u64,
) -> fmt::Result {
    number(to.encode_descriptor(name, help, None, kind)?, kind, value)
}

/// One number for each label.
fn family<'a>(
    to: &mut DescriptorEncoder<'_>,
    kind: MetricType,
    name: &str,
    help: &str,
    numbers: impl IntoIterator<Item = ([(&'a str, &'a str); 1], u64)>,
) -> fmt::Result {
    let mut family = to.encode_descriptor(name, help, None, kind)?;
    for (label, value) in numbers {
        number(family.encode_family(&label)?, kind, value)?;
    }
    Ok(())
}

fn number(to: MetricEncoder<'_>, kind: MetricType, value: u64) -> fmt::Result {
    match kind {
        MetricType::Counter => ConstCounter::new(value).encode(to),
        _ => ConstGauge::new(value.cast_signed()).encode(to),
    }
}

fn spread(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, spread: &Spread) -> fmt::Result {
    let mut histogram =
        to.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
    // The encoder writes the largest number as `+Inf`, and adds each to those below.
    let bounds = BOUNDS.into_iter().chain([f64::MAX]);
    let within: Vec<(f64, u64)> = bounds.zip(spread.within).collect();
    let count = spread.within.iter().sum();
    histogram.encode_histogram::<NoLabelSet>(spread.sum.as_secs_f64(), count, &within, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_door_on_loopback_is_called_by_its_address_or_localhost()
    -> Result<(), std::net::AddrParseError> {
        let here: SocketAddr = "127.0.0.1:9000".parse()?;
        for name in ["127.0.0.1:9000", "localhost:9000", "LOCALHOST", "[::1]:9000"] {
            assert!(is_own(name, here), "{name}");
        }
        for name in ["evil.example:9000", "localhost.evil.example", "127.0.0.1.evil.example", ""] {
            assert!(!is_own(name, here), "{name}");
        }
        assert!(is_own("metrics.example.org", "0.0.0.0:9000".parse()?));
        Ok(())
    }
}
