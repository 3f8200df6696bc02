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
        let made =
            "document.querySelectorAll('main script, main img, main a[href^=javascript]').length";
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
    // The same machine by another name, as another site's page would have it.
    let other = Desk::serve(Place::new()?, "127.0.0.1:0")?;
    let elsewhere = other.link.replace("127.0.0.1", "localhost");
    browser.open(&elsewhere)?;
    browser.wait("h1", "Feed")?;
    let url = desk.url("/commands");
    let forms = [
        // As a form sends it, and as a script does.
        format!(
            "fetch('{url}', {{ method: 'POST', mode: 'no-cors', credentials: 'include', body: '{{}}' }})"
        ),
        format!(
            "fetch('{url}', {{ method: 'POST', credentials: 'include', body: '{{}}', headers: {{ 'content-type': 'application/json' }} }})"
        ),
        format!(
            "fetch('{}', {{ credentials: 'include' }}).then((answer) => answer.text())",
            desk.url("/toasts")
        ),
    ];
    for form in forms {
        let done = browser.evaluate(&format!(
            "{form}.then((text) => 'read ' + text, (error) => 'no: ' + error)"
        ))?;
        ensure!(done.as_str().is_some_and(|done| done.starts_with("no:")), "{form}: {done}");
    }
    Ok(())
}
