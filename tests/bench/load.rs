//! The senders of pushes: a process of their own, as they are in life, so that what they cost is not
//! counted among the host's threads.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 64;
pub(crate) const CONTENT_BYTES: usize = 1_024;

/// What to send.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    /// Taken in turns.
    pub(crate) paths: Vec<String>,
    pub(crate) pushes: usize,
    /// Not more than this many a second in all.
    pub(crate) pace: Option<f64>,
}

impl Load {
    /// Sends it from a process of its own, and waits until everything was accepted.
    pub(crate) async fn send(self) -> Result<()> {
        let program = std::env::current_exe()?;
        let load = serde_json::to_string(&self)?;
        let senders = move || Command::new(program).arg("send").arg(load).status();
        let status = tokio::task::spawn_blocking(senders).await??;
        ensure!(status.success(), "the senders ended with {status}");
        Ok(())
    }
}

/// The other side of it.
pub(crate) fn send(load: &str) -> Result<()> {
    let load: Arc<Load> = Arc::new(serde_json::from_str(load)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    runtime.block_on(async {
        let connection =
            |_| tokio::spawn(connection(Arc::clone(&load), Arc::clone(&next), started));
        let connections: Vec<_> = (0..CONNECTIONS).map(connection).collect();
        for connection in connections {
            connection.await??;
        }
        Ok(())
    })
}

/// One connection, which waits for each answer before its next push.
async fn connection(load: Arc<Load>, next: Arc<AtomicUsize>, started: Instant) -> Result<()> {
    let stream = TcpStream::connect(load.address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let content = Bytes::from(vec![b'x'; CONTENT_BYTES]);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= load.pushes {
            return Ok(());
        }
        if let Some(pace) = load.pace {
            #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
            let due = started + Duration::from_secs_f64(number as f64 / pace);
            tokio::time::sleep_until(due.into()).await;
        }
        let path = load.paths.get(number % load.paths.len()).context("there is a path")?;
        loop {
            let request = Request::post(path.as_str())
                .header("host", "localhost")
                .body(Full::new(content.clone()))?;
            let response = sender.send_request(request).await?;
            let status = response.status();
            response.into_body().collect().await?;
            match status {
                StatusCode::CREATED => break,
                // The queue is full: what was accepted has to be run first.
                StatusCode::TOO_MANY_REQUESTS => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                _ => anyhow::bail!("a push was answered with {status}"),
            }
        }
    }
}
