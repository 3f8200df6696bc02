//! What leads to one app's channel leads to no other's: addresses, keys, tokens, topics, names of pushes.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bugle::{Protocol, Push};
use bugle_protocols::web_push::{Encoding, SubscriptionKey, decrypt};
use serde_json::Value;

use crate::doors::{Open, ask};
use crate::script::Script;
use crate::{ONE, TWO, app, contents, two};

/// What is pushed: a script that does nothing but say whom it was for.
fn hello(id: &str) -> Vec<u8> {
    Script::of("log", &[id]).into()
}

/// Asserts what the two apps' tasks were given.
fn assert_ran(open: &Open, of_one: &[Vec<u8>], of_two: &[Vec<u8>]) -> Result<()> {
    open.scene.settle();
    assert_eq!(contents(&open.scene, ONE)?, of_one, "of the first app");
    assert_eq!(contents(&open.scene, TWO)?, of_two, "of the second");
    Ok(())
}

#[test]
fn an_address_leads_to_its_own_app() -> Result<()> {
    let open = Open::new()?;
    let [one, two] = [ONE, TWO].map(|id| open.inbox(id, Protocol::Plain));
    let (one, two) = (one?, two?);
    assert_ne!(one.address().as_str(), two.address().as_str());
    assert_ne!(one.generation(), two.generation());
    let path = |channel: &bugle::Channel| format!("/push/{}", channel.address().as_str());
    assert_eq!(open.post(&path(&one), "", &hello(ONE))?.status, 201);
    assert_ran(&open, &[hello(ONE)], &[])?;
    open.scene.host().close_channel(one.id()).wait()?;
    assert_eq!(open.post(&path(&one), "", &hello(ONE))?.status, 404);
    assert_eq!(open.post(&path(&two), "", &hello(TWO))?.status, 201, "it is still open");
    assert_ran(&open, &[hello(ONE)], &[hello(TWO)])
}

#[test]
fn a_channels_key_opens_no_other_apps() -> Result<()> {
    for protocol in [Protocol::Bearer, Protocol::Signed] {
        let open = Open::new()?;
        let key = |id: &str| -> Result<(String, String)> {
            let channel = open.inbox(id, protocol.clone())?;
            let bugle_gateway::Answer::ChannelOpened { key, path, .. } = open.told(&channel)?
            else {
                anyhow::bail!("it was opened")
            };
            Ok((path.0, key.context("it has a key")?.0))
        };
        let ((_, one), (path, two)) = (key(ONE)?, key(TWO)?);
        assert_ne!(one, two);
        let with = |key: &str| format!("authorization: Bearer {key}\r\n");
        let refused = open.post(&path, &with(&one), &hello(TWO))?.status;
        if protocol == Protocol::Bearer {
            assert_eq!(refused, 403);
            assert_eq!(open.post(&path, &with(&two), &hello(TWO))?.status, 201);
            assert_ran(&open, &[], &[hello(TWO)])?;
        } else {
            assert_eq!(refused, 403, "it is not signed");
            assert_ran(&open, &[], &[])?;
        }
    }
    Ok(())
}

/// A sender's token by Windows' protocol.
fn wns_token(open: &Open, id: &str) -> Result<String> {
    let own = app(&open.scene, id)?.credentials().wait()?;
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=notify.windows.com",
        own.client_id.replace(':', "%3A").replace('/', "%2F"),
        own.client_secret
    );
    let answer = open.post("/accesstoken.srf", "", form.as_bytes())?;
    let token: Value = serde_json::from_str(&answer.body)?;
    Ok(token["access_token"].as_str().context("it is given")?.to_owned())
}

#[test]
fn a_token_of_one_apps_sender_is_nothing_to_another_app() -> Result<()> {
    let open = Open::new()?;
    open.inbox(ONE, Protocol::Wns)?;
    let path = format!("/wns?token={}", open.inbox(TWO, Protocol::Wns)?.address().as_str());
    let headers = |token: &str, kind: &str, content: &str| {
        format!(
            "authorization: Bearer {token}\r\nx-wns-type: wns/{kind}\r\ncontent-type: {content}\r\n"
        )
    };
    let raw = |token: &str| headers(token, "raw", "application/octet-stream");
    let (one, two) = (wns_token(&open, ONE)?, wns_token(&open, TWO)?);
    assert_eq!(open.post(&path, &raw(&one), &hello(TWO))?.status, 403);
    let toast = b"<toast><visual><binding template=\"ToastGeneric\"><text>x</text></binding></visual></toast>";
    assert_eq!(open.post(&path, &headers(&one, "toast", "text/xml"), toast)?.status, 403);
    let badge = b"<badge value=\"7\"/>";
    assert_eq!(open.post(&path, &headers(&one, "badge", "text/xml"), badge)?.status, 403);
    assert_eq!(open.post(&path, &raw(&two), &hello(TWO))?.status, 200);
    let away = format!("authorization: Bearer {one}\r\nx-wns-match: type:wns/toast;all\r\n");
    assert_eq!(ask(open.push_door, "DELETE", &path, &away, b"")?.status, 403);
    assert_ran(&open, &[], &[hello(TWO)])?;
    assert_eq!(open.scene.shown(), [], "nothing is shown for either");
    Ok(())
}

