//! Peers that withhold what they promised, on a clock that jumps ahead when nothing happens.

use std::time::Duration;

use bugle_gateway::{BODY_READ_TIMEOUT, DRAIN_TIMEOUT, HEADER_READ_TIMEOUT, serve_pushes};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// How much later than its bound an end may be found.
const LATE_MAX: Duration = Duration::from_secs(1);

/// A connection to a push door with nothing behind it.
async fn connect() -> anyhow::Result<TcpStream> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let door = listener.local_addr()?;
    let accept = |_, _| async { Err(bugle::Error::Stopping) };
    tokio::spawn(serve_pushes(listener, accept, std::future::pending()));
    Ok(TcpStream::connect(door).await?)
}

/// Waits until the door ends the connection; what it said, and when it was.
async fn ending(mut connection: TcpStream, started: Instant) -> (String, Duration) {
    let mut said = Vec::new();
    // A connection that is reset is as much at its end as one that is closed.
    let _ = connection.read_to_end(&mut said).await;
    (String::from_utf8_lossy(&said).into_owned(), started.elapsed())
}

fn assert_about(time: Duration, bound: Duration) {
    assert!(time + LATE_MAX >= bound && time <= bound + LATE_MAX, "{time:?}, not {bound:?}");
}

#[tokio::test(start_paused = true)]
async fn a_header_that_does_not_come_ends_the_connection() -> anyhow::Result<()> {
    for sent in ["", "POST /push/x HTTP/1.1\r\nHo"] {
        let mut connection = connect().await?;
        let started = Instant::now();
        connection.write_all(sent.as_bytes()).await?;
        let (_, time) = ending(connection, started).await;
        assert_about(time, HEADER_READ_TIMEOUT);
    }
    Ok(())
}

/// The preface of HTTP/2 and settings that change nothing (RFC 9113, sections 3.4 and 6.5).
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test(start_paused = true)]
async fn a_connection_of_http_2_that_asks_for_nothing_is_closed() -> anyhow::Result<()> {
    // Half a header too: a block that says that it goes on, and does not (section 6.10).
    let half = [HTTP_2, b"\0\0\x01\x01\x01\0\0\0\x01\x83"].concat();
    for sent in [HTTP_2, &half] {
        let mut connection = connect().await?;
        let started = Instant::now();
        connection.write_all(sent).await?;
        let (_, time) = ending(connection, started).await;
        // It is told that the connection ends, and may answer that.
        let bound = HEADER_READ_TIMEOUT..=HEADER_READ_TIMEOUT + DRAIN_TIMEOUT + LATE_MAX;
        assert!(bound.contains(&time), "{time:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_header_that_trickles_in_has_no_more_time() -> anyhow::Result<()> {
    let mut connection = connect().await?;
    let started = Instant::now();
    for byte in "POST /push/".bytes() {
        if connection.write_all(&[byte]).await.is_err() {
            break;
        }
        // Nothing is said, and the clock goes on when everybody has seen the byte.
        let _ = tokio::time::timeout(Duration::from_secs(1), connection.readable()).await;
    }
    let (_, time) = ending(connection, started).await;
    assert_about(time, HEADER_READ_TIMEOUT);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_answered_with_408() -> anyhow::Result<()> {
    let mut connection = connect().await?;
    let started = Instant::now();
    let request = "POST /push/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc";
    connection.write_all(request.as_bytes()).await?;
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"HTTP/1.1 408");
    assert_about(started.elapsed(), BODY_READ_TIMEOUT);
    Ok(())
}
