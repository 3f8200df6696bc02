//! Times, texts and numbers that pages show, as the host kept them.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use bugle::{LimitName, bytes_text, count_text, duration_text};
use serde_json::{Value, json};

use crate::pages::desk_with_all;
use crate::{CHAT, Desk, MAIL};

/// Cells of all rows of the page's tables, in words.
const ROWS: &str = "[...document.querySelectorAll('tbody tr')] \
                    .map((row) => [...row.cells].map((cell) => cell.textContent.trim()))";

fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis().try_into()?)
}

#[test]
fn the_feed_has_the_times_of_each_run() -> Result<()> {
    let desk = Desk::new()?;
    let before = now()?;
    desk.push(CHAT, "Ada: Lunch?")?;
    let after = now()?;
    let mut browser = desk.browser()?;
    let names = "[...document.querySelectorAll('#runs th')].map((name) => name.textContent)";
    let names = browser.evaluate(names)?;
    let place = |name: &str| {
        let place = names.as_array().and_then(|names| names.iter().position(|one| one == name));
        place.with_context(|| format!("there is no `{name}` in {names}"))
    };
    let accepted = "Date.parse(document.querySelector('#runs td time').dateTime)";
    let accepted = browser.evaluate(accepted)?.as_u64().context("it is a moment")?;
    ensure!((before..=after).contains(&accepted), "{accepted} is not from {before} to {after}");
    let clock = "new Date(document.querySelector('#runs td time').dateTime).toLocaleTimeString()";
    let clock = browser.evaluate(clock)?;
    let rows = browser.evaluate(ROWS)?;
    let cell = |name: &str| Ok::<_, anyhow::Error>(rows[0][place(name)?].as_str().unwrap_or(""));
    let clock = clock.as_str().context("it is a text")?;
    ensure!(cell("Accepted")?.starts_with(clock), "{rows} has no {clock}");
    let kept = desk.kept("run-1.1")?;
    let waited = kept.summary.started_at.saturating_sub(accepted);
    ensure!(cell("Waited")? == format!("{waited} ms"), "{rows}: it waited {waited} ms");
    let ran = duration_text(kept.report.measured.wall_us);
    ensure!(cell("Ran")? == ran, "{rows}: it ran {ran}");
    Ok(())
}

#[test]
fn a_run_has_each_form_of_its_push_what_it_said_and_what_it_changed() -> Result<()> {
    const PUSH: &str = r#"[{"id":"2","from":"Grace","subject":"Ships?"}]"#;
    let desk = Desk::new()?;
    desk.push(MAIL, r#"[{"id":"1","from":"Ada","subject":"Lunch?"}]"#)?;
    desk.push(MAIL, PUSH)?;
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/runs/run-2.1"))?;
    ensure!(browser.text("ol.log")? == "info new mails: 1, unread: 2");
    ensure!(browser.evaluate("document.querySelector('h3 + pre').textContent")? == PUSH);
    let forms = "[...document.querySelectorAll('details')] \
                 .map((form) => [...form.children].map((part) => part.textContent))";
    let forms = browser.evaluate(forms)?;
    let json = serde_json::to_string_pretty(&serde_json::from_str::<Value>(PUSH)?)?;
    ensure!(forms[0] == json!(["JSON", json]), "{forms}");
    ensure!(forms[1][0] == format!("Hexadecimal, {} bytes", PUSH.len()), "{forms}");
    let lines = forms[1][1].as_str().unwrap_or_default().lines();
    let digits = lines.filter_map(|line| line.get(8..55)).flat_map(str::split_whitespace);
    let bytes = digits.map(|byte| u8::from_str_radix(byte, 16)).collect::<Result<Vec<_>, _>>()?;
    ensure!(bytes == PUSH.as_bytes(), "{forms}");
    let rows = browser.evaluate(ROWS)?;
    for changed in [json!(["inbox/unread", "1", "2"]), json!(["inbox/last", "1", "2"])] {
        let is_there = rows.as_array().is_some_and(|rows| rows.contains(&changed));
        ensure!(is_there, "{changed} is not in {rows}");
    }
    Ok(())
}

#[test]
fn a_run_has_what_it_used_of_every_limit() -> Result<()> {
    let desk = Desk::new()?;
    desk.push(MAIL, r#"[{"id":"1","from":"Ada","subject":"Lunch?"}]"#)?;
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/runs/run-1.1"))?;
    let rows = browser.evaluate(ROWS)?;
    let amount = |limit: LimitName, count| match limit.unit() {
        "bytes" => bytes_text(count),
        unit => format!("{} {unit}", count_text(count)),
    };
    let limits = desk.kept("run-1.1")?.report.beside_limits();
    ensure!(limits.len() == LimitName::ALL.len());
    for row in limits {
        let (used, max) = (amount(row.limit, row.used), amount(row.limit, row.max));
        let wanted = json!([row.limit.code(), used, max]);
        let is_there = rows.as_array().is_some_and(|rows| rows.contains(&wanted));
        ensure!(is_there, "{wanted} is not in {rows}");
    }
    Ok(())
}

#[test]
fn an_app_has_a_plot_of_its_runs_and_one_of_its_fuel() -> Result<()> {
    let desk = desk_with_all()?;
    let mut fuel = 0;
    for run in ["run-1.1", "run-2.1"] {
        fuel += desk.kept(run)?.report.result.usage.fuel;
    }
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/apps/com.example.mail"))?;
    // What each is for who sees it and who does not, and whether it has bars of all and of a part.
    let plots = "[...document.querySelectorAll('figure')].map((figure) => { \
                     const plot = figure.querySelector('svg.plot'); \
                     return [plot.getAttribute('aria-label'), figure.innerText.trim(), \
                         plot.querySelector('rect.all') !== null, \
                         plot.querySelector('rect.part') !== null]; \
                 })";
    let plots = browser.evaluate(plots)?;
    let of_runs = "2 runs in the last hour, 1 failed";
    let of_fuel = format!("{} fuel in the last hour", count_text(fuel));
    let wanted = json!([[of_runs, of_runs, true, true], [of_fuel, of_fuel, true, false]]);
    ensure!(plots == wanted, "{plots} is not {wanted}");
    Ok(())
}
