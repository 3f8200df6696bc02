//! What no published client asks for: requests as the protocols have them.

use anyhow::{Context as _, Result};
use bugle::Protocol;
use serde_json::{Value, json};

use crate::stage::{Stage, ask};

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
    // Silent: what is offered to it waits, and what comes after it behind it.
    let foreground = stage.scene.app().enter_foreground();
    let mut messages = Vec::new();
    for _ in 0..4 {
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
    assert_eq!(ask(&stage, "GET", &receipt(&last), "", "")?.status, 404);
    for wrong in ["/message/1.AAAAAAAAAAAAAAAAAAAAAA", "/message/x", "/receipt/0.x"] {
        let method = if wrong.starts_with("/m") { "DELETE" } else { "GET" };
        assert_eq!(ask(&stage, method, wrong, "", "")?.status, 404, "{wrong}");
    }
    drop(foreground);
    assert_eq!(stage.contents()?.len(), 3);
    assert_eq!(ask(&stage, "GET", &receipt(&messages[0]), "", "")?.status, 204);
    Ok(())
}

#[test]
fn of_several_messages_of_a_topic_that_wait_the_last_is_run() -> Result<()> {
    let (stage, path) = web_push()?;
    let foreground = stage.scene.app().enter_foreground();
    // Each of the first is offered for a second, so that the others wait for as many.
    let first = [("", "low"); 3];
    for (topic, urgency) in
        first.into_iter().chain([("news", "low"), ("mail", "low"), ("news", "high")])
    {
        let topic = if topic.is_empty() { String::new() } else { format!("topic: {topic}\r\n") };
        let headers = format!("ttl: 60\r\nurgency: {urgency}\r\n{topic}");
        assert_eq!(ask(&stage, "POST", &path, &headers, "")?.status, 201);
    }
    drop(foreground);
    let pushes = stage.pushes()?;
    let said = |name: &str| -> Vec<Option<String>> {
        let value = |push: &bugle::task::RawNotification| {
            push.headers
                .iter()
                .find(|header| header.name == name)
                .map(|header| header.value.clone())
        };
        pushes.iter().map(value).collect()
    };
    let (mail, news) = (Some("mail".to_owned()), Some("news".to_owned()));
    assert_eq!(said("topic"), [None, None, None, mail, news]);
    assert_eq!(said("urgency")[4].as_deref(), Some("high"));
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

/// What a sender of WNS proves itself with.
fn wns_token(stage: &Stage) -> Result<String> {
    let credentials = stage.scene.app().credentials().wait()?;
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=notify.windows.com",
        credentials.client_id.replace(':', "%3A").replace('/', "%2F"),
        credentials.client_secret
    );
    let answer = ask(stage, "POST", "/accesstoken.srf", "", &form)?;
    let token: Value = serde_json::from_str(&answer.body)?;
    Ok(token["access_token"].as_str().context("it is given")?.to_owned())
}

