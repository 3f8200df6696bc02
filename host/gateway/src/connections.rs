//! Connections, bounded in number, size and time, and their end.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Instant;

use crate::place::Place;
use crate::visitors::{Neighbour, Visitors};
use crate::{
    ACCEPT_PAUSE, DRAIN_TIMEOUT, HEADER_BYTES_MAX, HEADER_READ_TIMEOUT, HEADERS_MAX, STREAMS_MAX,
    WINDOW_BYTES,
};

/// Which HTTP a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// Where connections come from.
pub(crate) trait Listener: Send {
    /// A connection as it comes.
    type Raw: Send + 'static;
    /// What HTTP is spoken over.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection, and where it comes from if that is a network.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Raw, Option<IpAddr>)>> + Send;

    /// Makes it ready. Each connection waits for its own peer here, and for no other.
    fn open(
        &self,
        raw: Self::Raw,
    ) -> impl Future<Output = io::Result<(Self::Stream, Version)>> + Send + 'static;
}

impl Listener for tokio::net::TcpListener {
    type Raw = TcpStream;
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(Self::Stream, Option<IpAddr>)> {
        let (stream, peer) = Self::accept(self).await?;
        // An answer is one small packet: nothing is won by holding it back.
        stream.set_nodelay(true)?;
        Ok((stream, Some(peer.ip())))
    }

    fn open(
        &self,
        raw: Self::Raw,
    ) -> impl Future<Output = io::Result<(Self::Stream, Version)>> + Send + 'static {
        tell_version(raw)
    }
}

/// Who speaks HTTP/2 without having asked begins with its preface (RFC 9113, section 3.3), and no method of
/// HTTP/1 begins so.
async fn tell_version(stream: TcpStream) -> io::Result<(TcpStream, Version)> {
    const PREFACE: &[u8] = b"PRI ";
    /// What is missing of it comes in the next packet, if it comes: half a second in all.
    const LOOKS: usize = 50;
    const LOOK_AGAIN: Duration = Duration::from_millis(10);
    let mut begin = [0; PREFACE.len()];
    for _ in 0..LOOKS {
        let length = stream.peek(&mut begin).await?;
        if length == PREFACE.len() || length == 0 || !PREFACE.starts_with(&begin[..length]) {
            break;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let version = if begin == *PREFACE { Version::Two } else { Version::One };
    Ok((stream, version))
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Raw = tokio::net::UnixStream;
    type Stream = tokio::net::UnixStream;

    async fn accept(&self) -> io::Result<(Self::Raw, Option<IpAddr>)> {
        Ok((Self::accept(self).await?.0, None))
    }

    fn open(
        &self,
        raw: Self::Raw,
    ) -> impl Future<Output = io::Result<(Self::Stream, Version)>> + Send + 'static {
        std::future::ready(Ok((raw, Version::One)))
    }
}

/// What is behind a listener.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) routes: Router,
    /// Connections that are open at once; more wait in the system's queue.
    pub(crate) connections_max: usize,
    /// Who may have how many of them; nobody is counted without.
    pub(crate) visitors: Option<Arc<Visitors>>,
    /// Whether a peer that closes its side still wants its answer.
    pub(crate) half_close: bool,
}

impl Door {
    pub(crate) fn new(routes: Router, connections_max: usize) -> Self {
        Self { routes, connections_max, visitors: None, half_close: true }
    }
}

/// Serves until `shutdown` is done, then lets connections that are open finish what they are in.
pub(crate) async fn serve(listener: impl Listener, door: Door, shutdown: impl Future<Output = ()>) {
    let permits = Arc::new(Semaphore::new(door.connections_max));
    let (close, closed) = watch::channel(false);
    let (open, mut all_closed) = mpsc::channel::<()>(1);
    let http = Http::new(door.half_close);
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit.expect("the semaphore is never closed"), listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
        };
        let (stream, neighbour) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (permits, visitors) = (Arc::clone(&permits), door.visitors.clone());
        let Some(place) = Place::take(permits, permit, visitors, neighbour) else { continue };
        let (routes, http, closed) = (door.routes.clone(), http.clone(), closed.clone());
        let opening = listener.open(stream);
        let is_open = open.clone();
        tokio::spawn(async move {
            converse(opening, Arc::new(place), &http, routes, neighbour, closed).await;
            drop(is_open);
        });
    }
    drop(listener);
    close.send_replace(true);
    drop(open);
    // Nothing is ever sent: it ends with the last connection.
    if tokio::time::timeout(DRAIN_TIMEOUT, all_closed.recv()).await.is_err() {
        tracing::warn!("connections were cut that did not end in time");
    }
}

