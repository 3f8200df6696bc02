//! What no published client asks for: requests as the protocols have them.

use anyhow::{Context as _, Result};
use bugle::Protocol;
use bugle_tests::program::{Answer, Connection};
use serde_json::{Value, json};

use crate::stage::Stage;

/// One request on a connection of its own.
fn ask(stage: &Stage, method: &str, path: &str, headers: &str, body: &str) -> Result<Answer> {
    let door = stage.url.strip_prefix("http://").context("it is plain HTTP")?;
    let mut connection = Connection::to(door.parse()?)?;
    let length = body.len();
    connection.send(format!(
        "{method} {path} HTTP/1.1\r\nhost: t\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    ))?;
    connection.answer()
}

/// A channel for Web Push over plain HTTP: where to push.
fn web_push() -> Result<(Stage, String)> {
    let stage = Stage::plain()?;
    let channel = stage.channel(Protocol::WebPush { sender_key: None })?;
    let path = format!("/wpush/{}", channel.address().as_str());
    Ok((stage, path))
}

#[test]
fn what_can_be_taken_back_is_and_receipts_tell_what_became_of_it() -> Result<()> {
    let (stage, path) = web_push()?;
    let asked = ask(&stage, "GET", &path, "", "")?;
    assert_eq!(
        serde_json::from_str::<Value>(&asked.body)?,
        json!({ "unifiedpush": { "version": 1 } })
    );
    // Silent: what is offered to it waits, and a turn's worth of pushes behind it.
    let foreground = stage.scene.app().enter_foreground();
    let mut messages = Vec::new();
    for _ in 0..40 {
        let headers = "ttl: 60\r\nprefer: respond-async\r\n";
        let answer = ask(&stage, "POST", &path, headers, "")?;
        assert_eq!(answer.status, 202, "{answer:?}");
        assert!(answer.header("link").is_some_and(|link| link.contains("push:receipt")));
        messages.push(answer.header("location").context("it has a place")?.to_owned());
    }
    let last = messages.pop().context("there are some")?;
    let receipt = |message: &str| message.replace("/message/", "/receipt/");
    assert_eq!(ask(&stage, "GET", &receipt(&last), "", "")?.status, 202);
    assert_eq!(ask(&stage, "DELETE", &last, "", "")?.status, 204);
    assert_eq!(ask(&stage, "DELETE", &last, "", "")?.status, 410);
    assert_eq!(ask(&stage, "GET", &receipt(&last), "", "")?.status, 410);
    for wrong in ["/message/1.AAAAAAAAAAAAAAAAAAAAAA", "/message/x", "/receipt/0.x"] {
        let method = if wrong.starts_with("/m") { "DELETE" } else { "GET" };
        assert_eq!(ask(&stage, method, wrong, "", "")?.status, 404, "{wrong}");
    }
    drop(foreground);
    assert_eq!(stage.contents()?.len(), 39);
    assert_eq!(ask(&stage, "GET", &receipt(&messages[0]), "", "")?.status, 204);
    Ok(())
}

#[test]
fn a_message_needs_its_headers() -> Result<()> {
    let (stage, path) = web_push()?;
    let code = |headers: &str, body: &str| -> Result<(u16, String)> {
        let answer = ask(&stage, "POST", &path, headers, body)?;
        let body: Value = serde_json::from_str(&answer.body)?;
        Ok((answer.status, body["error"].as_str().unwrap_or_default().to_owned()))
    };
    assert_eq!(code("", "")?, (400, "ttl-missing".into()));
    assert_eq!(code("ttl: 1\r\n", "x")?, (400, "encoding-missing".into()));
    assert_eq!(code("ttl: 1\r\nurgency: now\r\n", "")?, (400, "invalid-urgency".into()));
    assert_eq!(ask(&stage, "PUT", &path, "", "")?.status, 405);
    let plain = path.replace("/wpush/", "/push/");
    assert_eq!(ask(&stage, "POST", &plain, "", "x")?.status, 404, "it is no plain channel");
    assert_eq!(stage.contents()?, Vec::<Vec<u8>>::new());
    Ok(())
}

#[test]
fn a_homeserver_is_told_which_keys_lead_nowhere() -> Result<()> {
    let stage = Stage::plain()?;
    let channel = stage.channel(Protocol::Plain)?;
    let right = format!("{}/push/{}", stage.url, channel.address().as_str());
    let wrong = format!("{}/push/{}", stage.url, "A".repeat(43));
    let body = json!({ "notification": {
        "event_id": "$1", "type": "m.room.message", "content": { "body": "hello" },
        "devices": [{ "app_id": "a", "pushkey": right }, { "app_id": "a", "pushkey": wrong }],
    }});
    let notify = "/_matrix/push/v1/notify";
    let answer = ask(&stage, "POST", notify, "", &body.to_string())?;
    assert_eq!(answer.status, 200);
    assert_eq!(serde_json::from_str::<Value>(&answer.body)?, json!({ "rejected": [wrong] }));
    let contents = stage.contents()?;
    let told: Value = serde_json::from_slice(&contents[0])?;
    assert_eq!(told["notification"]["devices"], json!([{ "app_id": "a", "pushkey": right }]));
    assert_eq!(told["notification"]["content"]["body"], "hello");
    assert_eq!(ask(&stage, "POST", notify, "", "{}")?.status, 400);
    let gateway = ask(&stage, "GET", notify, "", "")?;
    assert!(gateway.body.contains("matrix"), "{gateway:?}");
    Ok(())
}

#[test]
fn a_wns_request_without_a_right_token_is_told_so() -> Result<()> {
    let stage = Stage::plain()?;
    let channel = stage.channel(Protocol::Wns)?;
    let path = format!("/wns?token={}", channel.address().as_str());
    let status =
        |headers: &str| -> Result<u16> { Ok(ask(&stage, "POST", &path, headers, "hello")?.status) };
    assert_eq!(status("")?, 400, "there is no X-WNS-Type");
    assert_eq!(status("x-wns-type: wns/raw\r\n")?, 401);
    assert_eq!(status("x-wns-type: wns/raw\r\nauthorization: Bearer none\r\n")?, 401);
    assert_eq!(ask(&stage, "GET", &path, "", "")?.status, 405);
    Ok(())
}

#[test]
fn an_address_leads_nowhere_by_another_protocols_door() -> Result<()> {
    let stage = Stage::plain()?;
    let channel = stage.channel(Protocol::Wns)?;
    let address = channel.address().as_str();
    let unknown = ask(&stage, "POST", &format!("/push/{}", "A".repeat(43)), "", "x")?;
    assert_eq!(ask(&stage, "POST", &format!("/push/{address}"), "", "x")?, unknown);
    let web = ask(&stage, "POST", &format!("/wpush/{address}"), "ttl: 1\r\n", "")?;
    assert_eq!(web.status, 404);
    Ok(())
}
