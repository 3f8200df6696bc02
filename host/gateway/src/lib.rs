//! The doors of a host: pushes come in by HTTP, commands by a socket that only its owner can reach,
//! and apps in the foreground see their pushes first at a door of their own.
//!
//! The crate owns sockets, HTTP, the bounds on both, and [`Command`], the language in which programs
//! talk to a running host. It never runs a guest, never writes a file but its socket, and talks to
//! the crate `bugle` only.
//!
//! Invariants:
//! - A sender gets 201 only once its push is durable.
//! - An address that is unknown, closed, expired or malformed gets the same answer, to the byte.
//! - Whatever a peer sends or withholds, it holds a bounded amount of memory for a bounded time.
//! - Each protocol has its own door; a channel is reached by the one it was opened for.
//! - An address is never logged: who knows it may push.
//! - Commands come by the socket, which is its owner's, or from a browser on this machine that followed a
//!   link of the host's; no other TCP address serves them.

mod body;
mod bounds;
mod command;
mod connections;
mod error;
mod foreground;
mod gateway;
mod management;
mod metrics;
mod place;
mod push;
mod rates;
mod refusal;
mod secret;
mod senders;
mod tls;
mod visitors;

#[cfg(unix)]
mod client;
#[cfg(unix)]
mod socket;

pub use bounds::{
    ACCEPT_PAUSE, APP_CONNECTIONS_MAX, BODY_READ_TIMEOUT, CHANNEL_RATE, COMMAND_BYTES_MAX,
    COMMAND_CONNECTIONS_MAX, DRAIN_TIMEOUT, HEADER_BYTES_MAX, HEADER_READ_TIMEOUT, HEADERS_MAX,
    HTTP_2_CONNECTIONS, MANAGEMENT_CONNECTIONS_MAX, METRICS_CONNECTIONS_MAX, MISS_PAUSE, MISS_RATE,
    MISSES_MAX, PUSH_CONNECTIONS_MAX, RATE_BURST, RATE_KEYS_MAX, RETRY_AFTER,
    SENDER_CONNECTIONS_MAX, SENDER_RATE, SENDER_WAITING_MAX, STREAM_PAUSE, STREAMS_MAX,
    TLS_LOOK_AGAIN, UPLOAD_READ_TIMEOUT, UPLOADS_AT_ONCE, WAITING_MAX, WINDOW_BYTES,
};
pub use bugle_protocols::forwarded::ForwardedBy;
pub use command::{Answer, Command, PushEnding, execute};
pub use error::GatewayError;
pub use gateway::{Doors, Gateway, PushDoor, serve_pushes};
pub use rates::Rates;
pub use refusal::Refusal;
pub use secret::Secret;
pub use tls::Tls;
pub use visitors::{Network, Proxies};

#[cfg(unix)]
pub use client::Client;

/// Where `bugle serve` takes pushes unless told otherwise: loopback, so that nothing outside of the
/// machine reaches a host whose operator did not ask for it, and one fixed port, so that the
/// addresses of channels stay good from one start to the next. 7787 is
/// registered to nobody.
pub const DEFAULT_PUSH_DOOR: std::net::SocketAddr =
    std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7787);

/// The name of the command socket in the data folder.
pub const SOCKET_NAME: &str = "bugle.sock";
