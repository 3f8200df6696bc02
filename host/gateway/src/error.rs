use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the doors did not open, or closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// A door's address cannot be used.
    #[error("no door opens on {address} ({source}): choose another address, or end what uses it")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The place of a proxy is none.
    #[error("`{text}` is no network; write an address, or a range like `10.0.0.0/8`")]
    Network {
        /// What was given.
        text: String,
    },
    /// The command socket cannot be made.
    #[error("the command socket `{}` cannot be made: {source}", path.display())]
    Socket {
        /// Where it should be.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The command socket's path is longer than the system allows.
    #[error(
        "the path of the command socket `{}` has {} bytes, and may have {bytes_max}; choose a data \
         folder with a shorter path", path.display(), path.as_os_str().len()
    )]
    SocketPathTooLong {
        /// Where it should be.
        path: PathBuf,
        /// How long it may be.
        bytes_max: usize,
    },
    /// The apps' door would be open to the network.
    #[error(
        "apps are served on loopback only, and {address} is none; give one like 127.0.0.1:7788"
    )]
    AppDoor {
        /// What was given.
        address: SocketAddr,
    },
    /// The management door would be open to the network.
    #[error(
        "the dashboard is served on loopback only, and {address} is none; give one like 127.0.0.1:7789"
    )]
    ManagementDoor {
        /// What was given.
        address: SocketAddr,
    },
    /// The certificate or its key cannot be used.
    #[error("`{}` cannot be used for TLS: {what}; give a certificate and its private key as PEM", path.display())]
    Tls {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The address that senders are told is none.
    #[error(
        "`{url}` is not where a host can be found; give a scheme and a name, like `https://push.example.org`"
    )]
    PublicUrl {
        /// What was given.
        url: String,
    },
    /// The host behind the command socket went away, or is none.
    #[error("the running host did not answer ({what}); look at its log, then try again")]
    Unanswered {
        /// What went wrong.
        what: String,
    },
}

impl GatewayError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "door",
            Self::Network { .. } => "network",
            Self::Socket { .. } => "command-socket",
            Self::SocketPathTooLong { .. } => "command-socket-path",
            Self::AppDoor { .. } => "app-door",
            Self::ManagementDoor { .. } => "management-door",
            Self::Tls { .. } => "tls",
            Self::PublicUrl { .. } => "public-url",
            Self::Unanswered { .. } => "unanswered",
        }
    }
}
