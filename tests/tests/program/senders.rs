//! The push door and many senders, slow and odd ones among them.

use std::collections::BTreeSet;

use anyhow::Context as _;
use bugle_tests::program::{Connection, Place};
use bugle_tests::tally;

use crate::{INBOX, MAIL, address, json, mail, place_with_mail, serve};

/// Connections that push at once, below what the door has open at once.
const CONNECTIONS: u32 = 500;

/// Pushes that each of them sends without waiting for an answer.
const PUSHES: u32 = 2;

#[test]
fn a_sender_that_is_slow_holds_up_nobody() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    let body = mail("1");
    let length = body.len();
    let head = format!("POST {address} HTTP/1.1\r\nhost: t\r\ncontent-length: {length}\r\n\r\n");
    let (half_head, other_half) = head.split_at(head.len() / 2);
    let mut slow_head = daemon.connect()?;
    slow_head.send(half_head)?;
    let mut slow_body = daemon.connect()?;
    slow_body.send(head.as_bytes())?;
    slow_body.send(&body[..1])?;
    for number in 0..100 {
        let mut quick = daemon.connect()?;
        assert_eq!(quick.push(&address, b"[]")?.status, 201, "{number}");
    }
    for byte in body[1..].bytes() {
        slow_body.send([byte])?;
    }
    assert_eq!(slow_body.answer()?.status, 201);
    slow_head.send(other_half)?;
    slow_head.send(&body)?;
    assert_eq!(slow_head.answer()?.status, 201);
    Ok(())
}

#[test]
fn pushes_in_one_packet_are_answered_in_order() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    let push = |body: &str| {
        let length = body.len();
        format!("POST {address} HTTP/1.1\r\nhost: t\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let mut sender = daemon.connect()?;
    sender.send([push(&mail("1")), push(""), push(&mail("2")), push(&mail("3"))].concat())?;
    let mut triggers = Vec::new();
    for status in [201, 400, 201, 201] {
        let answer = sender.answer()?;
        assert_eq!(answer.status, status);
        triggers.extend(answer.header("bugle-trigger").map(str::to_owned));
    }
    assert_eq!(triggers, ["trigger-1", "trigger-2", "trigger-3"]);
    place.bugle(["push", INBOX, "[]", "--wait"])?.good()?;
    assert_eq!(place.bugle(["settings", "get", MAIL, "inbox/last"])?.good()?, "3\n");
    Ok(())
}

#[test]
fn a_sender_that_says_no_more_still_gets_its_answer() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    let mut sender = daemon.connect()?;
    sender.send_push(&address, "", mail("1").as_bytes())?;
    sender.end()?;
    assert_eq!(sender.answer()?.status, 201);
    assert_eq!(sender.rest()?, b"");
    Ok(())
}

#[test]
fn a_push_that_breaks_off_is_none() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    let mut sender = daemon.connect()?;
    sender.send(format!("POST {address} HTTP/1.1\r\nhost: t\r\ncontent-length: 9\r\n\r\n[]"))?;
    sender.end()?;
    let rest = String::from_utf8(sender.rest()?)?;
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400 "), "{rest}");
    place.bugle(["push", INBOX, "[]", "--wait"])?.good()?;
    assert_eq!(json(&place, &["runs"])?.as_array().map(Vec::len), Some(1));
    Ok(())
}

#[test]
fn a_thousand_pushes_at_once_are_all_committed_once() -> anyhow::Result<()> {
    const CHANNEL: &str = "com.example.tally/inbox";
    let place = Place::new()?;
    place.app("tally", &tally::app("com.example.tally")?)?;
    place.bugle(["install", "tally"])?.good()?;
    let daemon = place.serve()?;
    let address = address(&place, CHANNEL)?;
    let mut senders: Vec<Connection> =
        (0..CONNECTIONS).map(|_| daemon.connect()).collect::<anyhow::Result<_>>()?;
    for (sender, number) in senders.iter_mut().zip(0..) {
        for push in 0..PUSHES {
            let content = tally::push("settings", number * PUSHES + push, "");
            sender.send_push(&address, "", &content)?;
        }
    }
    let mut triggers = BTreeSet::new();
    for sender in &mut senders {
        for _ in 0..PUSHES {
            let answer = sender.answer()?;
            assert_eq!(answer.status, 201, "{answer:?}");
            triggers.insert(answer.header("bugle-trigger").map(str::to_owned));
        }
    }
    let pushes = CONNECTIONS * PUSHES;
    assert_eq!(triggers.len(), pushes as usize);
    // Its turn is after all of theirs.
    let last = place.file("last", tally::push("settings", pushes, ""))?;
    let last = last.to_string_lossy();
    place.bugle(["push", CHANNEL, &last, "--wait"])?.good()?;
    let reader = bugle::Reader::open(&place.data())?;
    let settings = reader.settings(&"com.example.tally".parse()?)?;
    let Some(bugle::Value::Bytes(numbers)) = settings.get("settings") else {
        anyhow::bail!("the task has kept no numbers");
    };
    let mut numbers = tally::numbers(&numbers.0);
    assert_eq!(numbers.last(), Some(&pushes));
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..=pushes));
    let count = settings.get("count").context("the task has counted")?;
    assert_eq!(*count, bugle::Value::Integer((pushes + 1).into()));
    Ok(())
}
