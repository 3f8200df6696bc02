//! Each page, for everybody.

use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::{CHAT, Desk, MAIL, page_bytes_max};

const PATHS: [&str; 9] = [
    "/",
    "/?failed=on",
    "/toasts",
    "/apps",
    "/apps/com.example.mail",
    "/runs/run-1.1",
    "/dead",
    "/send",
    "/install",
];

pub(crate) fn desk_with_all() -> Result<Desk> {
    let desk = Desk::new()?;
    desk.push(MAIL, r#"[{"id":"1","from":"Ada","subject":"Lunch?"}]"#)?;
    desk.push(MAIL, "no mail")?;
    desk.push(CHAT, "Grace: Ships?")?;
    Ok(desk)
}

#[test]
fn nothing_on_any_page_is_serious_for_who_cannot_see() -> Result<()> {
    let desk = desk_with_all()?;
    let mut browser = desk.browser()?;
    for scheme in ["light", "dark"] {
        for (width, height) in [(1280, 800), (360, 740)] {
            browser.look(width, height, scheme)?;
            for path in PATHS {
                ensure!(browser.open(&desk.url(path))? == 200, "{path}");
                let serious = browser.axe()?;
                ensure!(serious == json!([]), "{path} at {width}, {scheme}: {serious:#}");
                let wide = browser.evaluate("document.documentElement.scrollWidth")?;
                ensure!(wide.as_u64() <= Some(width.into()), "{path} is {wide} wide at {width}");
            }
        }
    }
    let complaints = browser.complaints()?;
    ensure!(complaints == json!([]), "{complaints:#}");
    Ok(())
}

#[test]
fn what_failed_is_seen_on_the_first_page() -> Result<()> {
    let desk = desk_with_all()?;
    let mut browser = desk.browser()?;
    let failed = browser.text("#now")?;
    ensure!(failed.contains("rejected") && failed.contains("com.example.mail"), "{failed}");
    ensure!(browser.text("#status")?.contains("1 dead letters"));
    let runs = browser.text("#runs")?;
    for seen in ["run-1.1", "run-2.1", "run-3.1", "Ada", "Grace", "raw-notification"] {
        ensure!(runs.contains(seen), "`{seen}` is not in {runs}");
    }
    browser.open(&desk.url("/?failed=on"))?;
    let runs = browser.text("#runs")?;
    ensure!(runs.contains("run-2.1") && !runs.contains("run-1.1"), "{runs}");
    browser.open(&desk.url("/?app=com.example.chat"))?;
    let runs = browser.text("#runs")?;
    ensure!(runs.contains("run-3.1") && !runs.contains("run-1.1"), "{runs}");
    Ok(())
}

#[test]
fn a_run_is_seen_whole_run_again_and_exported() -> Result<()> {
    let desk = desk_with_all()?;
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/runs/run-1.1"))?;
    let page = browser.text("main")?;
    for seen in ["completed", "inbox/unread", "not set", "\"subject\": \"Lunch?\"", "fuel", "Ada"] {
        ensure!(page.contains(seen), "`{seen}` is not in {page}");
    }
    let hex = browser.evaluate("document.querySelector('pre.hex').textContent")?;
    ensure!(hex.as_str().is_some_and(|hex| hex.starts_with("000000  5b 7b 22 69 64")), "{hex}");
    browser.click("form[data-command=replay] button")?;
    browser.wait("#answer", "The same, to the byte")?;
    let case = browser.ask(&json!({ "do": "download", "selector": "a.button" }))?;
    let case = case.as_str().unwrap_or_default();
    ensure!(case.contains("about = \"run-1.1 of com.example.mail\""), "{case}");
    desk.place.file("case.toml", case)?;
    let said = desk.bugle(&["test", "case.toml", "--app", "mail"])?;
    ensure!(said.contains("1 passed"), "{said}");
    Ok(())
}

#[test]
fn an_app_shows_what_it_is_and_keeps() -> Result<()> {
    let desk = desk_with_all()?;
    let mut browser = desk.browser()?;
    browser.open(&desk.url("/apps"))?;
    browser.fill("input[name=text]", "MAIL")?;
    browser.click(".filter button")?;
    // All apps have that one, too: the page is another once the others are gone.
    browser.ask(&json!({ "do": "gone", "selector": "#apps:has-text('com.example.chat')" }))?;
    let apps = browser.wait("#apps", "com.example.mail")?;
    ensure!(!apps.contains("com.example.chat"), "{apps}");
    browser.click("#apps a")?;
    let page = browser.wait("main", "2 runs in the last hour, 1 failed")?;
    for seen in ["inbox/unread", "kept-runs", "new-mail", "sha256", "plain", "2 pushes"] {
        ensure!(page.contains(seen), "`{seen}` is not in {page}");
    }
    let bars = browser.evaluate("document.querySelectorAll('svg.plot rect').length")?;
    ensure!(bars.as_u64() >= Some(2), "{bars}");
    Ok(())
}

#[test]
fn pages_are_used_by_the_keyboard_alone() -> Result<()> {
    let desk = desk_with_all()?;
    let mut browser = desk.browser()?;
    let mut press = |keys: Value| browser.ask(&json!({ "do": "press", "keys": keys }));
    press(json!(["Tab", "Enter"]))?;
    ensure!(browser.evaluate("document.activeElement.id")? == "page", "it skips the menu");
    browser.open(&desk.url("/"))?;
    browser.ask(&json!({ "do": "press", "keys": ["Tab", "Tab", "Tab", "Enter"] }))?;
    browser.wait("h1", "Lock screen")?;
    // In the field of the toast of the chat: the key Enter is its first action.
    browser.evaluate("document.querySelector('[data-input=reply]').focus()")?;
    let keys = json!(["H", "i", "Enter"]);
    browser.ask(&json!({ "do": "press", "keys": keys }))?;
    let said = browser.wait("#said", "The task is woken by trigger-")?;
    // It is told before it runs.
    let trigger = said.rsplit('-').next().unwrap_or_default().trim_end_matches('.');
    browser.open(&desk.url("/"))?;
    browser.wait("#runs", &format!("run-{trigger}.1"))?;
    let settings = desk.bugle(&["settings", "list", "com.example.chat"])?;
    ensure!(settings.contains("Hi"), "{settings}");
    Ok(())
}

#[test]
fn it_is_small_and_from_nowhere_else() -> Result<()> {
    let desk = desk_with_all()?;
    let mut browser = desk.browser()?;
    for path in PATHS {
        browser.open(&desk.url(path))?;
        let page = "fetch(location.href).then((answer) => answer.arrayBuffer()) \
                    .then((page) => page.byteLength)";
        let bytes = browser.evaluate(page)?.as_u64().context("it is a number")?;
        ensure!(usize::try_from(bytes)? <= page_bytes_max(), "{path} has {bytes} bytes");
    }
    let asked = browser.ask(&json!({ "do": "asked" }))?;
    let base = desk.url("/");
    let others = asked.as_array().into_iter().flatten().filter_map(Value::as_str);
    let others: Vec<_> = others.filter(|url| !url.starts_with(&base)).collect();
    ensure!(others.is_empty(), "{others:?}");
    Ok(())
}

/// Elements that take time to change, by all rules that are for them.
const MOVING: &str = r"[...document.querySelectorAll('*')].filter((element) => {
    const { transitionDuration, animationDuration, animationName } = getComputedStyle(element);
    const lasts = (times) => times.split(',').some((time) => parseFloat(time) > 0);
    return lasts(transitionDuration) || lasts(animationDuration) || animationName !== 'none';
}).map((element) => element.tagName)";

