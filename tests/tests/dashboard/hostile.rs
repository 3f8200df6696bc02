//! Text that was made to do something.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::Place;
use bugle_tests::{AppSource, World, fixtures, puppet};
use serde_json::json;

use crate::{Browser, CHAT, Desk};

const PAINTER: &str = "com.example.painter";

/// The name of a picture that is there, and what is said of it.
const PICTURE: &str = "x\" onerror=\"document.title='owned'\" y.png";

const HOSTILE: [&str; 5] = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\u{1b}[31mred\u{1b}]0;owned\u{7}",
    "\u{202e}dewar\u{2066}\u{200b}",
    "'\"><a href=\"javascript:document.title='owned'\">x</a>",
];

/// Images that are no picture of an app on this very door, or have more than a picture has.
const STRANGE_IMAGES: &str = r"[...document.images].filter((image) => {
    const path = image.getAttribute('src') || '';
    return !/^\/apps\/[\w.-]+\/pictures\/[\w.~%\/-]+$/.test(path)
        || image.src !== location.origin + path
        || image.getAttributeNames().some((name) => !['class', 'src', 'alt'].includes(name));
}).map((image) => image.outerHTML)";

/// An app of which each push is a toast's title, the address of its picture, and what is said of that.
fn painter() -> Result<AppSource> {
    const TITLE: &str = "(i32.store (i32.const 516) (local.get $len))";
    let text = fs::read_to_string(fixtures::PUPPET)?;
    ensure!(text.contains(TITLE), "the puppet has no `{TITLE}`");
    // A toast's field `image`: that there is one, and two texts.
    let mut title_and_image = format!("{TITLE} (i32.store8 (i32.const 548) (i32.const 1))");
    for (at, what) in [(552, "text"), (556, "len"), (560, "text"), (564, "len")] {
        title_and_image += &format!(" (i32.store (i32.const {at}) (local.get ${what}))");
    }
    let component =
        World::load()?.encode(wat::parse_str(text.replace(TITLE, &title_and_image))?)?;
    let mut app = puppet(PAINTER).with_component(&component);
    let pictures = AppSource::example("chat")?.files.into_iter();
    let mut pictures = pictures.filter(|(name, _)| name == "bubble.png");
    let (_, bubble) = pictures.next().context("the chat has a picture")?;
    app.files.push((PICTURE.to_owned(), bubble));
    Ok(app)
}

#[test]
fn hostile_text_is_text_on_every_page() -> Result<()> {
    let desk = Desk::new()?;
    desk.add(PAINTER, &painter()?)?;
    for text in HOSTILE {
        // A name has at most 48 bytes, no colon and no sign of equality.
        let name: String = text.replace(['=', ':'], "-").chars().take(40).collect();
        desk.push(CHAT, &format!("{name}: {text}"))?;
        // Rejected with what it is, and with no message.
        desk.push(CHAT, text)?;
    }
    for text in HOSTILE.into_iter().chain([PICTURE]) {
        // The address of a picture in the app's own folder has no colon.
        desk.push(&format!("{PAINTER}/inbox"), &format!("t{}", text.replace(':', "-")))?;
    }
    let mut browser = desk.browser()?;
    for path in [
        "/",
        "/toasts",
        "/apps/com.example.chat",
        "/apps/com.example.painter",
        "/dead",
        "/runs/run-1.1",
        "/runs/run-2.1",
        "/runs/run-11.1",
    ] {
        ensure!(browser.open(&desk.url(path))? == 200, "{path}");
        let title = browser.evaluate("document.title")?;
        ensure!(title != "owned", "{path}");
        let made = "document.querySelectorAll('main script, main a[href^=javascript]').length";
        ensure!(browser.evaluate(made)? == 0, "{path}");
        let strange = browser.evaluate(STRANGE_IMAGES)?;
        ensure!(strange == json!([]), "{path}: {strange:#}");
        let text = browser.text("main")?;
        let obeyed = |c| matches!(c, '\u{1b}' | '\u{7}' | '\u{202e}' | '\u{2066}' | '\u{200b}');
        ensure!(!text.contains(obeyed), "{path}: {text:?}");
    }
    browser.open(&desk.url("/toasts"))?;
    let toasts = browser.text("#screen")?;
    for shown in ["<script>", "<img src=x", "\\u{1b}[31mred", "\\u{202e}dewar", "'\"><a href"] {
        ensure!(toasts.contains(shown), "`{shown}` is not in {toasts}");
        let said = format!("picture: {shown}");
        ensure!(toasts.contains(&said), "`{said}` is not in {toasts}");
    }
    // The one that is there is shown, with what is said of it as it is.
    let picture = "const seen = document.querySelector('.toast img[alt*=onerror]'); \
                   seen.decode().then(() => [seen.naturalWidth, seen.alt])";
    let picture = browser.evaluate(picture)?;
    ensure!(picture == json!([64, PICTURE]), "{picture}");
    let complaints = browser.complaints()?;
    ensure!(complaints == json!([]), "nothing even tried: {complaints:#}");
    Ok(())
}

#[test]
fn a_page_of_another_site_can_neither_read_nor_do() -> Result<()> {
    let desk = Desk::new()?;
    desk.push(CHAT, "Ada: Lunch?")?;
    let mut browser = desk.browser()?;
    // Another server of this machine, for which a browser has the same cookies: only the door's own looking
    // at who asks is in its way.
    let other = Desk::serve(Place::new()?, "127.0.0.1:0")?;
    browser.open(&other.link)?;
    browser.wait("h1", "Feed")?;
    reach_for(&desk, &mut browser)?;
    ensure!(!desk.bugle(&["runs"])?.contains("run-2"), "something ran");
    Ok(())
}

/// Tries to read and to do something at a door, from the page that the browser shows.
pub(crate) fn reach_for(desk: &Desk, browser: &mut Browser) -> Result<()> {
    let push = json!({ "command": "push", "channel": CHAT, "content": "Eve: Hi" }).to_string();
    let push = json!(push);
    let url = desk.url("/commands");
    let post = "method: 'POST', credentials: 'include'";
    for form in [
        // As a form sends it, and as a script does.
        format!("fetch('{url}', {{ {post}, mode: 'no-cors', body: {push} }})"),
        format!(
            "fetch('{url}', {{ {post}, body: {push}, headers: {{ 'content-type': 'application/json' }} }})"
        ),
        format!("fetch('{}', {{ credentials: 'include' }})", desk.url("/toasts")),
    ] {
        let read = ".then((answer) => answer.text())";
        let done = browser.evaluate(&format!("{form}{read}.catch((error) => '')"))?;
        ensure!(done == "", "{form}: {done}");
    }
    Ok(())
}
