//! What runs, and what waits to.

use anyhow::{Result, ensure};
use bugle_tests::program::Place;
use bugle_tests::puppet;
use serde_json::json;

use crate::Desk;

const LONG: &str = "com.example.long";
const LATER: &str = "com.example.later";

#[test]
fn what_runs_and_what_waits_is_seen_while_it_does() -> Result<()> {
    // A loop goes on until the watchdog ends it, after a minute of real time: the page has to be seen before.
    let limits = ["--host-limits", "fuel=100000000000,time-ms=600000,watchdog-ms=60000"];
    let desk = Desk::serve_with(Place::new()?, "127.0.0.1:0", &limits)?;
    for id in [LONG, LATER] {
        desk.add(id, &puppet(id))?;
    }
    let mut browser = desk.browser()?;
    ensure!(browser.text("#now")?.contains("Nothing runs, and nothing waits."));
    // It asks for another attempt in five seconds.
    desk.bugle(&["push", &format!("{LATER}/inbox"), "W"])?;
    let waits = browser.wait("#now li:has(span.mark:text-is('waits'))", LATER)?;
    ensure!(waits.contains("raw-notification"), "{waits}");
    browser.wait("#status", "1 waiting")?;
    desk.bugle(&["push", &format!("{LONG}/inbox"), "l"])?;
    let runs = browser.wait("#now li:has(span.mark:text-is('runs'))", LONG)?;
    ensure!(runs.contains("run-2.1"), "{runs}");
    browser.wait("#status", "1 running")?;
    // Not as something that waits as well.
    let shown = format!("#now li:has-text('{LONG}')");
    let shown = browser.ask(&json!({ "do": "texts", "selector": shown }))?;
    ensure!(shown == json!([runs]), "{shown}");
    Ok(())
}
