//! What goes wrong between a page and its host.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use crate::{CHAT, Desk};

#[test]
fn a_page_that_was_away_is_as_the_host_is_when_it_is_back() -> Result<()> {
    let desk = Desk::new()?;
    let mut browser = desk.browser()?;
    browser.ask(&json!({ "do": "offline", "is": true }))?;
    // The stream ends as it does for a machine that slept.
    browser.evaluate("events.close(); events = null")?;
    desk.push(CHAT, "Ada: Lunch?")?;
    ensure!(!browser.text("#runs")?.contains("run-1.1"));
    browser.ask(&json!({ "do": "offline", "is": false }))?;
    browser.evaluate("document.dispatchEvent(new Event('visibilitychange'))")?;
    browser.wait("#runs", "run-1.1")?;
    Ok(())
}

#[test]
fn a_page_of_a_host_that_was_started_again_says_so() -> Result<()> {
    let desk = Desk::new()?;
    let mut browser = desk.browser()?;
    let Desk { place, daemon, door, .. } = desk;
    drop(daemon);
    let desk = Desk::serve(place, &door.to_string())?;
    browser.wait("#said", "not signed in any more")?;
    ensure!(browser.open(&desk.link)? == 200);
    browser.wait("h1", "Feed")?;
    Ok(())
}

#[test]
fn a_host_stops_while_pages_are_open() -> Result<()> {
    let desk = Desk::new()?;
    let _browser = desk.browser()?;
    let began = Instant::now();
    let Desk { daemon, place, .. } = desk;
    let (status, _, log) = daemon.terminate()?;
    ensure!(status.success(), "{log}");
    ensure!(began.elapsed() < Duration::from_secs(5), "it waited for a page");
    drop(place);
    Ok(())
}
