//! Every bound of the doors, each with its reason.

use std::time::Duration;

/// Connections of senders that are open at once. Each holds at most a header and a body, of a push or, at
/// the door of Matrix, of 64 KiB: measured, 100 MiB together at the worst, 125 through TLS. More wait in the
/// system's queue.
pub const PUSH_CONNECTIONS_MAX: usize = 1_024;

/// Connections of one sender (an address of IPv4, or a network of 64 bits of IPv6) that are open at once: a
/// busy sender has a hundred, and half of them stay for others. One more is closed at once.
pub const SENDER_CONNECTIONS_MAX: usize = 512;

/// Requests that one connection of HTTP/2 has under way at once: what RFC 9113 (section 6.5.2) recommends at
/// the least, since clients send as many before they know better.
pub const STREAMS_MAX: u32 = 100;

/// Connections as which one of HTTP/2 counts, for the door and for its sender: its requests have headers of
/// 1.6 MiB together at the worst, and as much again for what is read of them. Measured with nothing but such
/// connections, a door holds 240 MiB.
pub const HTTP_2_CONNECTIONS: u32 = 16;

/// Bytes of bodies that a connection of HTTP/2 may send before they are read: one body of Matrix, a dozen
/// pushes.
pub const WINDOW_BYTES: u32 = 64 * 1024;

/// Pushes a second to one channel, unless the operator says otherwise: a task in JavaScript keeps up with
/// them, and a channel that is flooded has a twentieth of what the host can take.
pub const CHANNEL_RATE: u32 = 1_000;

/// Requests a second of one sender, unless the operator says otherwise: two channels' worth.
pub const SENDER_RATE: u32 = 2_000;

/// For how many seconds a sender or a channel that was at rest may have all at once: with the rates above as
/// many pushes as an app may have waiting.
pub const RATE_BURST: u32 = 10;

/// How many senders or channels are remembered that are not at rest; with more, all are forgotten. 60 bytes
/// each.
pub const RATE_KEYS_MAX: usize = 65_536;

/// What is not there, or not for who asks, that one sender may ask for at once: a hundred subscriptions of
/// which it was not told that they ended.
pub const MISSES_MAX: u32 = 100;

/// The same, a second, after that.
pub const MISS_RATE: u32 = 1;

/// How long a sender that asked for more of it waits for each answer: a scanner learns little in a day.
pub const MISS_PAUSE: Duration = Duration::from_secs(1);

/// Connections that wait so at once, beside those that are open: as many as those are. Each has one request
/// that was read already. What is more is refused, and its connection ended.
pub const WAITING_MAX: usize = 1_024;

/// How many of one sender do: half of them, so that a scanner does not keep another from waiting.
pub const SENDER_WAITING_MAX: usize = 512;

/// Connections to the management door that are open at once: those of a few pages, each with a stream.
pub const MANAGEMENT_CONNECTIONS_MAX: usize = 64;

/// Connections to the metrics door that are open at once: a scraper or two, and a person who looks.
pub const METRICS_CONNECTIONS_MAX: usize = 8;

/// Connections to the command socket that are open at once: programs of one person, and what they
/// wait for.
pub const COMMAND_CONNECTIONS_MAX: usize = 32;

/// Connections of apps in the foreground that are open at once: those of one desktop, each with a stream
/// and an answer.
pub const APP_CONNECTIONS_MAX: usize = 128;

/// How long an event stream is silent at the most: shorter than any proxy's patience, so that an app that
/// is gone is noticed.
pub const STREAM_PAUSE: Duration = Duration::from_secs(15);

/// How long a peer may take until a request's header begins, and for the header. A sender on the
/// worst mobile line needs two seconds; the rest is for connections that are kept for the next push.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a peer may take for a body: 5,000 bytes at 4 kbit/s.
pub const BODY_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a file may take that is dropped on the dashboard: the largest at a megabyte a second, as from
/// another place through a tunnel.
pub const UPLOAD_READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Files that are received at once there: one is in memory whole, and a page sends one after another.
pub const UPLOADS_AT_ONCE: usize = 2;

/// Bytes of a request's header: an address, 4 KiB of headers for the task, and as much again for
/// what proxies add.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;

/// Headers of a request by HTTP/1: 16 for the task, and what clients and proxies add. HTTP/2 has their bytes
/// bounded.
pub const HEADERS_MAX: usize = 64;

/// Bytes of a command: the largest value that a setting can have is 64 KiB, in base64.
pub const COMMAND_BYTES_MAX: usize = 256 * 1024;

/// How long open connections have to end when the doors close: longer than a body may take to
/// arrive, so that no push that is on its way is lost.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(12);

/// What a sender is told to wait when the host cannot take pushes at all: about what a restart takes.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// How often new connections look whether the certificate's files have changed: it is renewed days before
/// it ends.
pub const TLS_LOOK_AGAIN: Duration = Duration::from_secs(10);

/// The pause after the system refused a connection, so that being out of file descriptors does not
/// become a busy loop.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
