//! Windows' push protocol: npm `wns`, Python's `django-push-notifications`.

use anyhow::Result;
use bugle::{Credentials, Mark, Protocol};
use serde_json::{Value, json};

use crate::driver::{Client, MORE_THAN_AT_ONCE, Verdict, are_throttled, send};
use crate::stage::Stage;

const NPM: Client = Client("node/wns.mjs");
const DJANGO: Client = Client("python/wns_django.py");

/// The largest notification: 5,000 bytes.
const LARGEST: [u8; 5_000] = [b'x'; 5_000];

struct Windows {
    stage: Stage,
    channel: String,
    credentials: Credentials,
}

impl Windows {
    fn new() -> Result<Self> {
        Self::at(Stage::plain()?)
    }

    fn at(stage: Stage) -> Result<Self> {
        let channel = stage.channel(Protocol::Wns)?;
        let channel = format!("{}/wns?token={}", stage.url, channel.address().as_str());
        let credentials = stage.scene.app().credentials().wait()?;
        Ok(Self { stage, channel, credentials })
    }

    fn target(&self, channel: &str, secret: &str) -> Value {
        let Credentials { client_id, .. } = &self.credentials;
        json!({
            "login": self.stage.url, "access_url": format!("{}/accesstoken.srf", self.stage.url),
            "client_id": client_id, "client_secret": secret, "channel": channel,
        })
    }

    fn right(&self) -> Value {
        self.target(&self.channel, &self.credentials.client_secret)
    }
}

fn raw() -> Value {
    json!({ "type": "raw" })
}

fn are_sent(verdicts: &[Verdict]) {
    for verdict in verdicts {
        assert!(verdict.ok, "{verdict:?}");
    }
}

