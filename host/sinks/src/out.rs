//! The way out by HTTP, for all that is sent to others.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;

use crate::SinkError;
use crate::address::Public;

/// How long a receiver may take for its answer. A host that stops waits for it.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// A URL that may be sent to.
pub(crate) fn parse(url: &str, allows_private: bool) -> Result<Uri, SinkError> {
    let wrong = |why| {
        // No path and no password: either may be what lets one post there.
        let parsed = url.parse::<Uri>().ok();
        let host = parsed.as_ref().and_then(|parsed| parsed.host()).unwrap_or("…");
        SinkError::Url { host: host.to_owned(), why }
    };
    let parsed: Uri = url.parse().map_err(|_| wrong("it cannot be read as one"))?;
    let has_password = parsed.authority().is_some_and(|authority| authority.as_str().contains('@'));
    match parsed.scheme_str() {
        _ if has_password => Err(wrong("it must have no user and no password; it is signed")),
        Some("https") => Ok(parsed),
        Some("http") if allows_private => Ok(parsed),
        Some("http") => Err(wrong("it must begin with `https://`")),
        _ => Err(wrong("it must begin with `https://`, and name a host")),
    }
}

/// The way out, to addresses of the internet, or to all.
pub(crate) fn agent(allows_private: bool) -> Agent {
    let resolver = Public { any: Default::default(), allows_private };
    Agent::with_parts(config(), DefaultConnector::default(), resolver)
}

fn config() -> Config {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(provider)
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(ANSWER_TIMEOUT))
        // An answer is judged, and never followed: it could lead anywhere.
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        // A proxy of the environment would connect where this may not.
        .proxy(None)
        .user_agent(concat!("bugle/", env!("CARGO_PKG_VERSION")))
        .build()
}
