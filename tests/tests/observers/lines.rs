//! Toasts go to a file, or to a pipe.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::{Daemon, Place};
use serde_json::Value;

use crate::script::Script;
use crate::{MAIL, act, metrics, place_with_mail, place_with_script, push};

fn serve(place: &Place, file: &Path) -> Result<Daemon> {
    place.serve_with(&["--sink", &format!("json={}", file.display()), "--sink", "terminal"])
}

/// Looks until a file has so many lines of JSON.
fn until_there_are(lines: usize, file: &Path) -> Result<Vec<Value>> {
    let start = Instant::now();
    loop {
        ensure!(start.elapsed() < Duration::from_secs(30), "there are not {lines} lines");
        let text = fs::read_to_string(file).unwrap_or_default();
        if text.ends_with('\n') && text.lines().count() >= lines {
            return Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?);
        }
        thread::yield_now();
    }
}

#[test]
fn a_file_gets_each_event_once_across_restarts() -> Result<()> {
    let place = place_with_mail()?;
    let file = place.folder().join("toasts.jsonl");
    for starts in 1..=2 {
        let daemon = serve(&place, &file)?;
        // A toast and a badge for each mail.
        push(&place, &MAIL.replace('1', &starts.to_string()))?;
        until_there_are(2 * starts, &file)?;
        ensure!(daemon.terminate()?.0.success(), "start {starts}");
    }
    let events = until_there_are(4, &file)?;
    let seqs: Vec<&Value> = events.iter().map(|event| &event["seq"]).collect();
    ensure!(seqs == [1, 2, 3, 4] && events[0]["change"]["toast"]["title"] == "Ada", "{events:?}");
    ensure!(fs::metadata(&file)?.permissions().mode() & 0o777 == 0o600, "it is its owner's");
    Ok(())
}

#[test]
fn a_line_that_was_cut_short_swallows_no_other() -> Result<()> {
    let place = place_with_mail()?;
    let file = place.file("toasts.jsonl", "{\"seq\":0,\"ap")?;
    let _daemon = serve(&place, &file)?;
    push(&place, MAIL)?;
    let start = Instant::now();
    loop {
        let text = fs::read_to_string(&file)?;
        let lines: Vec<&str> = text.lines().collect();
        if let [_, shown, _] = lines[..] {
            ensure!(serde_json::from_str::<Value>(shown)?["seq"] == 1, "{text}");
            return Ok(());
        }
        ensure!(start.elapsed() < Duration::from_secs(30), "{text}");
    }
}

#[test]
fn a_file_that_is_moved_away_is_made_anew() -> Result<()> {
    let place = place_with_mail()?;
    let file = place.folder().join("toasts.jsonl");
    let _daemon = serve(&place, &file)?;
    push(&place, MAIL)?;
    until_there_are(2, &file)?;
    fs::rename(&file, place.folder().join("toasts.old"))?;
    push(&place, &MAIL.replace(r#""1""#, r#""2""#))?;
    let events = until_there_are(1, &file)?;
    ensure!(events[0]["seq"] == 3, "{events:?}");
    Ok(())
}

#[test]
fn a_pipe_that_nobody_reads_holds_up_nobody() -> Result<()> {
    let place = place_with_mail()?;
    let pipe = place.folder().join("pipe");
    ensure!(Command::new("mkfifo").arg(&pipe).status()?.success());
    let daemon = serve(&place, &pipe)?;
    push(&place, MAIL)?;
    ensure!(daemon.line()?.contains("toast: Ada"), "the other sink shows it");
    // Whoever reads late gets all, from the beginning.
    let mut lines = BufReader::new(File::open(&pipe)?).lines();
    for seq in 1..=2 {
        let line = lines.next().transpose()?.unwrap_or_default();
        let event: Value = serde_json::from_str(&line)?;
        ensure!(event["seq"] == seq, "{event}");
    }
    ensure!(daemon.terminate()?.0.success());
    Ok(())
}

/// Waits until a sink could not take something.
fn until_one_is_refused(door: SocketAddr, sink: &str) -> Result<()> {
    let failures = format!("bugle_delivery_failures_total{{sink=\"{sink}\"}} ");
    let start = Instant::now();
    loop {
        let text = metrics::text(door)?;
        let count = text.lines().find_map(|line| line.strip_prefix(failures.as_str()));
        if count.context("the sink is counted")? != "0" {
            return Ok(());
        }
        ensure!(start.elapsed() < Duration::from_secs(30), "it took all: {text}");
        thread::yield_now();
    }
}

#[test]
fn a_pipe_that_is_read_late_has_each_line_whole_and_once() -> Result<()> {
    const TOASTS: u64 = 20;
    let place = place_with_script()?;
    let pipe = place.folder().join("pipe");
    ensure!(Command::new("mkfifo").arg(&pipe).status()?.success());
    // For both ends, or it would wait for who writes.
    let reader = File::options().read(true).write(true).open(&pipe)?;
    let sink = format!("json={}", pipe.display());
    let (_daemon, door) = metrics::serve_with(&place, &sink)?;
    // More than the 64 KiB that a pipe holds.
    let body = "long ".repeat(900);
    let toast = || Script::of("toast", &["Ada", body.as_str()]);
    for _ in 0..TOASTS {
        act(&place, toast())?;
    }
    until_one_is_refused(door, &sink)?;
    let (tell, lines) = mpsc::channel();
    // The test may have heard enough.
    let read = move || BufReader::new(reader).lines().try_for_each(|line| tell.send(line));
    thread::spawn(read);
    for seq in 1..=TOASTS {
        let line = lines.recv_timeout(Duration::from_secs(30)).context("no line comes")??;
        let event: Value = serde_json::from_str(&line)?;
        ensure!(event["seq"] == seq && event["change"]["toast"]["body"] == body, "{seq}: {event}");
    }
    // Nothing of that comes again.
    act(&place, toast())?;
    let line = lines.recv_timeout(Duration::from_secs(30)).context("no line comes")??;
    ensure!(serde_json::from_str::<Value>(&line)?["seq"] == TOASTS + 1, "{line}");
    Ok(())
}
