//! Pages stay as the host is, and what is done on them is done.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use crate::{Browser, CHAT, Desk, MAIL};

/// How long it may take until a page has what the host has.
const LIVE: Duration = Duration::from_secs(5);

/// Waits until an element that is chosen has a text, and not for long.
fn is_seen_soon(browser: &mut Browser, selector: &str, text: &str) -> Result<()> {
    let began = Instant::now();
    browser.wait(selector, text)?;
    let time = began.elapsed();
    ensure!(time < LIVE, "`{text}` was seen after {time:?}");
    Ok(())
}

#[test]
fn what_comes_in_is_seen_as_it_comes() -> Result<()> {
    let desk = Desk::new()?;
    let mut browser = desk.browser()?;
    ensure!(browser.text("#runs")?.contains("No runs"));
    desk.push(CHAT, "Ada: Lunch?")?;
    is_seen_soon(&mut browser, "#runs", "run-1.1")?;
    desk.push(MAIL, "no mail")?;
    is_seen_soon(&mut browser, "#now", "rejected")?;
    is_seen_soon(&mut browser, "#status", "1 dead letters")
}

#[test]
fn a_toast_is_answered_where_it_is_seen() -> Result<()> {
    let desk = Desk::new()?;
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/toasts"))?;
    desk.push(CHAT, "Ada: Lunch?")?;
    browser.wait(".badges", "com.example.chat 1")?;
    browser.fill("[data-input=reply]", "At noon.")?;
    // What was typed stays while the page is renewed.
    desk.push(CHAT, "Grace: Ships?")?;
    browser.wait(".toast", "Grace")?;
    let typed = browser.evaluate(
        "[...document.querySelectorAll('[data-input=reply]')].map((field) => field.value).join('')",
    )?;
    ensure!(typed == "At noon.", "{typed}");
    let picture = "const seen = document.querySelector('.toast img'); \
                   seen.decode().then(() => `${seen.naturalWidth} ${seen.alt}`)";
    let picture = browser.evaluate(picture)?;
    ensure!(picture == "64 A speech bubble", "{picture}");
    browser.click(".toast:has-text('Ada') button:has-text('Send')")?;
    browser.wait("#said", "The task is woken by trigger-3")?;
    browser.ask(&json!({ "do": "gone", "selector": ".toast:has-text('Ada')" }))?;
    browser.click(".toast:has-text('Grace') button:has-text('Put away')")?;
    browser.wait("#screen", "No toasts.")?;
    // Both are told before they run.
    browser.open(&desk.url("/"))?;
    browser.wait("#runs", "run-3.1")?;
    browser.wait("#runs", "run-4.1")?;
    let settings = desk.bugle(&["settings", "list", "com.example.chat"])?;
    ensure!(settings.contains("At noon."), "{settings}");
    ensure!(desk.bugle(&["runs"])?.contains("toast-dismissed"));
    Ok(())
}

#[test]
fn a_push_is_composed_and_its_end_is_told() -> Result<()> {
    let desk = Desk::new()?;
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/send?channel=com.example.chat%2Finbox"))?;
    browser.fill("#content", "Ada: Lunch?")?;
    browser.click("main form button")?;
    browser.wait("#answer", "trigger-1 completed in")?;
    browser.fill("#content", "nothing that is a message")?;
    browser.click("main form button")?;
    browser.wait("#answer", "trigger-2 is a dead letter: rejected")?;
    browser.fill("#channel", "com.example.chat/nowhere")?;
    browser.click("main form button")?;
    browser.wait("#said", "com.example.chat/nowhere")?;
    Ok(())
}

#[test]
fn dead_letters_are_seen_to_in_bulk() -> Result<()> {
    let desk = Desk::new()?;
    for _ in 0..3 {
        desk.push(MAIL, "no mail")?;
    }
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/dead"))?;
    browser.click("input[value=trigger-1]")?;
    browser.click("button[data-command=drop-dead]")?;
    browser.wait("#said", "1 dead letters are gone")?;
    browser.wait("#status", "2 dead letters")?;
    browser.click("input[data-all]")?;
    browser.click("#letters button:has-text('Try again')")?;
    browser.wait("#said", "2 dead letters have their attempts again")?;
    browser.open(&desk.url("/"))?;
    // They are rejected again.
    browser.wait("#runs", "run-2.2")?;
    browser.wait("#runs", "run-3.2")?;
    Ok(())
}
