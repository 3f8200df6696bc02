//! What a sender says in a request: the door's answers, the daemon's log, and what is kept.

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::script::Script;
use crate::strings::{HOSTILE, assert_plain, without_colours, word};
use crate::{APP, INBOX, json, place, say_plainly};

/// A header's value can have neither: they end it.
fn may_be_in_a_header(text: &str) -> bool {
    !text.contains(['\0', '\r', '\n'])
}

#[test]
fn headers_are_taken_whole_or_refused_plainly() -> Result<()> {
    let place = place()?;
    let address = json(&place, &["channel", "open", INBOX])?;
    let address = address["path"].as_str().context("it has a path")?.to_owned();
    let daemon = place.serve()?;
    let mut taken = 0;
    for text in HOSTILE {
        let script = Vec::from(Script::of("log", &["x"]));
        for name in
            ["bugle-note", "content-type", "user-agent", "idempotency-key", "bugle-ttl", "from"]
        {
            let mut connection = daemon.connect()?;
            connection.send_push(&address, &format!("{name}: {text}\r\n"), &script)?;
            let answer = connection.answer()?;
            assert_plain(&format!("{name} {text:?}"), &(answer.head.join("\n") + &answer.body))?;
            ensure!(answer.status == 201 || answer.status == 400, "{name} {text:?}: {answer:?}");
            if answer.status == 201 && name == "bugle-note" && may_be_in_a_header(text) {
                taken += 1;
            }
        }
    }
    ensure!(taken > 0, "some can be a header");
    let (_, _, log) = daemon.terminate()?;
    assert_plain("the log", &without_colours(&log))?;
    // Whatever was kept is shown plainly.
    let runs = json(&place, &["runs", "--limit", "1000"])?;
    for run in runs.as_array().context("a list")? {
        let id = run["run"].as_str().context("it has an id")?;
        json(&place, &["runs", "show", id])?;
    }
    say_plainly(&place, &["runs", "--limit", "1000"])?;
    say_plainly(&place, &["channel", "list"])?;
    Ok(())
}

#[test]
fn paths_and_methods_are_answered_plainly() -> Result<()> {
    let place = place()?;
    let daemon = place.serve_with(&["-v"])?;
    for text in HOSTILE.iter().filter(|text| may_be_in_a_header(text)) {
        for request in [
            format!("POST /push/{text} HTTP/1.1\r\nhost: t\r\ncontent-length: 1\r\n\r\nx"),
            format!("GET /{text}?{text} HTTP/1.1\r\nhost: {text}\r\n\r\n"),
            format!("{text} / HTTP/1.1\r\nhost: t\r\n\r\n"),
            format!("{text}\r\n\r\n"),
        ] {
            let mut connection = daemon.connect()?;
            connection.send(&request)?;
            connection.end()?;
            let answer = String::from_utf8_lossy(&connection.rest()?).replace("\r\n", "\n");
            assert_plain(&format!("{request:?}"), &answer)?;
        }
    }
    let (_, _, log) = daemon.terminate()?;
    assert_plain("the log", &without_colours(&log))
}

