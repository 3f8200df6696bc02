//! The push door, one sender at a time: what is accepted, what is refused, and with what answer.

use std::path::Path;
use std::time::Duration;

use bugle_gateway::serve_pushes;
use bugle_tests::program::{Answer, Connection, Daemon, Place};
use bugle_tests::{fixtures, probes_folder};
use tokio::net::TcpListener;

use crate::{INBOX, MAIL, address, app_of, json, mail, place_with_mail, serve};

/// A place with an app whose task is a core module, and a daemon.
fn serve_task(wat: &Path) -> anyhow::Result<(Place, Daemon, String)> {
    let place = Place::new()?;
    place.app("app", &app_of(wat)?)?;
    place.bugle(["install", "app"])?.good()?;
    place.bugle(["channel", "open", INBOX])?.good()?;
    let (daemon, address) = serve(&place)?;
    Ok((place, daemon, address))
}

/// What the trigger of the first run is, as the task saw it.
fn first_trigger(place: &Place) -> anyhow::Result<serde_json::Value> {
    place.bugle(["push", INBOX, "[]", "--wait"])?.good()?;
    Ok(json(place, &["runs", "show", "run-1.1"])?["input"]["trigger"].clone())
}

#[test]
fn a_push_is_answered_with_its_trigger_once_it_is_durable() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    let answer = daemon.connect()?.push(&address, mail("1").as_bytes())?;
    assert_eq!((answer.status, answer.body.as_str()), (201, ""));
    assert_eq!(answer.header("bugle-trigger"), Some("trigger-1"));
    // Nothing is lost if the host dies with the answer on its way.
    daemon.kill()?;
    let daemon = place.serve()?;
    place.bugle(["push", INBOX, "[]", "--wait"])?.good()?;
    assert_eq!(place.bugle(["settings", "get", MAIL, "inbox/unread"])?.good()?, "1\n");
    drop(daemon);
    Ok(())
}

#[test]
fn content_and_headers_reach_the_task_as_they_were_sent() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    let mut sender = daemon.connect()?;
    let headers = "Content-Type: application/json; v=1\r\nBugle-Topic: news\r\nX-Other: no\r\n";
    sender.send_push(&address, headers, b"[ ]")?;
    assert_eq!(sender.answer()?.status, 201);
    let trigger = first_trigger(&place)?;
    assert_eq!(trigger["channel"], "inbox", "{trigger}");
    assert_eq!(trigger["content-type"], "application/json; v=1", "{trigger}");
    let topic = serde_json::json!([{ "name": "topic", "value": "news" }]);
    assert_eq!(trigger["headers"], topic, "{trigger}");
    Ok(())
}

#[test]
fn a_time_to_live_of_0_is_one_attempt() -> anyhow::Result<()> {
    let (place, daemon, address) = serve_task(Path::new(fixtures::LOUD))?;
    let mut sender = daemon.connect()?;
    sender.send_push(&address, "TTL: 0\r\n", b"fail")?;
    assert_eq!(sender.answer()?.status, 201);
    sender.send_push(&address, "TTL: 3600\r\n", b"fail")?;
    assert_eq!(sender.answer()?.status, 201);
    place.bugle(["push", INBOX, "-", "--wait"])?;
    place.bugle(["push", INBOX, "x", "--wait"])?.good()?;
    let app = &json(&place, &["list"])?[0];
    assert_eq!((&app["dead"], &app["waiting"]), (&1.into(), &1.into()), "{app}");
    assert_eq!(json(&place, &["runs", "--dead"])?[0]["id"], "trigger-1");
    for ttl in ["TTL: -1\r\n", "TTL: soon\r\n", "TTL: 1.5\r\n", "TTL:\r\n"] {
        sender.send_push(&address, ttl, b"x")?;
        let answer = sender.answer()?;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid-ttl"), "{ttl}");
    }
    Ok(())
}

#[test]
fn every_address_that_takes_no_push_is_answered_alike() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let closed = address(&place, INBOX)?;
    place.bugle(["channel", "close", INBOX])?.good()?;
    let (daemon, open) = serve(&place)?;
    assert_ne!(closed, open);
    let mut sender = daemon.connect()?;
    let unknown = format!("/push/{}", "A".repeat(43));
    let first = sender.push(&unknown, b"x")?;
    assert_eq!((first.status, first.error().as_str()), (404, "not-found"));
    let long = format!("/push/{}", "A".repeat(4_000));
    for path in [&closed, "/push/short", "/push/", "/push", "/", "/push/a/b", "/push/%00", &long] {
        assert_eq!(sender.push(path, b"x")?, first, "{path}");
    }
    for path in [format!("{open}/"), format!("{open}x"), open.to_lowercase()] {
        assert_eq!(sender.push(&path, b"x")?, first, "{path}");
    }
    assert_eq!(sender.push(&open, b"[]")?.status, 201);
    Ok(())
}

#[test]
fn other_methods_are_refused_and_say_what_is_right() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    let mut sender = daemon.connect()?;
    let unknown = format!("/push/{}", "A".repeat(43));
    let mut ask = |method: &str, path: &str| -> anyhow::Result<Answer> {
        sender.send(format!("{method} {path} HTTP/1.1\r\nhost: t\r\n\r\n"))?;
        sender.answer()
    };
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer = ask(method, &address)?;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")), "{method}");
        assert_eq!(answer, ask(method, &unknown)?, "{method} does not tell which address is known");
    }
    Ok(())
}

