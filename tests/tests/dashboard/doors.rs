//! Who is let in at the management door, and by which words.

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::{Answer, Connection, Place};

use crate::{CHAT, Desk};

fn ask(desk: &Desk, request: &str, headers: &str, body: &str) -> Result<Answer> {
    let mut connection = Connection::to(desk.door)?;
    let length = body.len();
    connection
        .send(format!("{request} HTTP/1.1\r\ncontent-length: {length}\r\n{headers}\r\n{body}"))?;
    connection.answer()
}

/// What a browser that was let in sends along.
fn cookie(desk: &Desk) -> Result<String> {
    let path = desk.link.split_once(&desk.door.to_string()).context("it is a link")?.1;
    let entered = ask(desk, &format!("GET {path}"), &format!("host: {}\r\n", desk.door), "")?;
    let cookie = entered.header("set-cookie").context("it gives a cookie")?;
    for word in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        ensure!(cookie.contains(word), "{cookie}");
    }
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

#[test]
fn a_link_is_good_once_and_nothing_is_seen_without_it() -> Result<()> {
    let desk = Desk::new()?;
    let own = format!("host: {}\r\n", desk.door);
    for path in ["/", "/toasts", "/events", "/runs/run-1.1/case.toml", "/nothing"] {
        let answer = ask(&desk, &format!("GET {path}"), &own, "")?;
        ensure!(answer.status == 401, "{path}: {answer:?}");
        ensure!(!answer.body.contains("com.example"), "{path}: {answer:?}");
    }
    let cookie = cookie(&desk)?;
    let known = format!("{own}cookie: other=1; {cookie}\r\n");
    ensure!(ask(&desk, "GET /apps", &known, "")?.body.contains("com.example.chat"));
    let path = desk.link.split_once(&desk.door.to_string()).context("it is a link")?.1;
    let again = ask(&desk, &format!("GET {path}"), &own, "")?;
    ensure!(again.status == 401 && again.header("set-cookie").is_none(), "{again:?}");
    let fresh = desk.bugle(&["dashboard"])?;
    ensure!(fresh.starts_with(&desk.url("/enter?key=")) && fresh.trim() != desk.link, "{fresh}");
    Ok(())
}

#[test]
fn every_answer_says_what_a_browser_may_do_with_it() -> Result<()> {
    let desk = Desk::new()?;
    let known = format!("host: {}\r\ncookie: {}\r\n", desk.door, cookie(&desk)?);
    for path in ["/", "/assets/dashboard.js", "/nothing", "/enter?key=wrong", "/apps/x"] {
        let answer = ask(&desk, &format!("GET {path}"), &known, "")?;
        let policy = answer.header("content-security-policy").unwrap_or_default();
        for word in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            ensure!(policy.contains(word), "{path}: {policy}");
        }
        ensure!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
        ensure!(answer.header("x-content-type-options") == Some("nosniff"), "{path}");
        ensure!(answer.header("referrer-policy") == Some("no-referrer"), "{path}");
        ensure!(!answer.body.contains("<style") && !answer.body.contains(" style="), "{path}");
    }
    Ok(())
}

