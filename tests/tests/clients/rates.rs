//! What one sender may ask for, and what it costs others.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use bugle::Protocol;
use bugle_gateway::{
    ForwardedBy, HTTP_2_CONNECTIONS, MISS_PAUSE, MISSES_MAX, Proxies, SENDER_CONNECTIONS_MAX,
};
use bugle_tests::program::{Answer, Connection};

use crate::stage::{Stage, ask};

/// What a sender, or a channel, may have at once at a rate of one a second.
const AT_ONCE: usize = 10;

/// Pushes of which the quickest is looked at: each that is made to wait does, and a disk may be slow once.
const TRIES: u32 = 5;

fn one_a_second(doors: &mut bugle_gateway::Doors) {
    doors.rates.sender = NonZeroU32::new(1);
}

fn is_refused(answer: &Answer) -> bool {
    assert!(matches!(answer.status, 201 | 404 | 429), "{answer:?}");
    if answer.status == 429 {
        assert_eq!(answer.error(), "too-many-requests");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    answer.status == 429
}

#[test]
fn a_channel_takes_what_its_rate_allows() -> Result<()> {
    let stage = Stage::throttled(false)?;
    let path = format!("/push/{}", stage.channel(Protocol::Plain)?.address().as_str());
    let mut refused = 0;
    for sent in 0..2 * AT_ONCE {
        let is_refused = is_refused(&ask(&stage, "POST", &path, "", "hello")?);
        assert!(sent >= AT_ONCE || !is_refused, "the {sent}th");
        refused += usize::from(is_refused);
    }
    assert!(refused > 0);
    assert_eq!(stage.contents()?.len(), 2 * AT_ONCE - refused);
    // Another channel has a rate of its own; here, the same one at a new address.
    let path = format!("/push/{}", stage.channel(Protocol::Plain)?.address().as_str());
    assert_eq!(ask(&stage, "POST", &path, "", "hello")?.status, 201);
    Ok(())
}

#[test]
fn a_sender_asks_for_what_its_rate_allows() -> Result<()> {
    let stage = Stage::with(one_a_second)?;
    let path = format!("/push/{}", stage.channel(Protocol::Plain)?.address().as_str());
    let mut refused = 0;
    for sent in 0..2 * AT_ONCE {
        let path = if sent % 2 == 0 { &path } else { "/nothing" };
        refused += usize::from(is_refused(&ask(&stage, "POST", path, "", "hello")?));
    }
    assert!(refused > 0);
    let mut other = connect_from(&stage, 2)?;
    assert_eq!(other.push(&path, b"hello")?.status, 201, "another sender has its own rate");
    Ok(())
}

#[test]
fn behind_a_proxy_each_sender_has_its_rate_if_the_proxy_is_trusted() -> Result<()> {
    let refused = |trusted: &[&str], header: ForwardedBy, name: &str| -> Result<usize> {
        let networks = trusted.iter().map(|text| Ok(text.parse()?)).collect::<Result<_>>()?;
        let stage = Stage::with(|doors| {
            one_a_second(doors);
            doors.proxies = Proxies { networks, header };
        })?;
        let mut refused = 0;
        for sender in 0..2 * AT_ONCE {
            let forwarded = match header {
                ForwardedBy::XForwardedFor => format!("203.0.113.9, 192.0.2.{sender}"),
                // What a sender has left open must not hide what the proxy adds.
                ForwardedBy::Forwarded => {
                    format!("for=\"203.0.113.9\", for=192.0.2.{sender};by=_p")
                }
            };
            let headers = format!("{name}: {forwarded}\r\n");
            refused += usize::from(is_refused(&ask(&stage, "POST", "/nothing", &headers, "")?));
        }
        Ok(refused)
    };
    let by = ForwardedBy::XForwardedFor;
    assert_eq!(refused(&["127.0.0.0/8"], by, "x-forwarded-for")?, 0);
    assert_eq!(refused(&["::1", "127.0.0.1"], ForwardedBy::Forwarded, "forwarded")?, 0);
    let forged = "for=203.0.113.9;x=\"";
    assert!(refused_all_of(forged)? > 0, "what it says hides what the proxy adds");
    // Nobody was told that it is a proxy, or that it writes this header.
    assert!(refused(&[], by, "x-forwarded-for")? > 0);
    assert!(refused(&["10.0.0.0/8"], by, "x-forwarded-for")? > 0);
    assert!(refused(&["127.0.0.1"], by, "forwarded")? > 0);
    Ok(())
}

/// How many of some requests are refused whose sender begins the header that the proxy ends.
fn refused_all_of(begins: &str) -> Result<usize> {
    let stage = Stage::with(|doors| {
        one_a_second(doors);
        let networks = "127.0.0.1".parse().into_iter().collect();
        doors.proxies = Proxies { networks, header: ForwardedBy::Forwarded };
    })?;
    let mut refused = 0;
    for sender in 0..2 * AT_ONCE {
        let headers = format!("forwarded: {begins}, for=192.0.2.{sender}\r\n");
        refused += usize::from(is_refused(&ask(&stage, "POST", "/nothing", &headers, "")?));
    }
    Ok(refused)
}

#[test]
fn one_sender_has_some_connections_of_http_2() -> Result<()> {
    let stage = Stage::plain()?;
    let path = format!("/push/{}", stage.channel(Protocol::Plain)?.address().as_str());
    let room = SENDER_CONNECTIONS_MAX / HTTP_2_CONNECTIONS as usize;
    let mut open = Vec::new();
    for number in 0..=room {
        let mut connection = connect_from(&stage, 5)?;
        let sent = connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
        // Its settings come first (RFC 9113, section 3.4); or nothing, as of a connection that is reset.
        let is_open = sent.and_then(|()| connection.first_byte()).is_ok_and(|byte| byte.is_some());
        assert_eq!(is_open, number < room, "the {number}th");
        open.push(connection);
    }
    assert!(connect_from(&stage, 5)?.push(&path, b"hello").is_err(), "they count as many");
    assert_eq!(connect_from(&stage, 6)?.push(&path, b"hello")?.status, 201);
    Ok(())
}

#[test]
fn who_looks_for_addresses_waits_and_who_has_one_does_not() -> Result<()> {
    let stage = Stage::plain()?;
    let path = format!("/push/{}", stage.channel(Protocol::Plain)?.address().as_str());
    let unknown = format!("/push/{}", "A".repeat(43));
    let ask = |path: &str| -> Result<(Answer, Duration)> {
        let started = Instant::now();
        let answer = ask(&stage, "POST", path, "", "hello")?;
        Ok((answer, started.elapsed()))
    };
    let (first, _) = ask(&unknown)?;
    for _ in 1..MISSES_MAX {
        assert_eq!(ask(&unknown)?.0, first);
    }
    // One comes back each second, so that some more may be answered at once; each that waits gives back one.
    let mut has_waited = false;
    for _ in 0..MISSES_MAX {
        let (answer, time) = ask(&unknown)?;
        assert_eq!(answer, first);
        has_waited = time >= MISS_PAUSE;
        if has_waited {
            break;
        }
    }
    assert!(has_waited);
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        let (pushed, time) = ask(&path)?;
        assert_eq!(pushed.status, 201);
        best = best.min(time);
    }
    assert!(best < MISS_PAUSE, "{best:?}");
    Ok(())
}

