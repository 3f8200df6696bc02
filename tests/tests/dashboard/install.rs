//! An app that is dropped on a page.

use std::fs;

use anyhow::{Result, ensure};
use bugle_tests::AppSource;
use bugle_tests::program::Place;
use serde_json::json;

use crate::Desk;

#[test]
fn a_component_by_itself_is_shown_and_then_installed() -> Result<()> {
    let desk = Desk::serve(Place::new()?, "127.0.0.1:0")?;
    let source = AppSource::example("mail")?;
    let path = desk.place.file("Mail.wasm", &source.files[0].1)?;
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/install"))?;
    browser.ask(&json!({ "do": "files", "selector": "#file", "path": path }))?;
    let about = browser.wait("#answer", "admitted")?;
    for seen in ["local.mail", "bugle:task/toasts", "raw-notification", "functions"] {
        ensure!(about.contains(seen), "`{seen}` is not in {about}");
    }
    ensure!(!desk.bugle(&["list"])?.contains("local.mail"), "nothing is installed by looking");
    browser.click("#answer button")?;
    browser.wait("#said", "local.mail is installed")?;
    ensure!(desk.bugle(&["list"])?.contains("local.mail"));
    Ok(())
}

#[test]
fn a_folder_is_shown_and_then_installed() -> Result<()> {
    install_folder("files", "#folder")
}

#[test]
fn a_folder_that_is_dropped_is_shown_and_then_installed() -> Result<()> {
    install_folder("drop", "#drop")
}

/// Hands over a folder in one of two ways, and installs what is in it.
fn install_folder(way: &str, selector: &str) -> Result<()> {
    let desk = Desk::serve(Place::new()?, "127.0.0.1:0")?;
    let folder = desk.place.app("chat", &AppSource::example("chat")?)?;
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/install"))?;
    browser.ask(&json!({ "do": way, "selector": selector, "path": folder }))?;
    browser.wait("#answer", "com.example.chat")?;
    ensure!(
        !desk.bugle(&["list"])?.contains("com.example.chat"),
        "nothing is installed by looking"
    );
    browser.click("#answer button")?;
    browser.wait("#said", "com.example.chat is installed, version 1.0.0")?;
    ensure!(desk.bugle(&["list"])?.contains("com.example.chat"));
    Ok(())
}

#[test]
fn what_cannot_be_installed_says_why() -> Result<()> {
    let desk = Desk::serve(Place::new()?, "127.0.0.1:0")?;
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/install"))?;
    let drop = |browser: &mut crate::Browser, path| {
        browser.ask(&json!({ "do": "files", "selector": "#file", "path": path }))
    };
    let text = desk.place.file("notes.wasm", "no component")?;
    drop(&mut browser, text)?;
    browser.wait("#answer", "refused")?;
    ensure!(browser.evaluate("document.querySelectorAll('#answer button').length")? == 0);
    let text = desk.place.file("notes.txt", "no component")?;
    drop(&mut browser, text)?;
    browser.wait("#answer", "there is no bugle.toml in it")?;
    let folder = desk.place.folder().join("wrong");
    fs::create_dir(&folder)?;
    fs::write(folder.join("bugle.toml"), "[app]\nid = 7\n")?;
    browser.ask(&json!({ "do": "files", "selector": "#folder", "path": folder }))?;
    let why = browser.wait("#answer", "bugle.toml:2")?;
    ensure!(!why.contains("bugle-upload"), "the folder is nobody's to see: {why}");
    Ok(())
}
