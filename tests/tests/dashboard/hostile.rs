//! Text that was made to do something.

use anyhow::{Result, ensure};
use bugle_tests::program::Place;
use serde_json::json;

use crate::{CHAT, Desk};

const HOSTILE: [&str; 5] = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\u{1b}[31mred\u{1b}]0;owned\u{7}",
    "\u{202e}dewar\u{2066}\u{200b}",
    "'\"><a href=\"javascript:document.title='owned'\">x</a>",
];

#[test]
fn hostile_text_is_text_on_every_page() -> Result<()> {
    let desk = Desk::new()?;
    for text in HOSTILE {
        // A name has at most 48 bytes, no colon and no sign of equality.
        let name: String = text.replace(['=', ':'], "-").chars().take(40).collect();
        desk.push(CHAT, &format!("{name}: {text}"))?;
        // Rejected with what it is, and with no message.
        desk.push(CHAT, text)?;
    }
    let mut browser = desk.browser()?;
    for path in
        ["/", "/toasts", "/apps/com.example.chat", "/dead", "/runs/run-1.1", "/runs/run-2.1"]
    {
        ensure!(browser.open(&desk.url(path))? == 200, "{path}");
        let title = browser.evaluate("document.title")?;
        ensure!(title != "owned", "{path}");
        // The app's own picture is no guest's text.
        let made = "document.querySelectorAll('main script, main img:not(.picture), \
                    main a[href^=javascript]').length";
        ensure!(browser.evaluate(made)? == 0, "{path}");
        let text = browser.text("main")?;
        let obeyed = |c| matches!(c, '\u{1b}' | '\u{7}' | '\u{202e}' | '\u{2066}' | '\u{200b}');
        ensure!(!text.contains(obeyed), "{path}: {text:?}");
    }
    browser.open(&desk.url("/toasts"))?;
    let toasts = browser.text("#screen")?;
    for shown in ["<script>", "<img src=x", "\\u{1b}[31mred", "\\u{202e}dewar", "'\"><a href"] {
        ensure!(toasts.contains(shown), "`{shown}` is not in {toasts}");
    }
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
    ensure!(!desk.bugle(&["runs"])?.contains("run-2"), "something ran");
    Ok(())
}
