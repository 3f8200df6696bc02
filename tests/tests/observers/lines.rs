//! Toasts go to a file, or to a pipe.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bugle_tests::program::{Daemon, Place};
use serde_json::Value;

use crate::{MAIL, place_with_mail, push};

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
        std::thread::yield_now();
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
