//! Telemetry, as a collector of OTLP takes it (rotel, from Python's index).

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::{Connection, Place, target};

use crate::{INBOX, MAIL, place_with_mail, push};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// The standard's own example.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A collector that writes down what it takes, in words.
struct Collector {
    child: Child,
    door: SocketAddr,
    words: PathBuf,
}

impl Collector {
    fn start(place: &Place, door: SocketAddr) -> Result<Self> {
        let program = target().join("observers/rotel/rotel-agent");
        ensure!(program.is_file(), "the collector is not there; `cargo xtask test` sets it up");
        let words = place.folder().join("collector.txt");
        let out = fs::File::create(&words)?;
        let child = Command::new(program)
            .args(["start", "--otlp-grpc-endpoint", "127.0.0.1:0"])
            .args(["--otlp-http-endpoint", &door.to_string()])
            .args(["--debug-log", "traces", "--debug-log", "metrics"])
            .args(["--debug-log-verbosity", "detailed", "--exporter", "blackhole"])
            .current_dir(place.folder())
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()?;
        Ok(Self { child, door, words })
    }

    fn words(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(&self.words)?).into_owned())
    }

    fn until(&self, wanted: &str) -> Result<String> {
        self.until_it_says(wanted, |words| words.contains(wanted))
    }

    /// It writes word by word, so what comes later of a message is waited for as well.
    fn until_it_says(&self, what: &str, is_said: impl Fn(&str) -> bool) -> Result<String> {
        let start = Instant::now();
        loop {
            let words = self.words()?;
            if is_said(&words) {
                return Ok(words);
            }
            ensure!(start.elapsed() < PATIENCE, "`{what}` is not in {words}");
            thread::yield_now();
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // Ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// It cannot say which port it was given.
fn free_door() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// The spans in a collector's words, each with its name.
fn spans(words: &str) -> Vec<(&str, &str)> {
    let spans = words.split("\nSpan #").skip(1);
    let named = spans.filter_map(|span| {
        let name = span.lines().find_map(|line| line.trim().strip_prefix("Name           : "))?;
        Some((name, span))
    });
    named.collect()
}

fn of_trace<'a>(words: &'a str, trace: &str) -> Vec<(&'a str, &'a str)> {
    let mut spans = spans(words);
    spans.retain(|(_, span)| span.contains(trace));
    spans
}

#[test]
fn a_push_is_a_trace_in_that_of_its_sender() -> Result<()> {
    let place = place_with_mail()?;
    let collector = Collector::start(&place, free_door()?)?;
    let url = format!("http://{}", collector.door);
    let daemon = place.serve_with(&["--sink", "terminal", "--otlp", &url])?;
    let opened = place.bugle(["channel", "rotate", INBOX])?.good()?;
    let path = opened.split_once("/push/").context("it is an address")?.1;
    let path = format!("/push/{}", path.lines().next().unwrap_or_default());
    let mut connection = Connection::to(daemon.door())?;
    let parent = format!("traceparent: 00-{TRACE}-{PARENT}-01\r\n");
    connection.send_push(&path, &parent, MAIL.as_bytes())?;
    ensure!(connection.answer()?.status == 201);
    // The last that is said of the last span.
    let words = collector.until("bugle.sink: Str(terminal)")?;
    let trace = of_trace(&words, TRACE);
    let mut names: Vec<_> = trace.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    ensure!(names == ["accept", "commit", "deliver", "run", "wait"], "{words}");
    let of = |name: &str| trace.iter().find(|(named, _)| *named == name).map(|(_, span)| *span);
    let accept = of("accept").context("it is accepted")?;
    ensure!(accept.contains(PARENT) && accept.contains("SPAN_KIND_CONSUMER"), "{accept}");
    let id = accept.lines().find_map(|line| line.trim().strip_prefix("ID             : "));
    let id = id.context("a span has an id")?;
    let run = of("run").context("it is run")?;
    for seen in [
        id,
        "bugle.run: Str(run-1.1)",
        "bugle.outcome: Str(completed)",
        "bugle.fuel: Int(",
        "log.message: Str(new mails: 1, unread: 1)",
    ] {
        ensure!(run.contains(seen), "`{seen}` is not in {run}");
    }
    // One that is not recorded by its sender is not here.
    let not = format!("traceparent: 00-{}-{PARENT}-00\r\n", TRACE.replace("4b", "5c"));
    connection.send_push(&path, &not, b"no mail")?;
    ensure!(connection.answer()?.status == 201);
    push(&place, "no mail")?;
    let words = collector.until_it_says("a run that failed", |words| {
        spans(words).into_iter().any(|(name, span)| {
            name == "run" && span.contains("run-3.1") && span.contains("STATUS_CODE_ERROR")
        })
    })?;
    ensure!(!words.contains("run-2.1"), "{words}");
    Ok(())
}

#[test]
fn what_a_collector_missed_it_has_later_and_numbers_at_the_end() -> Result<()> {
    let place = place_with_mail()?;
    let door = free_door()?;
    let url = format!("http://{door}");
    let daemon = place.serve_with(&["--sink", "terminal", "--otlp", &url])?;
    push(&place, MAIL)?;
    push(&place, "no mail")?;
    let collector = Collector::start(&place, door)?;
    let words = collector.until_it_says("a commit of the second", |words| {
        spans(words).into_iter().any(|(name, span)| name == "commit" && span.contains("run-2.1"))
    })?;
    ensure!(words.contains("bugle.run: Str(run-1.1)"), "{words}");
    // Whole, although it was tried before.
    let accepted = spans(&words).iter().filter(|(name, _)| *name == "accept").count();
    ensure!(accepted == 2, "{words}");
    let (status, _, log) = daemon.terminate()?;
    ensure!(status.success(), "{log}");
    let names = [
        "bugle.triggers.accepted",
        "bugle.runs",
        "bugle.run.time",
        "bugle.wait.time",
        "bugle.fuel",
    ];
    collector
        .until_it_says("all numbers", |words| names.iter().all(|name| words.contains(name)))?;
    Ok(())
}

#[test]
fn without_a_collector_pushes_go_on_and_the_host_stops() -> Result<()> {
    let place = place_with_mail()?;
    let url = format!("http://{}", free_door()?);
    let daemon = place.serve_with(&["--sink", "terminal", "--otlp", &url])?;
    push(&place, MAIL)?;
    let (status, time, log) = daemon.terminate()?;
    ensure!(status.success() && time < Duration::from_secs(10), "{time:?} {log}");
    ensure!(log.contains("telemetry was not sent"), "{log}");
    Ok(())
}
