//! Every bound of the doors, each with its reason.

use std::time::Duration;

/// Connections of senders that are open at once. Each holds at most a header and a body, of a push
/// or, at the door of Matrix, of 64 KiB: 80 MiB together at the worst; more wait in the system's queue.
pub const PUSH_CONNECTIONS_MAX: usize = 1_024;

/// Connections to the command socket that are open at once: programs of one person, and what they
/// wait for.
pub const COMMAND_CONNECTIONS_MAX: usize = 32;

/// Connections of apps in the foreground that are open at once: those of one desktop, each with a stream
/// and an answer.
pub const APP_CONNECTIONS_MAX: usize = 128;

/// How long an event stream is silent at the most: shorter than any proxy's patience, so that an app that
/// is gone is noticed.
pub const STREAM_PAUSE: Duration = Duration::from_secs(15);

/// How long a peer may take for a request's header, the pause before it included. A sender on the
/// worst mobile line needs two seconds; the rest is for connections that are kept for the next push.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a peer may take for a body: 5,000 bytes at 4 kbit/s.
pub const BODY_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a request's header: an address, 4 KiB of headers for the task, and as much again for
/// what proxies add.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;

/// Headers of a request: 16 for the task, and what clients and proxies add.
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
