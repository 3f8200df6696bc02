//! Web Push: npm `web-push` (library and program), `@block65/webcrypto-web-push`, `@pushforge/builder`,
//! Python's `pywebpush` (library and program).

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bugle::task::Bytes;
use bugle::{Protocol, RunFilter};
use bugle_protocols::web_push::SubscriptionKey;
use p256::ecdsa::SigningKey;
use serde_json::{Value, json};

use crate::driver::{Client, MORE_THAN_AT_ONCE, Send, Verdict, are_throttled, send, send_nothing};
use crate::stage::Stage;

const NPM: Client = Client("node/web-push.mjs");
const NPM_PROGRAM: Client = Client("node/web-push-cli.mjs");
const WEBCRYPTO: Client = Client("node/webcrypto-web-push.mjs");
const PUSHFORGE: Client = Client("node/pushforge.mjs");
const PYTHON: Client = Client("python/web_push.py");
const PYTHON_PROGRAM: Client = Client("python/web_push_cli.py");

/// The most that fits a body of 4,096 bytes in `aes128gcm`: 86 of its head, 16 of a tag, one that ends the
/// padding.
const LARGEST: usize = 3_993;

/// The same in `aesgcm`: 16 of a tag, two of the padding's length.
const LARGEST_LEGACY: usize = 4_078;

struct Browser {
    stage: Stage,
    target: Value,
}

/// The keys of a sender.
struct Vapid(SigningKey);

impl Vapid {
    fn new(number: u8) -> Self {
        Self(SigningKey::from_slice(&[number; 32]).expect("it is a key"))
    }

    fn public(&self) -> Bytes {
        Bytes(self.0.verifying_key().to_encoded_point(false).as_bytes().to_vec())
    }

    fn json(&self) -> Value {
        json!({
            "subject": "mailto:ada@example.org",
            "publicKey": URL_SAFE_NO_PAD.encode(&self.public().0),
            "privateKey": URL_SAFE_NO_PAD.encode(self.0.to_bytes()),
        })
    }
}

impl Browser {
    fn new(sender_key: Option<Bytes>) -> Result<Self> {
        Self::at(Stage::tls()?, sender_key)
    }

    fn at(stage: Stage, sender_key: Option<Bytes>) -> Result<Self> {
        let channel = stage.channel(Protocol::WebPush { sender_key })?;
        let secret = format!("web push to {}, {}", channel.id(), channel.generation());
        let key = SubscriptionKey::derive(&stage.scene.host().secret(&secret));
        let endpoint = format!("{}/wpush/{}", stage.url, channel.address().as_str());
        let target = json!({
            "subscription": key.subscription(&endpoint), "vapid": Vapid::new(1).json(),
        });
        Ok(Self { stage, target })
    }

    fn send(&self, client: Client, sends: &[Send]) -> Result<Vec<Verdict>> {
        client.send(&self.target, sends, Some(&self.stage.certificate()))
    }

    /// What came in, in order.
    fn takes(&self, client: Client, sends: &[Send]) -> Result<Vec<Vec<u8>>> {
        for verdict in self.send(client, sends)? {
            assert!(verdict.ok, "{client:?}: {verdict:?}");
        }
        self.stage.contents()
    }

    fn elsewhere(&self, endpoint: &str) -> Value {
        let mut target = self.target.clone();
        target["subscription"]["endpoint"] = json!(format!("{}{endpoint}", self.stage.url));
        target
    }
}

fn legacy() -> Value {
    json!({ "encoding": "aesgcm", "content_encoding": "aesgcm" })
}