#[test]
fn toasts_are_taken_away_by_their_tags_and_groups() -> Result<()> {
    let stage = Stage::plain()?;
    let path = format!("/wns?token={}", stage.channel(Protocol::Wns)?.address().as_str());
    let authorization = format!("authorization: Bearer {}\r\n", wns_token(&stage)?);
    for (tag, group) in [("a", "x"), ("b", "x"), ("a", "y"), ("c", "y"), ("d", "z")] {
        let toast = "<toast><visual><binding template=\"ToastGeneric\"><text>hello</text></binding>\
                     </visual></toast>";
        let headers = format!(
            "{authorization}x-wns-type: wns/toast\r\ncontent-type: text/xml\r\nx-wns-tag: {tag}\r\n\
             x-wns-group: {group}\r\n"
        );
        assert_eq!(ask(&stage, "POST", &path, &headers, toast)?.status, 200);
    }
    let delete = |what: &str| -> Result<(u16, Vec<String>)> {
        let headers = format!("{authorization}x-wns-match: {what}\r\n");
        let answer = ask(&stage, "DELETE", &path, &headers, "")?;
        let shown = stage.scene.app().toasts()?.into_iter();
        let name = |text: Option<String>| text.unwrap_or_default();
        let names = shown.map(|live| name(live.toast.tag) + &name(live.toast.group));
        Ok((answer.status, names.collect()))
    };
    let left = |names: &[&str]| (200, names.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(delete("type:wns/toast;group=x;tag=a")?, left(&["bx", "ay", "cy", "dz"]));
    assert_eq!(delete("type:wns/toast;group=y")?, left(&["bx", "dz"]));
    assert_eq!(delete("type:wns/tile;all")?.0, 400);
    assert_eq!(delete("type:wns/toast;all")?, left(&[]));
    assert_eq!(
        ask(&stage, "DELETE", &path, "x-wns-match: type:wns/toast;all\r\n", "")?.status,
        401
    );
    Ok(())
}

#[test]
fn a_toast_from_outside_may_no_more_than_one_of_a_task() -> Result<()> {
    let stage = Stage::plain()?;
    let channel = stage.channel(Protocol::Wns)?;
    let token = wns_token(&stage)?;
    let path = format!("/wns?token={}", channel.address().as_str());
    let headers = format!(
        "x-wns-type: wns/toast\r\ncontent-type: text/xml\r\nauthorization: Bearer {token}\r\n"
    );
    let images =
        ["pictures/ada.png", "https://tracker.example/a.png", "ms-appx:///../../secret.png"];
    for image in images {
        let toast = format!(
            "<toast><visual><binding template=\"ToastGeneric\"><text>Ada</text>\
             <image src=\"{image}\"/></binding></visual></toast>"
        );
        let answer = ask(&stage, "POST", &path, &headers, &toast)?;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("x-wns-status"), Some("received"), "{image}");
        assert_eq!(answer.header("x-wns-notificationstatus"), Some("received"), "{image}");
    }
    let shown = stage.scene.app().toasts()?;
    let shown = shown.iter().map(|live| live.toast.image.as_ref().map(|image| image.uri.as_str()));
    assert_eq!(shown.collect::<Vec<_>>(), [Some(images[0]), None, None]);
    Ok(())
}

#[test]
fn every_protocol_keeps_the_trace_of_its_sender() -> Result<()> {
    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let stage = Stage::plain()?;
    let send = |protocol: Protocol, request: &dyn Fn(&str) -> (String, String, String)| {
        let channel = stage.channel(protocol)?;
        let (path, headers, body) = request(channel.address().as_str());
        let headers = format!("{headers}traceparent: {TRACE}\r\n");
        let answer = ask(&stage, "POST", &path, &headers, &body)?;
        assert!(matches!(answer.status, 200 | 201), "{path}: {answer:?}");
        stage.scene.settle();
        anyhow::Ok(())
    };
    let text = |path: &str, headers: &str| (path.to_owned(), headers.to_owned(), "x".to_owned());
    send(Protocol::Plain, &|address| text(&format!("/push/{address}"), ""))?;
    send(Protocol::Topic { topic: "ada".parse()? }, &|address| {
        text("/ada", &format!("authorization: Bearer {address}\r\n"))
    })?;
    let proof = format!("authorization: Bearer {}\r\n", wns_token(&stage)?);
    let of_wns =
        format!("{proof}x-wns-type: wns/raw\r\ncontent-type: application/octet-stream\r\n");
    send(Protocol::Wns, &|address| text(&format!("/wns?token={address}"), &of_wns))?;
    send(Protocol::WebPush { sender_key: None }, &|address| {
        (format!("/wpush/{address}"), "ttl: 60\r\n".to_owned(), String::new())
    })?;
    send(Protocol::Plain, &|address| {
        let key = format!("{}/push/{address}", stage.url);
        let devices = json!([{ "app_id": "a", "pushkey": key }]);
        let body = json!({ "notification": { "event_id": "$1", "devices": devices } });
        ("/_matrix/push/v1/notify".to_owned(), String::new(), body.to_string())
    })?;
    let pushes = stage.pushes()?;
    assert_eq!(pushes.len(), 5);
    for push in pushes {
        let trace = push.headers.iter().find(|header| header.name == "traceparent");
        assert_eq!(trace.map(|header| header.value.as_str()), Some(TRACE), "{push:?}");
    }
    Ok(())
}