#[test]
fn who_looks_for_addresses_through_a_proxy_holds_up_nobody_else_there() -> Result<()> {
    let stage = Stage::with(|doors| {
        doors.proxies.networks = "127.0.0.1".parse().into_iter().collect();
    })?;
    let path = format!("/push/{}", stage.channel(Protocol::Plain)?.address().as_str());
    let started = Instant::now();
    let mut refused = 0;
    for _ in 0..2 * MISSES_MAX {
        let scanner = "x-forwarded-for: 192.0.2.1\r\n";
        refused += u32::from(is_refused(&ask(&stage, "POST", "/push/x", scanner, "hello")?));
    }
    // Some may have come back meanwhile, a second each.
    let come_back = u32::try_from(started.elapsed().as_secs())? + 1;
    assert!((MISSES_MAX - come_back..=MISSES_MAX).contains(&refused), "{refused}");
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        let started = Instant::now();
        let other = "x-forwarded-for: 192.0.2.2\r\n";
        assert_eq!(ask(&stage, "POST", &path, other, "hello")?.status, 201);
        best = best.min(started.elapsed());
    }
    assert!(best < MISS_PAUSE, "{best:?}");
    Ok(())
}

#[test]
fn one_sender_has_some_of_the_connections() -> Result<()> {
    let stage = Stage::plain()?;
    let path = format!("/push/{}", stage.channel(Protocol::Plain)?.address().as_str());
    // They are taken in their order.
    let open = (0..SENDER_CONNECTIONS_MAX).map(|_| connect_from(&stage, 3));
    let open = open.collect::<Result<Vec<_>>>()?;
    let mut one_more = connect_from(&stage, 3)?;
    assert!(one_more.push(&path, b"hello").is_err(), "it is closed");
    assert_eq!(connect_from(&stage, 4)?.push(&path, b"hello")?.status, 201);
    drop(open);
    Ok(())
}

/// A connection from another address of this machine.
fn connect_from(stage: &Stage, last: u8) -> Result<Connection> {
    let door = stage.url.strip_prefix("http://").context("it is plain HTTP")?;
    Connection::from([127, 0, 0, last].into(), door.parse()?)
}