#[test]
fn a_push_has_1_to_5000_bytes() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    let push = |body: &[u8]| daemon.connect()?.push(&address, body);
    let empty = push(b"")?;
    assert_eq!((empty.status, empty.error().as_str()), (400, "content-empty"));
    assert_eq!(push(&vec![b' '; 5_000])?.status, 201);
    let large = push(&vec![b' '; 5_001])?;
    assert_eq!((large.status, large.error().as_str()), (413, "content-too-large"));
    // What is announced as too large is refused before any of it is there.
    let mut announced = daemon.connect()?;
    announced
        .send(format!("POST {address} HTTP/1.1\r\nhost: t\r\ncontent-length: 99999999\r\n\r\n"))?;
    assert_eq!(announced.answer()?.status, 413);
    // What is not announced is refused once it is too large, though there is more to come.
    let mut chunked = daemon.connect()?;
    chunked.send(format!(
        "POST {address} HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n"
    ))?;
    chunked.send(format!("1389\r\n{}\r\n", " ".repeat(5_001)))?;
    assert_eq!(chunked.answer()?.status, 413);
    let mut chunked = daemon.connect()?;
    chunked.send(format!(
        "POST {address} HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n"
    ))?;
    chunked.send("1\r\n[\r\n1\r\n]\r\n0\r\n\r\n")?;
    assert_eq!(chunked.answer()?.status, 201);
    Ok(())
}

#[test]
fn what_is_no_http_and_headers_without_end_are_refused() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    let refused = |request: String| -> anyhow::Result<u16> {
        let mut sender = daemon.connect()?;
        sender.send(request)?;
        Ok(sender.answer()?.status)
    };
    assert_eq!(refused("hello\r\n\r\n".to_owned())?, 400);
    let long = "x".repeat(20_000);
    assert_eq!(refused(format!("POST {address} HTTP/1.1\r\nhost: t\r\nx: {long}\r\n\r\n"))?, 431);
    let many = "x: y\r\n".repeat(100);
    assert_eq!(refused(format!("POST {address} HTTP/1.1\r\nhost: t\r\n{many}\r\n"))?, 431);
    let twice = "content-length: 1\r\ncontent-length: 2\r\n";
    assert_eq!(refused(format!("POST {address} HTTP/1.1\r\nhost: t\r\n{twice}\r\nxx"))?, 400);
    let mut sender = daemon.connect()?;
    let for_task = (0..17).map(|n| format!("bugle-h{n}: v\r\n")).collect::<String>();
    sender.send_push(&address, &for_task, b"[]")?;
    assert_eq!(sender.answer()?.status, 431);
    assert_eq!(sender.push(&address, b"[]")?.status, 201);
    Ok(())
}

#[test]
fn a_full_queue_is_said_and_is_nobody_elses_trouble() -> anyhow::Result<()> {
    let (place, daemon, full) = serve_task(&probes_folder().join("loop.wat"))?;
    let other = bugle_tests::AppSource::example("mail")?.replace(MAIL, "com.example.other");
    place.app("other", &other)?;
    place.bugle(["install", "other"])?.good()?;
    let free = address(&place, "com.example.other/inbox")?;
    let mut senders = Vec::new();
    for _ in 0..64 {
        senders.push(daemon.connect()?);
    }
    let answer = 'full: loop {
        // All of them at once, so that they share commits.
        for sender in &mut senders {
            (0..8).try_for_each(|_| sender.send_push(&full, "", b"x"))?;
        }
        for sender in &mut senders {
            for _ in 0..8 {
                let answer = sender.answer()?;
                if answer.status != 201 {
                    break 'full answer;
                }
            }
        }
    };
    assert_eq!((answer.status, answer.error().as_str()), (429, "queue-full"));
    assert_eq!(answer.header("retry-after"), Some("5"));
    let mut sender = daemon.connect()?;
    assert_eq!(sender.push(&free, b"[]")?.status, 201);
    let said = place.bugle(["push", "com.example.other/inbox", &mail("1"), "--wait"])?.good()?;
    assert!(said.starts_with("completed"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_host_that_takes_no_pushes_now_says_when_to_come_again() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let door = listener.local_addr()?;
    let (close, closed) = tokio::sync::oneshot::channel::<()>();
    let stopping = |_, _| async { Err(bugle::Error::Stopping) };
    let served = tokio::spawn(serve_pushes(listener, stopping, async { drop(closed.await) }));
    let push = move || Connection::to(door)?.push(&format!("/push/{}", "A".repeat(43)), b"x");
    let answer = tokio::task::spawn_blocking(push).await??;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert_eq!(answer.error(), "stopping");
    drop(close);
    tokio::time::timeout(Duration::from_secs(5), served).await??;
    Ok(())
}

#[test]
fn an_app_that_is_removed_takes_no_more() -> anyhow::Result<()> {
    let place = place_with_mail()?;
    let (daemon, address) = serve(&place)?;
    let mut sender = daemon.connect()?;
    assert_eq!(sender.push(&address, b"[]")?.status, 201);
    place.bugle(["remove", MAIL])?.good()?;
    assert_eq!(sender.push(&address, b"[]")?.status, 404);
    Ok(())
}