#[test]
fn npm_web_push_sends_in_both_encodings() -> Result<()> {
    let browser = Browser::new(None)?;
    let (binary, largest): (Vec<u8>, _) = ((0..=255).collect(), vec![b'x'; LARGEST]);
    let largest_legacy = vec![b'x'; LARGEST_LEGACY];
    let sends = [
        send("text", "hello", json!({})),
        send("json", r#"{"unread":3}"#, legacy()),
        send("binary", binary.clone(), json!({ "urgency": "high", "topic": "mail" })),
        send("largest", largest.clone(), json!({})),
        send("largest legacy", largest_legacy.clone(), legacy()),
        send_nothing("no body", json!({})),
    ];
    let contents = browser.takes(NPM, &sends)?;
    let sent: [&[u8]; 6] = [b"hello", br#"{"unread":3}"#, &binary, &largest, &largest_legacy, b""];
    assert_eq!(contents, sent);
    let pushes = browser.stage.pushes()?;
    let headers =
        pushes[2].headers.iter().map(|header| (header.name.as_str(), header.value.as_str()));
    assert_eq!(headers.collect::<Vec<_>>(), [("urgency", "high"), ("topic", "mail")]);
    Ok(())
}

#[test]
fn the_programs_of_npm_and_python_send_text() -> Result<()> {
    let browser = Browser::new(None)?;
    let contents: [&[u8]; 3] = [b"hello", br#"{"unread":3}"#, &[b'x'; LARGEST]];
    let sends = contents.map(|content| send("one", content, json!({ "ttl": 60 })));
    browser.takes(NPM_PROGRAM, &sends)?;
    assert_eq!(browser.takes(PYTHON_PROGRAM, &sends)?, [contents, contents].concat());
    Ok(())
}

#[test]
fn webcrypto_web_push_sends_padded_messages() -> Result<()> {
    let browser = Browser::new(None)?;
    let largest = vec![b'x'; LARGEST];
    let sends = [
        send("text", "h\u{e9}llo", json!({})),
        send("json", r#"{"unread":3}"#, json!({ "urgency": "low" })),
        send("largest", largest.clone(), json!({})),
    ];
    let contents = browser.takes(WEBCRYPTO, &sends)?;
    let sent: [&[u8]; 3] = ["h\u{e9}llo".as_bytes(), br#"{"unread":3}"#, &largest];
    assert_eq!(contents, sent);
    Ok(())
}

#[test]
fn pushforge_sends_the_older_encoding() -> Result<()> {
    let browser = Browser::new(None)?;
    let largest = vec![b'x'; 4_000];
    let sends = [
        send("json", r#"{"unread":3}"#, json!({ "ttl": 60 })),
        send("largest", largest.clone(), json!({})),
    ];
    let contents = browser.takes(PUSHFORGE, &sends)?;
    // It sends texts as JSON.
    let quoted = [b"\"".as_slice(), &largest, b"\""].concat();
    assert_eq!(contents, [br#"{"unread":3}"#.to_vec(), quoted]);
    Ok(())
}

#[test]
fn pywebpush_sends_in_both_encodings() -> Result<()> {
    let browser = Browser::new(None)?;
    let (binary, largest): (Vec<u8>, _) = ((0..=255).collect(), vec![b'x'; LARGEST]);
    let sends = [
        send("text", "hello", json!({})),
        send("json", r#"{"unread":3}"#, json!({})),
        send("binary", binary.clone(), legacy()),
        send("largest", largest.clone(), json!({ "ttl": 60 })),
        send_nothing("no body", json!({})),
    ];
    let contents = browser.takes(PYTHON, &sends)?;
    let sent: [&[u8]; 5] = [b"hello", br#"{"unread":3}"#, &binary, &largest, b""];
    assert_eq!(contents, sent);
    Ok(())
}

#[test]
fn every_client_is_told_what_is_wrong() -> Result<()> {
    let browser = Browser::new(None)?;
    let one = [send("one", "hello", json!({}))];
    let unknown = browser.elsewhere(&format!("/wpush/{}", "A".repeat(43)));
    let certificate = browser.stage.certificate();
    for client in [NPM, NPM_PROGRAM, WEBCRYPTO, PUSHFORGE, PYTHON, PYTHON_PROGRAM] {
        let verdict = client.send(&unknown, &one, Some(&certificate))?.remove(0);
        assert_eq!((verdict.ok, verdict.status), (false, Some(404)), "{client:?}: {verdict:?}");
    }
    let too_large = [send("large", vec![b'x'; LARGEST_LEGACY + 1], json!({}))];
    // These look for themselves, and send nothing.
    for client in [WEBCRYPTO, PUSHFORGE] {
        let verdict = browser.send(client, &too_large)?.remove(0);
        let error = verdict.error.unwrap_or_default().to_lowercase();
        assert!(!verdict.ok && error.contains("maximum"), "{client:?}: {error}");
    }
    for client in [NPM, PYTHON] {
        let verdict = browser.send(client, &too_large)?.remove(0);
        assert_eq!((verdict.ok, verdict.status), (false, Some(413)), "{client:?}: {verdict:?}");
    }
    browser.stage.month_passes();
    for client in [NPM, NPM_PROGRAM, WEBCRYPTO, PUSHFORGE, PYTHON, PYTHON_PROGRAM] {
        let verdict = browser.send(client, &one)?.remove(0);
        assert_eq!((verdict.ok, verdict.status), (false, Some(410)), "{client:?}: {verdict:?}");
    }
    assert_eq!(browser.stage.contents()?, Vec::<Vec<u8>>::new());
    Ok(())
}

#[test]
fn every_client_is_told_to_send_fewer() -> Result<()> {
    let many = |number| vec![send("one", r#"{"unread":3}"#, json!({})); number];
    for client in [NPM, WEBCRYPTO, PUSHFORGE, PYTHON] {
        let browser = Browser::at(Stage::throttled(true)?, None)?;
        are_throttled(&browser.send(client, &many(MORE_THAN_AT_ONCE))?, 429);
    }
    // The programs start anew for each, and are too slow to be too many by themselves.
    let (browser, is_over) = (Browser::at(Stage::throttled(true)?, None)?, AtomicBool::new(false));
    let (certificate, target) = (browser.stage.certificate(), &browser.target);
    let verdicts = std::thread::scope(|scope| -> Result<Vec<Verdict>> {
        let others = scope.spawn(|| -> Result<()> {
            while !is_over.load(Ordering::Relaxed) {
                NPM.send(target, &many(100), Some(&certificate))?;
            }
            Ok(())
        });
        let programs = [NPM_PROGRAM, PYTHON_PROGRAM];
        let told = programs.map(|client| client.send(target, &many(8), Some(&certificate)));
        is_over.store(true, Ordering::Relaxed);
        others.join().map_err(|_| anyhow!("the other sender failed"))??;
        told.into_iter().map(|told| told.map(refused)).collect::<Result<_>>()
    })?;
    assert!(verdicts.iter().all(|verdict| verdict.status == Some(429)), "{verdicts:?}");
    Ok(())
}

/// The first that was not sent.
fn refused(verdicts: Vec<Verdict>) -> Verdict {
    let told = format!("{verdicts:?}");
    verdicts.into_iter().find(|verdict| !verdict.ok).expect(&told)
}

#[test]
fn a_channel_that_is_bound_to_a_key_takes_that_senders_pushes_only() -> Result<()> {
    let browser = Browser::new(Some(Vapid::new(1).public()))?;
    let other = json!({ "vapid_override": Vapid::new(2).json() });
    let sends = [
        send("right", "hello", json!({})),
        send("other", "hello", other),
        send("none", "hello", json!({ "vapid_override": null })),
    ];
    for client in [WEBCRYPTO, PUSHFORGE] {
        let verdict = browser.send(client, &sends[1..2])?.remove(0);
        assert_eq!((verdict.ok, verdict.status), (false, Some(403)), "{client:?}: {verdict:?}");
    }
    for client in [NPM, PYTHON] {
        let verdicts = browser.send(client, &sends)?;
        let statuses: Vec<_> = verdicts.iter().map(|verdict| verdict.status).collect();
        assert_eq!(statuses, [Some(201), Some(403), Some(401)], "{client:?}: {verdicts:?}");
    }
    assert_eq!(browser.stage.contents()?.len(), 2);
    let channels = browser.stage.scene.reader().channels(None)?;
    assert!(
        channels
            .iter()
            .any(|channel| channel.pushed_by.as_deref() == Some("mailto:ada@example.org"))
    );
    Ok(())
}

#[test]
fn what_cannot_be_decrypted_is_taken_and_comes_to_nothing() -> Result<()> {
    let browser = Browser::new(None)?;
    let mut target = browser.target.clone();
    let other = SubscriptionKey::derive(&[9; 32]);
    target["subscription"] = other
        .subscription(target["subscription"]["endpoint"].as_str().context("it has an endpoint")?);
    let one = [send("one", "hello", json!({}))];
    let verdict = NPM.send(&target, &one, Some(&browser.stage.certificate()))?.remove(0);
    assert_eq!((verdict.ok, verdict.status), (true, Some(201)), "{verdict:?}");
    assert!(
        browser
            .stage
            .scene
            .reader()
            .runs(&RunFilter { limit: 9, ..RunFilter::default() })?
            .is_empty()
    );
    assert_eq!(browser.stage.contents()?, Vec::<Vec<u8>>::new());
    Ok(())
}