#[test]
fn what_other_protocols_are_told_is_kept_as_it_was_said() -> Result<()> {
    let place = place()?;
    let topic = json(&place, &["channel", "open", "com.example.loud/alerts", "--topic", "news"])?;
    let token = topic["token"].as_str().context("it has a token")?.to_owned();
    let address = json(&place, &["channel", "open", INBOX])?;
    let address = address["path"].as_str().context("it has a path")?.to_owned();
    let daemon = place.serve()?;
    let url = format!("http://{}{address}", daemon.door());
    let push = |path: &str, headers: &str, body: &Value| -> Result<u16> {
        let mut connection = daemon.connect()?;
        connection.send_push(path, headers, body.to_string().as_bytes())?;
        let answer = connection.answer()?;
        assert_plain(path, &answer.head.join("\n"))?;
        // In it a sender gets its own words back, as JSON.
        let _: Value = serde_json::from_str(&answer.body)?;
        Ok(answer.status)
    };
    let with_token = format!("authorization: Bearer {token}\r\n");
    for text in HOSTILE {
        let message = serde_json::json!({
            "topic": "news", "message": text, "title": text, "tags": [text], "click": text,
        });
        let status = push("/", &with_token, &message)?;
        ensure!(status == 200 || status == 400, "ntfy {text:?}: {status}");
        let event = serde_json::json!({ "notification": {
            "event_id": text, "sender": text, "room_name": text, "content": { "body": text },
            "devices": [{ "app_id": text, "pushkey": url }, { "app_id": text, "pushkey": text }],
        }});
        let status = push("/_matrix/push/v1/notify", "", &event)?;
        ensure!(status == 200, "Matrix {text:?}: {status}");
    }
    // What is accepted may not have run, and a host that ends leaves it for the next. This one runs last.
    let last = Vec::from(Script::of("log", &["the last"]));
    place.bugle_reading(["push", INBOX, "--wait"], &last)?.good()?;
    let (_, _, log) = daemon.terminate()?;
    assert_plain("the log", &without_colours(&log))?;
    let runs = json(&place, &["runs", "--limit", "1000"])?;
    let mut contents = String::new();
    for run in runs.as_array().context("a list")? {
        let id = run["run"].as_str().context("it has an id")?;
        say_plainly(&place, &["runs", "show", id])?;
        let trigger = &json(&place, &["runs", "show", id])?["input"]["trigger"];
        let content = trigger["content"].as_str().context("it has content")?;
        let content = STANDARD.decode(content).unwrap_or_else(|_| content.as_bytes().to_vec());
        contents += &String::from_utf8_lossy(&content);
        contents.push('\n');
    }
    for text in HOSTILE {
        ensure!(contents.contains(word(text)), "{text:?} was not kept");
    }
    Ok(())
}

#[test]
fn a_notification_of_windows_that_is_dropped_is_logged_plainly() -> Result<()> {
    let place = place()?;
    place.bugle(["channel", "close", INBOX])?.good()?;
    let opened = json(&place, &["channel", "open", INBOX, "--wns"])?;
    let path = opened["path"].as_str().context("it has a path")?.to_owned();
    let daemon = place.serve()?;
    let own = json(&place, &["app", "credentials", APP])?;
    let part = |name: &str| own[name].as_str().map(str::to_owned).context("it is told");
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=notify.windows.com",
        part("client-id")?.replace(':', "%3A").replace('/', "%2F"),
        part("client-secret")?
    );
    let token = daemon.connect()?.push("/accesstoken.srf", form.as_bytes())?;
    let token: Value = serde_json::from_str(&token.body)?;
    let token = token["access_token"].as_str().context("it is given")?;
    for text in HOSTILE {
        let bodies = [
            format!(
                "<toast><visual><binding template=\"ToastGeneric\"><text>{text}</text></binding></visual></toast>"
            ),
            format!("<{text}/>"),
            format!("<toast {text}=\"{text}\"><{text}></toast>"),
            format!("<badge value=\"{text}\"/>"),
        ];
        for (kind, body) in ["toast", "toast", "toast", "badge"].iter().zip(bodies) {
            let mut connection = daemon.connect()?;
            let headers = format!(
                "authorization: Bearer {token}\r\nx-wns-type: wns/{kind}\r\ncontent-type: text/xml\r\n"
            );
            connection.send_push(&path, &headers, body.as_bytes())?;
            let answer = connection.answer()?;
            assert_plain("WNS", &(answer.head.join("\n") + &answer.body))?;
            ensure!(answer.status < 500, "{body:?}: {answer:?}");
        }
    }
    say_plainly(&place, &["toasts"])?;
    let (_, _, log) = daemon.terminate()?;
    ensure!(log.contains("dropped"), "some were no notifications: {log}");
    assert_plain("the log", &without_colours(&log))
}
