//! What one sender may ask for, and what it costs others.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use bugle::Protocol;
use bugle_gateway::{ForwardedBy, MISS_PAUSE, MISSES_MAX, Proxies, SENDER_CONNECTIONS_MAX};
use bugle_tests::program::{Answer, Connection};

use crate::stage::{Stage, ask};

/// What a sender, or a channel, may have at once at a rate of one a second.
const AT_ONCE: usize = 10;

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
                ForwardedBy::Forwarded => format!("for=203.0.113.9, for=192.0.2.{sender};by=_p"),
            };
            let headers = format!("{name}: {forwarded}\r\n");
            refused += usize::from(is_refused(&ask(&stage, "POST", "/nothing", &headers, "")?));
        }
        Ok(refused)
    };
    let by = ForwardedBy::XForwardedFor;
    assert_eq!(refused(&["127.0.0.0/8"], by, "x-forwarded-for")?, 0);
    assert_eq!(refused(&["::1", "127.0.0.1"], ForwardedBy::Forwarded, "forwarded")?, 0);
    // Nobody was told that it is a proxy, or that it writes this header.
    assert!(refused(&[], by, "x-forwarded-for")? > 0);
    assert!(refused(&["10.0.0.0/8"], by, "x-forwarded-for")? > 0);
    assert!(refused(&["127.0.0.1"], by, "forwarded")? > 0);
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
    // One comes back each second, so that the next one or two may be answered at once.
    let waited = (0..3).map(|_| ask(&unknown)).collect::<Result<Vec<_>>>()?;
    assert!(waited.iter().all(|(answer, _)| *answer == first), "{waited:?}");
    assert!(waited.iter().any(|(_, time)| *time >= MISS_PAUSE), "{waited:?}");
    let (pushed, time) = ask(&path)?;
    assert_eq!(pushed.status, 201);
    assert!(time < MISS_PAUSE, "{time:?}");
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
