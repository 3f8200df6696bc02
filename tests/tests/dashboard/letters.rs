//! Dead letters that are seen to together, some of which somebody else has seen to meanwhile.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use crate::browser::Browser;
use crate::{Desk, MAIL};

/// Has something done with dead letters, as their page has it; what it says then.
fn see_to(browser: &mut Browser, command: &str, triggers: &[&str]) -> Result<String> {
    let form = json!({ "command": command, "triggers": triggers }).to_string();
    let code = format!(
        "ask('/commands', 'POST', {}, 'application/json').then((answer) => answer.message)",
        json!(form)
    );
    let said = browser.evaluate(&code)?;
    Ok(said.as_str().context("it says something")?.to_owned())
}

#[test]
fn a_letter_that_is_not_dead_any_more_keeps_no_other_from_being_seen_to() -> Result<()> {
    let desk = Desk::new()?;
    for _ in 0..3 {
        desk.push(MAIL, "no mail")?;
    }
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/dead"))?;
    desk.bugle(&["runs", "drop", "trigger-1"])?;
    let said = see_to(&mut browser, "drop-dead", &["trigger-1", "trigger-2"])?;
    ensure!(said == "1 dead letters are gone; 1 were not dead any more.", "{said}");
    let stale = ["trigger-1", "trigger-3", "trigger-2"];
    let said = see_to(&mut browser, "retry-dead", &stale)?;
    let expected = "1 dead letters have their attempts again; 2 were not dead any more.";
    ensure!(said == expected, "{said}");
    browser.open(&desk.url("/"))?;
    // It is rejected again, and is all that is dead.
    browser.wait("#runs", "run-3.2")?;
    browser.wait("#status", "1 dead letters")?;
    Ok(())
}
