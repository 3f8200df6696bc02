//! ntfy: npm `ntfy`, Python's `apprise`; and the JSON that apprise posts to any address.

use anyhow::Result;
use bugle::Protocol;
use serde_json::{Value, json};

use crate::driver::{Client, MORE_THAN_AT_ONCE, send};
use crate::stage::Stage;

const NPM: Client = Client("node/ntfy.mjs");
const APPRISE: Client = Client("python/ntfy_apprise.py");
const APPRISE_JSON: Client = Client("python/json_apprise.py");

struct Topic {
    stage: Stage,
    target: Value,
}

impl Topic {
    fn new() -> Result<Self> {
        Self::at(Stage::plain()?)
    }

    fn at(stage: Stage) -> Result<Self> {
        let channel = stage.channel(Protocol::Topic { topic: "mail-of-ada".parse()? })?;
        let port = stage.url.rsplit(':').next().unwrap_or_default().parse::<u16>()?;
        let target = json!({
            "server": stage.url, "host": "127.0.0.1", "port": port, "topic": "mail-of-ada",
            "token": channel.address().as_str(),
        });
        Ok(Self { stage, target })
    }
}

#[test]
fn messages_are_pushes_with_their_headers() -> Result<()> {
    let topic = Topic::new()?;
    let options = json!({ "title": "Backups", "priority": 4, "tags": ["disk", "ok"] });
    for client in [NPM, APPRISE] {
        let sends = [
            send("text", "h\u{e9}llo", options.clone()),
            send("json", r#"{"unread": 3}"#, json!({})),
            send("largest", vec![b'x'; 4_096], json!({})),
        ];
        for verdict in client.send(&topic.target, &sends, None)? {
            assert!(verdict.ok, "{client:?}: {verdict:?}");
        }
    }
    let pushes = topic.stage.pushes()?;
    assert_eq!(pushes.len(), 6);
    for sent in pushes.chunks(3) {
        assert_eq!(sent[0].content.0, "h\u{e9}llo".as_bytes());
        let mut fields: Vec<_> = sent[0]
            .headers
            .iter()
            .filter(|header| header.name != "icon")
            .map(|header| (header.name.as_str(), header.value.as_str()))
            .collect();
        fields.sort_unstable();
        assert_eq!(fields, [("priority", "4"), ("tags", "disk,ok"), ("title", "Backups")]);
        assert_eq!(sent[1].content.0, br#"{"unread": 3}"#);
        assert_eq!(sent[2].content.0.len(), 4_096);
    }
    Ok(())
}

#[test]
fn a_topic_and_its_token_are_refused_alike() -> Result<()> {
    let topic = Topic::new()?;
    for (name, value) in [("token", json!("A".repeat(43))), ("topic", json!("another"))] {
        let mut target = topic.target.clone();
        target[name] = value;
        for client in [NPM, APPRISE] {
            let verdict = client.send(&target, &[send("one", "hello", json!({}))], None)?.remove(0);
            assert!(!verdict.ok, "{client:?}: {verdict:?}");
            if client.0 == APPRISE.0 {
                assert_eq!(verdict.status, Some(403), "{verdict:?}");
            }
        }
    }
    topic.stage.month_passes();
    let one = [send("one", "hello", json!({}))];
    let verdict = APPRISE.send(&topic.target, &one, None)?.remove(0);
    assert_eq!((verdict.ok, verdict.status), (false, Some(403)));
    assert!(!NPM.send(&topic.target, &one, None)?.remove(0).ok);
    assert_eq!(topic.stage.contents()?, Vec::<Vec<u8>>::new());
    Ok(())
}

#[test]
fn every_client_is_told_what_is_too_much() -> Result<()> {
    let topic = Topic::at(Stage::throttled(false)?)?;
    for client in [NPM, APPRISE] {
        let large = [send("large", vec![b'x'; 5_001], json!({}))];
        let verdict = client.send(&topic.target, &large, None)?.remove(0);
        assert!(!verdict.ok, "{client:?}: {verdict:?}");
        let sends = vec![send("one", "hello", json!({})); MORE_THAN_AT_ONCE];
        let verdicts = client.send(&topic.target, &sends, None)?;
        let refused: Vec<_> = verdicts.iter().filter(|verdict| !verdict.ok).collect();
        assert!(!refused.is_empty(), "{client:?}: {verdicts:?}");
        // The other's library does not tell the status.
        let tells = client.0 == APPRISE.0;
        assert!(!tells || refused.iter().all(|verdict| verdict.status == Some(429)), "{refused:?}");
    }
    assert!(topic.stage.contents()?.iter().all(|content| content == b"hello"));
    Ok(())
}

#[test]
fn apprise_posts_its_json_to_a_plain_channel() -> Result<()> {
    let stage = Stage::plain()?;
    let channel = stage.channel(Protocol::Plain)?;
    let target = json!({ "url": format!("{}/push/{}", stage.url, channel.address().as_str()) });
    let sends = [send("one", "hello", json!({ "title": "Ada" }))];
    let verdict = APPRISE_JSON.send(&target, &sends, None)?.remove(0);
    assert!(verdict.ok, "{verdict:?}");
    let pushes = stage.pushes()?;
    let content: Value = serde_json::from_slice(&pushes[0].content.0)?;
    assert_eq!((&content["title"], &content["message"]), (&json!("Ada"), &json!("hello")));
    assert_eq!(pushes[0].content_type.as_deref(), Some("application/json"));
    Ok(())
}
