//! Plain HTTP: keys and signatures, and pushes that are sent again.

use anyhow::{Context as _, Result};
use bugle::{Channel, Ending, Protocol, Push};
use bugle_tests::program::Answer;
use serde_json::json;

use crate::driver::{Client, send};
use crate::stage::{Stage, ask};

const WEBHOOKS: Client = Client("node/webhooks.mjs");
const HTTP_2: Client = Client("node/http2.mjs");

/// A channel that wants a key, and the key: what `bugle channel open` prints.
fn keyed(stage: &Stage, protocol: Protocol) -> Result<(Channel, String)> {
    let channel = stage.channel(protocol)?;
    let command = bugle_gateway::Command::OpenChannel {
        channel: channel.id().clone(),
        protocol: channel.protocol().clone(),
    };
    let opened = stage.execute(command)?;
    let bugle_gateway::Answer::ChannelOpened { key, .. } = &opened else {
        anyhow::bail!("{opened:?}")
    };
    let key = key.clone().context("there is a key")?.0;
    assert!(key.starts_with("whsec_"));
    for secret in [key.as_str(), channel.address().as_str()] {
        assert!(!format!("{opened:?}").contains(secret), "{opened:?}");
    }
    Ok((channel, key))
}

fn push(stage: &Stage, channel: &Channel, headers: &str, body: &str) -> Result<Answer> {
    ask(stage, "POST", &format!("/push/{}", channel.address().as_str()), headers, body)
}

#[test]
fn a_channel_with_a_key_takes_pushes_of_who_has_it() -> Result<()> {
    let stage = Stage::plain()?;
    let (channel, key) = keyed(&stage, Protocol::Bearer)?;
    let with_key = format!("authorization: Bearer {key}\r\ncontent-type: text/x-mine\r\n");
    assert_eq!(push(&stage, &channel, &with_key, "hello")?.status, 201);
    let missing = push(&stage, &channel, "", "hello")?;
    assert_eq!((missing.status, missing.error().as_str()), (401, "key-missing"));
    assert_eq!(missing.header("www-authenticate"), Some("Bearer realm=\"bugle\""));
    let wrong = push(&stage, &channel, "authorization: Bearer whsec_AAAA\r\n", "hello")?;
    assert_eq!((wrong.status, wrong.error().as_str()), (403, "proof-wrong"));
    // Another address has another key.
    let rotated = stage.scene.host().rotate_channel(channel.id()).wait()?;
    assert_eq!(push(&stage, &rotated, &with_key, "hello")?.status, 403);
    assert_eq!(push(&stage, &channel, &with_key, "hello")?.status, 404);
    let pushes = stage.pushes()?;
    assert_eq!(pushes.len(), 1);
    assert_eq!(pushes[0].content_type.as_deref(), Some("text/x-mine"));
    Ok(())
}

#[test]
fn what_is_signed_is_taken_and_nothing_else() -> Result<()> {
    let stage = Stage::plain()?;
    let (channel, key) = keyed(&stage, Protocol::Signed)?;
    let url = format!("{}/push/{}", stage.url, channel.address().as_str());
    let sends = [
        send("standard", "hello", json!({ "as": "standard", "id": "msg-1" })),
        send("again", "hello", json!({ "as": "standard", "id": "msg-1" })),
        send("copy", "hello", json!({ "as": "standard", "id": "msg-1", "name": "another" })),
        send("old", "hello", json!({ "as": "standard", "id": "msg-2", "age_s": 600 })),
        send("hub", [0xff, 0x00], json!({ "as": "hub" })),
        send("other body", "hello", json!({ "as": "hub", "signs": "bye" })),
        send("unsigned", "hello", json!({ "as": "nobody" })),
    ];
    let verdicts = WEBHOOKS.send(&json!({ "url": url, "key": key }), &sends, None)?;
    let statuses: Vec<_> = verdicts.iter().map(|verdict| verdict.status).collect();
    let expected = [201, 201, 201, 403, 201, 403, 403].map(Some);
    assert_eq!(statuses, expected, "{verdicts:?}");
    // The same id is the same push, whatever else a copy is called.
    assert_eq!(stage.contents()?, [b"hello".to_vec(), vec![0xff, 0x00]]);
    Ok(())
}

#[test]
fn pushes_come_by_http_2_too() -> Result<()> {
    for stage in [Stage::plain()?, Stage::tls()?] {
        let channel = stage.channel(Protocol::Plain)?;
        let path = format!("/push/{}", channel.address().as_str());
        // More at once than a connection may have under way.
        let target = json!({ "origin": stage.url, "path": path, "copies": 150 });
        let sends = [
            send("text", "hello", json!({ "content-type": "text/plain", "bugle-from": "ada" })),
            send("largest", [b'x'; 5_000], json!({})),
            send("too large", [b'x'; 5_001], json!({})),
        ];
        let certificate = stage.certificate();
        let trusted = stage.url.starts_with("https").then_some(certificate.as_path());
        let verdicts = HTTP_2.send(&target, &sends, trusted)?;
        let statuses: Vec<_> = verdicts.iter().map(|verdict| verdict.status).collect();
        assert_eq!(statuses, [Some(201), Some(201), Some(413)], "{verdicts:?}");
        let pushes = stage.pushes()?;
        assert_eq!(pushes.len(), 300);
        assert_eq!(pushes[0].content_type.as_deref(), Some("text/plain"));
        assert_eq!(pushes[0].headers[0].value, "ada");
        assert_eq!(pushes[299].content.0, [b'x'; 5_000]);
    }
    Ok(())
}

#[test]
fn a_push_that_is_sent_again_under_its_name_is_taken_once() -> Result<()> {
    let stage = Stage::plain()?;
    let channel = stage.channel(Protocol::Plain)?;
    let name = "idempotency-key: \"8e03978e-40d5-43dd-bc93-6894a57f9324\"\r\n";
    let first = push(&stage, &channel, name, "hello")?;
    assert_eq!(first.status, 201);
    // While it may still wait, and after it has ended.
    for _ in 0..2 {
        let again = push(&stage, &channel, name, "hello")?;
        assert_eq!(again.status, 201);
        assert_eq!(again.header("bugle-trigger"), first.header("bugle-trigger"));
        stage.scene.settle();
    }
    let other = push(&stage, &channel, name, "bye")?;
    assert_eq!((other.status, other.error().as_str()), (422, "name-taken"));
    let broken = push(&stage, &channel, "idempotency-key: a b\r\n", "hello")?;
    assert_eq!((broken.status, broken.error().as_str()), (400, "invalid-idempotency-key"));
    // Another address, another count of names.
    let rotated = stage.scene.host().rotate_channel(channel.id()).wait()?;
    assert_eq!(push(&stage, &rotated, name, "bye")?.status, 201);
    assert_eq!(stage.contents()?, [b"hello".to_vec(), b"bye".to_vec()]);
    Ok(())
}

#[test]
fn a_repeat_tells_how_the_first_ended() -> Result<()> {
    let stage = Stage::plain()?;
    let channel = stage.channel(Protocol::Plain)?;
    let push = || stage.scene.host().push(channel.id(), Push::new("hello").name("one"));
    let (first, again) = (push().wait()?, push().wait()?);
    assert_eq!(first.id(), again.id());
    assert!(matches!(first.ending().wait()?, Ending::Completed(_)));
    assert!(matches!(again.ending().wait()?, Ending::Completed(_) | Ending::Repeated));
    assert_eq!(push().wait()?.ending().wait()?, Ending::Repeated);
    assert_eq!(stage.contents()?.len(), 1);
    Ok(())
}
