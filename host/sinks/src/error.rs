use std::io;
use std::path::{Path, PathBuf};

/// Why a sink cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// It cannot be written to, or not read.
    #[error("`{}` cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The secret is none.
    #[error(
        "`{}` has no webhook secret: it is `whsec_` and 24 to 64 bytes in base64, as `echo whsec_$(openssl \
         rand -base64 32)` makes one", path.display()
    )]
    Secret {
        /// The file that should have it.
        path: PathBuf,
    },
    /// The address is none.
    #[error("the address at `{host}` is none to send to: {why}")]
    Url {
        /// The host in what was given. The rest may be a secret.
        host: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Telemetry cannot be begun.
    #[error("telemetry cannot be sent: {why}")]
    Telemetry {
        /// What the store or the system says.
        why: String,
    },
}

impl SinkError {
    /// A stable name for the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "sink-file",
            Self::Secret { .. } => "webhook-secret",
            Self::Url { .. } => "receiver-url",
            Self::Telemetry { .. } => "telemetry",
        }
    }

    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}