#[test]
fn nothing_moves_for_who_wants_nothing_to_move() -> Result<()> {
    let desk = desk_with_all()?;
    let mut browser = desk.browser()?;
    for (motion, moves) in [("reduce", false), ("no-preference", true)] {
        let doing = json!({
            "do": "look", "width": 1000, "height": 520, "scheme": "light", "motion": motion,
        });
        browser.ask(&doing)?;
        for path in PATHS {
            browser.open(&desk.url(path))?;
            let moving = browser.evaluate(MOVING)?;
            ensure!((moving != json!([])) == moves, "{path}, {motion}: {moving}");
        }
    }
    Ok(())
}

/// The docs have pictures of real pages: `UPDATE_DOCS=1` takes them anew.
#[test]
fn the_docs_have_pictures_of_the_pages() -> Result<()> {
    let desk = desk_with_all()?;
    desk.push(CHAT, "Ada: Lunch at noon, at the analytical engine?")?;
    desk.push(MAIL, r#"[{"id":"2","from":"Ada Lovelace","subject":"Notes on the engine"}]"#)?;
    let mut browser = desk.browser()?;
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/docs");
    for (path, name, scheme) in [
        ("/", "dashboard-feed.png", "light"),
        ("/toasts", "dashboard-lock-screen.png", "dark"),
        ("/runs/run-1.1", "dashboard-run.png", "light"),
    ] {
        browser.look(1000, 520, scheme)?;
        browser.open(&desk.url(path))?;
        let folder = if env::var_os("UPDATE_DOCS").is_some() { &docs } else { desk.place.folder() };
        browser.shoot(&folder.join(name))?;
        ensure!(fs::read(folder.join(name))?.starts_with(b"\x89PNG"), "{name} is no picture");
        ensure!(docs.join(name).is_file(), "{name} is not in the docs: `UPDATE_DOCS=1` takes it");
    }
    Ok(())
}