#[test]
fn new_credentials_of_one_app_leave_anothers() -> Result<()> {
    let open = Open::new()?;
    let own = app(&open.scene, TWO)?.credentials().wait()?;
    app(&open.scene, ONE)?.credentials().wait()?;
    app(&open.scene, ONE)?.renew_credentials().wait()?;
    assert_eq!(app(&open.scene, TWO)?.credentials().wait()?, own);
    let host = open.scene.host();
    let of = |id: &str, secret: &str| host.app_of_credentials(&format!("ms-app://{id}"), secret);
    assert_eq!(of(TWO, &own.client_secret)?, Some(TWO.parse()?));
    assert_eq!(of(ONE, &own.client_secret)?, None, "a secret is good with its own name only");
    Ok(())
}

#[test]
fn a_topic_is_of_who_had_it_first_and_its_token_of_its_channel() -> Result<()> {
    let open = Open::new()?;
    let topic = |name: &str| -> Result<Protocol> { Ok(Protocol::Topic { topic: name.parse()? }) };
    let one = open.inbox(ONE, topic("news")?)?;
    let taken = open.inbox(TWO, topic("news")?).expect_err("it is the first app's");
    assert!(taken.to_string().contains("news"), "{taken}");
    let two = open.inbox(TWO, topic("other")?)?;
    let publish = |topic: &str, token: &str| -> Result<u16> {
        let headers = format!("authorization: Bearer {token}\r\n");
        Ok(open.post(&format!("/{topic}"), &headers, &hello(TWO))?.status)
    };
    assert_eq!(publish("other", one.address().as_str())?, 403);
    assert_eq!(publish("news", two.address().as_str())?, 403);
    assert_ran(&open, &[], &[])?;
    assert_eq!(publish("other", two.address().as_str())?, 200);
    assert_ran(&open, &[], &[hello(TWO)])
}

#[test]
fn what_is_encrypted_for_one_app_is_not_read_by_another() -> Result<()> {
    let open = Open::new()?;
    let protocol = Protocol::WebPush { sender_key: None };
    let subscription = |id: &str| -> Result<Value> {
        let channel = open.inbox(id, protocol.clone())?;
        let bugle_gateway::Answer::ChannelOpened { subscription, .. } = open.told(&channel)? else {
            anyhow::bail!("it was opened")
        };
        Ok(subscription.context("it has one")?.0)
    };
    let (one, two) = (subscription(ONE)?, subscription(TWO)?);
    // Sets the cryptography up, which is one for all of a process.
    let _ = decrypt(&SubscriptionKey::derive(&[0; 32]), &Encoding::Aes128Gcm, &[]);
    let sealed = |subscription: &Value| -> Result<Vec<u8>> {
        let key = |name: &str| {
            let text = subscription["keys"][name].as_str().context("it has keys")?;
            Ok::<_, anyhow::Error>(URL_SAFE_NO_PAD.decode(text)?)
        };
        Ok(ece::encrypt(&key("p256dh")?, &key("auth")?, &hello(TWO))?)
    };
    let headers = "ttl: 60\r\ncontent-encoding: aes128gcm\r\n";
    let endpoint = two["endpoint"].as_str().context("it has an endpoint")?;
    let path = endpoint.find("/wpush/").and_then(|at| endpoint.get(at..)).context("a path")?;
    // As a push service that cannot read what it delivers: taken, and nothing comes of it.
    assert_eq!(open.post(path, headers, &sealed(&one)?)?.status, 201);
    assert_ran(&open, &[], &[])?;
    assert_eq!(open.post(path, headers, &sealed(&two)?)?.status, 201);
    assert_ran(&open, &[], &[hello(TWO)])
}

#[test]
fn names_and_topics_of_pushes_are_the_channels_own() -> Result<()> {
    let scene = two().start()?;
    let push = |id: &str, push: Push| scene.push_as(&format!("{id}/inbox"), push);
    // The same name, for other content: of one channel the second would be refused.
    let [one, two] = [ONE, TWO].map(|id| push(id, Push::new(hello(id)).name("once")));
    assert_ne!(one?.id(), two?.id());
    // The same topic: of one channel the later would take the place of one that waits.
    let seats = [ONE, TWO].map(|id| app(&scene, id).map(|app| app.enter_foreground()));
    for id in [ONE, TWO] {
        // The first is offered to the app, which says nothing: what comes behind it waits.
        for topic in ["first", "second", "second"] {
            push(id, Push::new(hello(topic)).topic(topic))?;
        }
    }
    drop(seats);
    scene.settle();
    for id in [ONE, TWO] {
        assert_eq!(contents(&scene, id)?, [hello(id), hello("first"), hello("second")], "{id}");
    }
    Ok(())
}