#[test]
fn a_request_of_another_site_changes_nothing() -> Result<()> {
    let desk = Desk::new()?;
    let cookie = cookie(&desk)?;
    let (door, port) = (desk.door, desk.door.port());
    let push = format!(r#"{{"command":"push","channel":"{CHAT}","content":"Ada: Hi"}}"#);
    let send = |host: &str, origin: &str, kind: &str| {
        let headers =
            format!("host: {host}\r\n{origin}cookie: {cookie}\r\ncontent-type: {kind}\r\n");
        ask(&desk, "POST /commands", &headers, &push).map(|answer| answer.status)
    };
    let (own, json) = (door.to_string(), "application/json");
    for (host, origin, kind, status) in [
        // A name that was given this door's address.
        (
            format!("evil.example:{port}"),
            format!("origin: http://evil.example:{port}\r\n"),
            json,
            421,
        ),
        (own.clone(), "origin: http://evil.example\r\n".to_owned(), json, 403),
        // Another door of this machine, and no origin at all.
        (own.clone(), format!("origin: http://127.0.0.1:{}\r\n", port ^ 1), json, 403),
        (own.clone(), String::new(), json, 403),
        (own.clone(), "origin: null\r\n".to_owned(), json, 403),
        // As a form sends it.
        (own.clone(), format!("origin: http://{own}\r\n"), "text/plain", 415),
        (
            own.clone(),
            format!("origin: http://{own}\r\n"),
            "application/x-www-form-urlencoded",
            415,
        ),
    ] {
        ensure!(send(&host, &origin, kind)? == status, "{host} {origin} {kind}");
    }
    ensure!(!desk.bugle(&["runs"])?.contains("run-"), "nothing ran");
    ensure!(send(&own, &format!("origin: http://{own}\r\n"), json)? == 200);
    let localhost = format!("localhost:{port}");
    ensure!(send(&localhost, &format!("origin: http://{localhost}\r\n"), json)? == 200);
    // Reading, too, by no other name.
    let rebound = format!("host: evil.example:{port}\r\ncookie: {cookie}\r\n");
    ensure!(ask(&desk, "GET /", &rebound, "")?.status == 421);
    Ok(())
}

#[test]
fn a_request_of_another_site_reads_nothing() -> Result<()> {
    let desk = Desk::new()?;
    let known = format!("host: {}\r\ncookie: {}\r\n", desk.door, cookie(&desk)?);
    let paths = ["/", "/events", "/toasts", "/runs/run-1.1/case.toml", "/assets/dashboard.js"];
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        let headers = format!("{known}origin: {origin}\r\n");
        for path in paths {
            let answer = ask(&desk, &format!("GET {path}"), &headers, "")?;
            ensure!(answer.status == 403, "{path} {origin}: {answer:?}");
            ensure!(!answer.body.contains("com.example"), "{path} {origin}: {answer:?}");
        }
    }
    let own = format!("{known}origin: http://{}\r\n", desk.door);
    ensure!(ask(&desk, "GET /", &own, "")?.status == 200);
    Ok(())
}

#[test]
fn words_that_are_none_change_nothing() -> Result<()> {
    let desk = Desk::new()?;
    let headers = format!(
        "host: {0}\r\norigin: http://{0}\r\ncookie: {1}\r\ncontent-type: application/json\r\n",
        desk.door,
        cookie(&desk)?
    );
    for (words, code) in [
        ("", "not-a-command"),
        ("[]", "not-a-command"),
        (r#"{"command":"remove","app":"com.example.mail"}"#, "not-a-command"),
        (r#"{"command":"replay","run":"run-9.9"}"#, "unknown-run"),
        (r#"{"command":"dismiss-toast","toast":"toast-1.1.0"}"#, "unknown-toast"),
        (r#"{"command":"dismiss-toast","toast":"\u001b[2J"}"#, "invalid-id"),
        (r#"{"command":"retry-dead","triggers":["trigger-1"]}"#, "not-dead"),
    ] {
        let answer = ask(&desk, "POST /commands", &headers, words)?;
        ensure!(answer.status == 422 && answer.error() == code, "{words}: {answer:?}");
        ensure!(!answer.body.contains('\u{1b}'), "{answer:?}");
    }
    Ok(())
}

#[test]
fn the_door_is_on_this_machine_only() -> Result<()> {
    let place = Place::new()?;
    let door = ["serve", "--listen", "127.0.0.1:0", "--management-door", "0.0.0.0:0"];
    let said = place.bugle(door)?.refused(3)?;
    ensure!(said.contains("on loopback only"), "{said}");
    let none = place.bugle(["dashboard"])?.refused(2)?;
    ensure!(none.contains("no dashboard is served"), "{none}");
    Ok(())
}
