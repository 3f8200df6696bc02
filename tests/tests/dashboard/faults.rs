//! What goes wrong between a page and its host.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bugle_tests::AppSource;
use bugle_tests::program::Place;
use serde_json::json;

use crate::way::Way;
use crate::{Browser, CHAT, Desk, MAIL};

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
fn a_page_whose_connection_was_cut_is_back_by_itself() -> Result<()> {
    let desk = Desk::new()?;
    let way = Way::to(desk.door)?;
    // The door's other name leads over the way that can be cut.
    let names = format!("MAP localhost:{} {}", desk.door.port(), way.start);
    let mut browser = Browser::finding(&desk.place, &names)?;
    browser.open(&desk.link.replace("127.0.0.1", "localhost"))?;
    browser.wait("h1", "Feed")?;
    desk.push(MAIL, "no mail")?;
    browser.wait("#runs", "run-1.1")?;
    ensure!(way.cut() > 0, "the page came another way");
    desk.push(CHAT, "Ada: Lunch?")?;
    ensure!(!browser.text("#runs")?.contains("run-2.1"));
    way.mend();
    browser.wait("#runs", "run-2.1")?;
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
fn what_was_dropped_on_a_host_that_was_killed_goes_with_the_next() -> Result<()> {
    let desk = Desk::serve(Place::new()?, "127.0.0.1:0")?;
    let uploads = desk.place.data().join("uploads");
    let folder = desk.place.app("chat", &AppSource::example("chat")?)?;
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/install"))?;
    browser.ask(&json!({ "do": "files", "selector": "#folder", "path": folder }))?;
    browser.wait("#answer", "com.example.chat")?;
    ensure!(fs::read_dir(&uploads)?.count() == 1, "an upload is in the data folder");
    let Desk { place, daemon, door, .. } = desk;
    daemon.kill()?;
    let desk = Desk::serve(place, &door.to_string())?;
    ensure!(!uploads.exists(), "nothing of it is left");
    drop(desk);
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