#[test]
fn npm_wns_sends_raw_notifications() -> Result<()> {
    let windows = Windows::new()?;
    let sends = [
        send("text", "hello", raw()),
        send("json", r#"{"unread": 3}"#, raw()),
        send("letters", "h\u{e9}llo \u{1f514}", raw()),
        send("largest", LARGEST, raw()),
    ];
    are_sent(&NPM.send(&windows.right(), &sends, None)?);
    let contents = windows.stage.contents()?;
    let sent: [&[u8]; 4] =
        [b"hello", br#"{"unread": 3}"#, "h\u{e9}llo \u{1f514}".as_bytes(), &LARGEST];
    assert_eq!(contents, sent);
    Ok(())
}

#[test]
fn npm_wns_sends_toasts_badges_and_tiles_without_waking_a_task() -> Result<()> {
    let windows = Windows::new()?;
    let toast = json!({ "type": "toast", "text1": "Ada", "text2": "Notes on <the> engine" });
    let sends = [
        send("toast", "", toast),
        send("badge", "", json!({ "type": "badge", "value": 7 })),
        send("tile", "", json!({ "type": "tile", "text1": "a", "text2": "b" })),
    ];
    let verdicts = NPM.send(&windows.right(), &sends, None)?;
    are_sent(&verdicts[..2]);
    // As of a device that shows no tiles: 200, and dropped.
    assert_eq!((verdicts[2].ok, verdicts[2].status), (false, Some(200)));
    assert_eq!(windows.stage.contents()?, Vec::<Vec<u8>>::new());
    let toasts = windows.stage.scene.app().toasts()?;
    let (title, body) = (&toasts[0].toast.title, &toasts[0].toast.body);
    assert_eq!((title.as_str(), body.as_str()), ("Ada", "Notes on <the> engine"));
    assert_eq!(windows.stage.scene.app().badge()?, Some(Mark::Number(7)));
    Ok(())
}

#[test]
fn npm_wns_is_told_what_is_wrong() -> Result<()> {
    let windows = Windows::new()?;
    let one = [send("one", "hello", raw())];
    let status = |target: &Value, sends: &[crate::driver::Send]| -> Result<Option<u16>> {
        let verdict = NPM.send(target, sends, None)?.remove(0);
        assert!(!verdict.ok, "{verdict:?}");
        Ok(verdict.status)
    };
    assert_eq!(status(&windows.target(&windows.channel, "wrong"), &one)?, Some(400));
    let unknown = format!("{}/wns?token={}", windows.stage.url, "A".repeat(43));
    let right = &windows.credentials.client_secret;
    assert_eq!(status(&windows.target(&unknown, right), &one)?, Some(404));
    let too_large = [send("large", [LARGEST.as_slice(), b"x"].concat(), raw())];
    assert_eq!(status(&windows.right(), &too_large)?, Some(413));
    windows.stage.scene.app().renew_credentials().wait()?;
    assert_eq!(status(&windows.right(), &one)?, Some(400), "the secret is of before");
    assert_eq!(windows.stage.contents()?, Vec::<Vec<u8>>::new());
    Ok(())
}

#[test]
fn a_token_ends_with_the_credentials_it_was_given_for() -> Result<()> {
    let windows = Windows::new()?;
    // Without a token of its own, so that 401 is final.
    let mut target = windows.right();
    target["access_token"] = json!("none-of-ours");
    target["client_secret"] = json!("wrong");
    let verdict = NPM.send(&target, &[send("one", "hello", raw())], None)?.remove(0);
    assert!(!verdict.ok, "{verdict:?}");
    Ok(())
}

#[test]
fn every_client_is_told_to_send_fewer() -> Result<()> {
    for client in [NPM, DJANGO] {
        let windows = Windows::at(Stage::throttled(false)?)?;
        let sends = vec![send("one", "hello", raw()); MORE_THAN_AT_ONCE];
        are_throttled(&client.send(&windows.right(), &sends, None)?, 406);
    }
    Ok(())
}

#[test]
fn a_channel_that_has_expired_is_gone() -> Result<()> {
    let windows = Windows::new()?;
    windows.stage.month_passes();
    let one = [send("one", "hello", raw())];
    let npm = NPM.send(&windows.right(), &one, None)?.remove(0);
    assert_eq!((npm.ok, npm.status), (false, Some(410)));
    let django = DJANGO.send(&windows.right(), &one, None)?.remove(0);
    assert_eq!((django.ok, django.status), (false, Some(410)));
    Ok(())
}

#[test]
fn django_push_notifications_sends_raw_and_toast() -> Result<()> {
    let windows = Windows::new()?;
    let binary: Vec<u8> = (0..=255).collect();
    let sends = [
        send("text", "hello", raw()),
        send("json", r#"{"unread": 3}"#, raw()),
        send("binary", binary.clone(), raw()),
        send("largest", LARGEST, raw()),
        send("toast", "", json!({ "type": "toast", "text1": "Ad\u{e9}", "text2": "Notes" })),
    ];
    are_sent(&DJANGO.send(&windows.right(), &sends, None)?);
    assert_eq!(
        windows.stage.contents()?,
        [b"hello".to_vec(), br#"{"unread": 3}"#.to_vec(), binary, LARGEST.to_vec(),]
    );
    let toasts = windows.stage.scene.app().toasts()?;
    assert_eq!(toasts[0].toast.title, "Ad\u{e9}");
    Ok(())
}

#[test]
fn django_push_notifications_is_told_what_is_wrong() -> Result<()> {
    let windows = Windows::new()?;
    let one = [send("one", "hello", raw())];
    let wrong = windows.target(&windows.channel, "wrong");
    let verdict = DJANGO.send(&wrong, &one, None)?.remove(0);
    assert!(verdict.error.is_some_and(|error| error.contains("Authentication failed")));
    let unknown = format!("{}/wns?token={}", windows.stage.url, "A".repeat(43));
    let unknown = windows.target(&unknown, &windows.credentials.client_secret);
    assert_eq!(DJANGO.send(&unknown, &one, None)?.remove(0).status, Some(404));
    let too_large = [send("large", [LARGEST.as_slice(), b"x"].concat(), raw())];
    assert_eq!(DJANGO.send(&windows.right(), &too_large, None)?.remove(0).status, Some(413));
    Ok(())
}

#[test]
fn what_a_channel_took_is_told_with_who_sent_it() -> Result<()> {
    let windows = Windows::new()?;
    are_sent(&DJANGO.send(&windows.right(), &[send("one", "hello", raw())], None)?);
    let channels = windows.stage.scene.reader().channels(None)?;
    let inbox = channels.iter().find(|channel| channel.pushes > 0).expect("one took it");
    assert_eq!(inbox.pushes, 1);
    assert_eq!(inbox.pushed_by.as_deref(), Some(windows.credentials.client_id.as_str()));
    Ok(())
}