/// One connection, from its first byte to its last.
async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    opening: impl Future<Output = io::Result<(S, Version)>>,
    place: Arc<Place>,
    http: &Http,
    routes: Router,
    neighbour: Option<IpAddr>,
    mut closed: watch::Receiver<bool>,
) {
    let opened = tokio::select! {
        opened = tokio::time::timeout(HEADER_READ_TIMEOUT, opening) => opened,
        () = until_closed(&mut closed) => return,
    };
    let (stream, version) = match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(error)) => return tracing::debug!(%error, "a connection was not opened"),
        Err(_) => return tracing::debug!("a connection was not opened in time"),
    };
    if version == Version::Two && !place.widen().await {
        return tracing::debug!("there is no room for a connection of HTTP/2");
    }
    let requests = Arc::new(Requests::default());
    let neighbour = neighbour.map(|address| Neighbour { address, place: Arc::clone(&place) });
    let service = service(routes, neighbour, Arc::clone(&requests));
    let http = http.of(version);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = until_closed(&mut closed) => None,
        () = place.is_over() => None,
        // HTTP/1 has a clock of its own.
        () = requests.pause(), if version == Version::Two => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(DRAIN_TIMEOUT, connection).await {
                Ok(ended) => ended,
                Err(_) => return tracing::debug!("a connection was cut"),
            }
        }
    };
    // A peer that breaks off or breaks HTTP is its own trouble; hyper has answered it.
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn until_closed(closed: &mut watch::Receiver<bool>) {
    // An error is a door that is gone, which closes its connections as well.
    let _ = closed.wait_for(|is_closed| *is_closed).await.map(drop);
}

/// Answers requests by the routes, which learn where they come from.
fn service(
    routes: Router,
    neighbour: Option<Neighbour>,
    requests: Arc<Requests>,
) -> impl Service<Request<Incoming>, Response = Response, Error = std::convert::Infallible, Future: Send>
{
    let routes = TowerToHyperService::new(routes);
    service_fn(move |mut request: Request<Incoming>| {
        if let Some(neighbour) = &neighbour {
            request.extensions_mut().insert(neighbour.clone());
        }
        let under_way = UnderWay::begin(Arc::clone(&requests));
        let answer = routes.call(request);
        async move {
            let answer = answer.await;
            drop(under_way);
            answer
        }
    })
}

/// The requests of a connection that speaks HTTP/2, so that one that asks for nothing is closed.
#[derive(Debug)]
struct Requests(Mutex<(usize, Instant)>);

impl Default for Requests {
    fn default() -> Self {
        Self(Mutex::new((0, Instant::now())))
    }
}

impl Requests {
    fn change(&self, change: impl FnOnce(usize) -> usize) {
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *requests = (change(requests.0), Instant::now());
    }

    /// Done when nothing was asked for as long as a peer may be silent.
    async fn pause(&self) {
        loop {
            let left = {
                let (under_way, since) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let silent = if under_way > 0 { Duration::ZERO } else { since.elapsed() };
                HEADER_READ_TIMEOUT.saturating_sub(silent)
            };
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }
}

/// A request that is being answered.
struct UnderWay(Arc<Requests>);

impl UnderWay {
    fn begin(requests: Arc<Requests>) -> Self {
        requests.change(|under_way| under_way + 1);
        Self(requests)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.change(|under_way| under_way.saturating_sub(1));
    }
}

/// How HTTP is spoken, in both versions.
#[derive(Clone)]
struct Http {
    one: Arc<auto::Builder<TokioExecutor>>,
    two: Arc<auto::Builder<TokioExecutor>>,
}

impl Http {
    fn new(half_close: bool) -> Self {
        let mut one = auto::Builder::new(TokioExecutor::new()).http1_only();
        one.http1()
            .timer(TokioTimer::new())
            // A sender that closes its side after the push still wants to know what came of it.
            .half_close(half_close)
            .header_read_timeout(HEADER_READ_TIMEOUT)
            .max_buf_size(HEADER_BYTES_MAX)
            .max_headers(HEADERS_MAX);
        let mut two = auto::Builder::new(TokioExecutor::new()).http2_only();
        let header_bytes_max = u32::try_from(HEADER_BYTES_MAX).unwrap_or(u32::MAX);
        two.http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(header_bytes_max)
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
            .max_send_buf_size(HEADER_BYTES_MAX)
            .keep_alive_interval(HEADER_READ_TIMEOUT)
            .keep_alive_timeout(HEADER_READ_TIMEOUT);
        Self { one: Arc::new(one), two: Arc::new(two) }
    }

    fn of(&self, version: Version) -> &auto::Builder<TokioExecutor> {
        match version {
            Version::One => &self.one,
            Version::Two => &self.two,
        }
    }
}
