//! Ten thousand apps and a million runs.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bugle_tests::AppSource;
use bugle_tests::program::{Connection, Place};
use rusqlite::Connection as Database;
use serde_json::Value;

use crate::{Desk, page_bytes_max};

const APPS: u32 = 10_000;
const RUNS: u32 = 1_000_000;
/// Triggers that wait, in all of their queues.
const WAITING: u32 = 100_000;
/// Dead letters, and toasts that are shown: some for each app.
const DEAD: u32 = 100_000;
const TOASTS: u32 = 100_000;
/// As for a task that is paused: they wait until somebody lets them go on.
const NEVER: i64 = i64::MAX;

/// What a page may take from the request to its last byte.
const PAGE_TIME: Duration = Duration::from_millis(200);

/// A store with one app that ran once, of which there are then many: rows are copied with other names, so
/// that they are as a host writes them.
fn much(place: &Place) -> Result<()> {
    place.app("chat", &AppSource::example("chat")?)?;
    place.bugle(["install", "chat"])?.good()?;
    place.bugle(["channel", "open", "com.example.chat/inbox"])?.good()?;
    place.bugle(["push", "com.example.chat/inbox", "Ada: Lunch?", "--wait"])?.good()?;
    let store = Database::open(place.data().join("bugle.db"))?;
    store.execute_batch(&format!(
        "PRAGMA synchronous = off;
         BEGIN;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {APPS})
         INSERT INTO apps (id, version, name, manifest, installed_at)
           SELECT 'com.example.a' || i, version, 'App ' || i,
             replace(manifest, 'com.example.chat', 'com.example.a' || i), installed_at
           FROM apps, n WHERE apps.key = 1;
         INSERT INTO tasks (app, name, component)
           SELECT a.key, t.name, t.component FROM apps a, tasks t WHERE t.app = 1 AND a.key > 1;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {RUNS})
         INSERT INTO runs (app, trigger, claim, attempt, setup, outcome, started_at, ended_at, seed,
             change_before, badge, toasts_left, report)
           SELECT 1 + i % {APPS}, trigger, 1 + i, attempt, setup,
             iif(i % 1000 = 0, 'trapped', outcome), started_at, ended_at, seed, change_before, badge,
             toasts_left,
             iif(i % 1000 = 0, replace(report, '\"completed\"', '\"out-of-fuel\"'), report)
           FROM runs, n WHERE runs.seq = 1;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {WAITING})
         INSERT INTO triggers (app, channel, task, head, content, accepted_at, attempts_max)
           SELECT 1 + i % {APPS}, channel, task, head, content, accepted_at, attempts_max
           FROM triggers, n WHERE triggers.id = 1;
         INSERT INTO queue (id, app, state, ready_at, bytes, claims, pardons, crashes, suspect)
           SELECT id, app, 0, {NEVER}, 11, 0, 0, 0, 0 FROM triggers WHERE id > 1;
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {DEAD})
         INSERT INTO triggers (app, channel, task, head, content, accepted_at, attempts_max)
           SELECT 1 + i % {APPS}, channel, task, head, content, accepted_at, attempts_max
           FROM triggers, n WHERE triggers.id = 1;
         INSERT INTO queue (id, app, state, ready_at, bytes, claims, pardons, crashes, suspect,
             dead_reason, dead_message, dead_at)
           SELECT id, app, 2, 0, 11, 1, 0, 0, 0, 'rejected', 'a message is `NAME: MESSAGE`',
             accepted_at
           FROM triggers WHERE id > 1 + {WAITING};
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TOASTS})
         INSERT INTO toasts (app, trigger, claim, place, tag, grp, toast, shown_at, expires_at,
             sequence)
           SELECT 1 + i % {APPS}, trigger, 1 + i, place, tag, grp, toast, shown_at, expires_at,
             sequence
           FROM toasts, n WHERE toasts.key = 1;
         INSERT INTO badges (app, mark)
           SELECT key, mark FROM apps, badges WHERE badges.app = 1 AND key > 1;
         COMMIT;"
    ))?;
    Ok(())
}

#[test]
fn pages_open_at_once_however_much_there_is() -> Result<()> {
    let place = Place::new()?;
    much(&place)?;
    let desk = Desk::serve(place, "127.0.0.1:0")?;
    let mut browser = desk.browser()?;
    let cookies = browser.ask(&serde_json::json!({ "do": "cookies" }))?;
    let cookie = format!("{}={}", text(&cookies[0]["name"]), text(&cookies[0]["value"]));
    let mut times = Vec::new();
    for path in [
        "/",
        "/?before=500000",
        "/?failed=on",
        "/?failed=on&before=500000",
        "/?app=com.example.a77",
        "/?app=com.example.a77&failed=on",
        "/toasts",
        "/apps",
        "/apps?text=9999",
        "/apps/com.example.a77",
        // A copy that is of the first app, as its settings are.
        "/runs/run-1.500001",
        "/dead",
        "/send",
    ] {
        // The best of five: what else the machine does only slows.
        let mut best = open(&desk, path, &cookie)?;
        for _ in 1..5 {
            best = best.min(open(&desk, path, &cookie)?);
        }
        times.push((path, best));
    }
    println!("{times:?}");
    let slow: Vec<_> = times.iter().filter(|(_, time)| *time > PAGE_TIME).collect();
    ensure!(slow.is_empty(), "{slow:?}");
    browser.open(&desk.url("/?failed=on"))?;
    ensure!(
        browser.text("#runs")?.contains("out-of-fuel")
            || browser.text("#runs")?.contains("trapped")
    );
    browser.open(&desk.url("/dead"))?;
    browser.wait("#status", "100,000 dead letters")?;
    ensure!(browser.text("#letters")?.contains("there may be more"));
    browser.open(&desk.url("/toasts"))?;
    ensure!(browser.text("#screen")?.contains("there may be more"));
    browser.open(&desk.url("/apps?text=a9999"))?;
    ensure!(browser.text("#apps")?.contains("App 9999"));
    look_at_the_list(&desk.place)
}

/// How long a page takes.
fn open(desk: &Desk, path: &str, cookie: &str) -> Result<Duration> {
    let began = Instant::now();
    let mut connection = Connection::to(desk.door)?;
    connection.send(format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n",
        desk.door
    ))?;
    let page = String::from_utf8(connection.rest()?)?;
    let time = began.elapsed();
    ensure!(page.starts_with("HTTP/1.1 200"), "{path}: {page}");
    ensure!(page.len() <= page_bytes_max(), "{path} has {} bytes", page.len());
    Ok(time)
}

/// `bugle list --watch` looks each second, so it has to take a part of one.
fn look_at_the_list(place: &Place) -> Result<()> {
    let mut list = place.command(["list", "--watch", "--json"])?;
    let mut list = list.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut lines = BufReader::new(list.stdout.take().context("it is a pipe")?).lines();
    let first = lines.next().context("it says something")??;
    let apps: Value = serde_json::from_str(&first)?;
    ensure!(apps.as_array().map(Vec::len) == Some(APPS as usize + 1), "it has all apps");
    // The second that it waits, and less than another; the best of five, as of pages.
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let began = Instant::now();
        lines.next().context("it says more")??;
        best = best.min(began.elapsed());
        if best < Duration::from_secs(2) {
            break;
        }
    }
    list.kill()?;
    list.wait()?;
    ensure!(best < Duration::from_secs(2), "the next look took {best:?}");
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
