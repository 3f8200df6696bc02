//! A name that was given this door's address, and a page of another site.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::{Result, ensure};

use crate::hostile::reach_for;
use crate::{CHAT, Desk};

/// The browser finds it on this machine.
const EVIL: &str = "evil.example";

#[test]
fn a_name_that_was_given_the_doors_address_leads_nowhere() -> Result<()> {
    let desk = Desk::new()?;
    let mut browser = desk.browser()?;
    let evil = format!("http://{EVIL}:{}", desk.door.port());
    let fresh = desk.bugle(&["dashboard"])?;
    let enter = fresh.trim().replace(&desk.url(""), &evil);
    for url in [format!("{evil}/"), format!("{evil}/apps"), enter] {
        ensure!(browser.open(&url)? == 421, "{url}");
        let page = browser.text("main")?;
        ensure!(page.contains("another name") && !page.contains("com.example"), "{url}: {page}");
    }
    // To the browser, the door is what a page of that name comes from.
    let push = format!(r#"'{{"command":"push","channel":"{CHAT}","content":"Eve: Hi"}}'"#);
    let post = format!(
        "fetch('/commands', {{ method: 'POST', body: {push}, \
         headers: {{ 'content-type': 'application/json' }} }}).then((answer) => answer.status)"
    );
    ensure!(browser.evaluate(&post)? == 421);
    ensure!(!desk.bugle(&["runs"])?.contains("run-"), "something ran");
    // The link is as good as before.
    ensure!(browser.open(fresh.trim())? == 200);
    browser.wait("h1", "Feed")?;
    Ok(())
}

#[test]
fn a_form_and_a_script_of_another_site_change_nothing() -> Result<()> {
    let desk = Desk::new()?;
    desk.push(CHAT, "Ada: Lunch?")?;
    let mut browser = desk.browser()?;
    // As plain text, a form can send what is nearly JSON.
    let page = format!(
        r#"<!doctype html><title>Evil</title><h1>Evil</h1>
        <form method="post" enctype="text/plain" action="{}">
        <input name='{{"command":"push","channel":"{CHAT}","content":"Eve: Hi","x":"' value='"}}'>
        <button>Win</button></form>"#,
        desk.url("/commands")
    );
    let evil = format!("http://{EVIL}:{}/", serve(&page)?);
    ensure!(browser.open(&evil)? == 200);
    browser.wait("h1", "Evil")?;
    reach_for(&desk, &mut browser)?;
    browser.click("button")?;
    browser.wait("h1", "Not for another site")?;
    ensure!(!desk.bugle(&["runs"])?.contains("run-2"), "something ran");
    Ok(())
}

/// A site with one page; its port. It ends with the process.
fn serve(page: &str) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let page: Arc<str> = page.into();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(std::io::Result::ok) {
            let page = Arc::clone(&page);
            // Browsers open connections that they may not use.
            thread::spawn(move || answer(stream, &page));
        }
    });
    Ok(port)
}

fn answer(stream: TcpStream, page: &str) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    // To the empty line after the headers.
    while stream.read_line(&mut line)? > 2 {
        line.clear();
    }
    let length = page.len();
    write!(
        stream.get_mut(),
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{page}"
    )
}
