//! The senders of pushes: a process of their own, as they are in life, so that what they cost is not
//! counted among the host's threads.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::figure::quantile;

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
    /// What else is sent with each.
    pub(crate) headers: Vec<(String, String)>,
    /// What is pushed; a kilobyte if nothing is said.
    pub(crate) content: Option<bugle_task::Bytes>,
    /// The certificate to trust, in PEM, if the door speaks TLS.
    pub(crate) certificate: Option<String>,
}

/// What the senders saw.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sent {
    /// From a request to its answer, milliseconds.
    pub(crate) p99_ms: f64,
}

impl Load {
    /// Pushes of a kilobyte, as fast as they are answered.
    pub(crate) fn new(address: SocketAddr, paths: Vec<String>, pushes: usize) -> Self {
        let (pace, content, certificate) = (None, None, None);
        Self { address, paths, pushes, pace, headers: Vec::new(), content, certificate }
    }

    /// Sends it from a process of its own, and waits until everything was accepted.
    pub(crate) async fn send(self) -> Result<Sent> {
        let program = std::env::current_exe()?;
        let load = serde_json::to_string(&self)?;
        let senders = move || {
            let mut senders = Command::new(program);
            senders.arg("send").arg(load).stderr(Stdio::inherit()).output()
        };
        let output = tokio::task::spawn_blocking(senders).await??;
        ensure!(output.status.success(), "the senders ended with {}", output.status);
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// The other side of it.
pub(crate) fn send(load: &str) -> Result<()> {
    let load: Arc<Load> = Arc::new(serde_json::from_str(load)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut times = runtime.block_on(async {
        let connection =
            |_| tokio::spawn(connection(Arc::clone(&load), Arc::clone(&next), started));
        let connections: Vec<_> = (0..CONNECTIONS).map(connection).collect();
        let mut times = Vec::new();
        for connection in connections {
            times.extend(connection.await??);
        }
        anyhow::Ok(times)
    })?;
    println!("{}", serde_json::to_string(&Sent { p99_ms: quantile(&mut times, 0.99) })?);
    Ok(())
}

/// A stream to the door, through TLS if it speaks that.
async fn open(load: &Load) -> Result<Box<dyn Stream>> {
    let stream = TcpStream::connect(load.address).await?;
    stream.set_nodelay(true)?;
    let Some(certificate) = &load.certificate else { return Ok(Box::new(stream)) };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes())?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    Ok(Box::new(connector.connect("localhost".try_into()?, stream).await?))
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One connection, which waits for each answer before its next push.
async fn connection(load: Arc<Load>, next: Arc<AtomicUsize>, started: Instant) -> Result<Vec<f64>> {
    let stream = open(&load).await?;
    let mut times = Vec::new();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let content = load.content.as_ref().map_or_else(|| vec![b'x'; CONTENT_BYTES], |c| c.0.clone());
    let content = Bytes::from(content);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= load.pushes {
            return Ok(times);
        }
        if let Some(pace) = load.pace {
            #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
            let due = started + Duration::from_secs_f64(number as f64 / pace);
            tokio::time::sleep_until(due.into()).await;
        }
        let path = load.paths.get(number % load.paths.len()).context("there is a path")?;
        loop {
            let mut request = Request::post(path.as_str()).header("host", "localhost");
            for (name, value) in &load.headers {
                request = request.header(name, value);
            }
            let request = request.body(Full::new(content.clone()))?;
            let sent = Instant::now();
            let response = sender.send_request(request).await?;
            let status = response.status();
            response.into_body().collect().await?;
            match status {
                StatusCode::CREATED | StatusCode::OK => {
                    times.push(sent.elapsed().as_secs_f64() * 1e3);
                    break;
                }
                // The queue is full: what was accepted has to be run first.
                StatusCode::TOO_MANY_REQUESTS | StatusCode::NOT_ACCEPTABLE => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                _ => anyhow::bail!("a push was answered with {status}"),
            }
        }
    }
}
