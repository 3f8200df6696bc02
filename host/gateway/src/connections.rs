//! Connections, bounded in number, size and time, and their end.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;

use crate::{ACCEPT_PAUSE, DRAIN_TIMEOUT, HEADER_BYTES_MAX, HEADER_READ_TIMEOUT, HEADERS_MAX};

/// Where connections come from.
pub(crate) trait Listener: Send {
    /// A connection as it comes.
    type Raw: Send + 'static;
    /// What HTTP is spoken over.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection.
    fn accept(&self) -> impl Future<Output = io::Result<Self::Raw>> + Send;

    /// Makes it ready. Each connection waits for its own peer here, and for no other.
    fn open(
        &self,
        raw: Self::Raw,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static;
}

impl Listener for tokio::net::TcpListener {
    type Raw = tokio::net::TcpStream;
    type Stream = tokio::net::TcpStream;

    fn open(
        &self,
        raw: Self::Raw,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
        std::future::ready(Ok(raw))
    }

    async fn accept(&self) -> io::Result<Self::Stream> {
        let (stream, _) = Self::accept(self).await?;
        // An answer is one small packet: nothing is won by holding it back.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Raw = tokio::net::UnixStream;
    type Stream = tokio::net::UnixStream;

    fn open(
        &self,
        raw: Self::Raw,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send + 'static {
        std::future::ready(Ok(raw))
    }

    async fn accept(&self) -> io::Result<Self::Raw> {
        Ok(Self::accept(self).await?.0)
    }
}

/// Serves `routes` on at most `connections_max` connections at once until `shutdown` is done, then
/// lets those that are open finish the request they are in.
pub(crate) async fn serve(
    listener: impl Listener,
    routes: Router,
    connections_max: usize,
    shutdown: impl Future<Output = ()>,
) {
    let permits = Arc::new(Semaphore::new(connections_max));
    let graceful = GracefulShutdown::new();
    let http = http();
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit.expect("the semaphore is never closed"), listener.accept().await)
        };
        let (permit, stream) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
        };
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(routes.clone());
        let (http, watcher, opening) = (http.clone(), graceful.watcher(), listener.open(stream));
        tokio::spawn(async move {
            let stream = match tokio::time::timeout(HEADER_READ_TIMEOUT, opening).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => return tracing::debug!(%error, "a connection was not opened"),
                Err(_) => return tracing::debug!("a connection was not opened in time"),
            };
            let connection = http.serve_connection(TokioIo::new(stream), service);
            let connection = watcher.watch(connection);
            // A peer that breaks off or breaks HTTP is its own trouble; hyper has answered it.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were cut that did not end in time");
    }
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        // A sender that closes its side after the push still wants to know what came of it.
        .half_close(true)
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    http
}
