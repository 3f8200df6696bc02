//! The push door behind TLS: most senders of Web Push speak nothing else.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

use crate::connections::{Listener, Version};
use crate::{GatewayError, TLS_LOOK_AGAIN};

/// What HTTP/2 is called when a connection is made (RFC 9113, section 3.2).
const HTTP_2: &[u8] = b"h2";

/// The files of a certificate, in PEM. They are read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, and those that lead from it to one that senders know.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A listener whose connections speak TLS.
pub(crate) struct TlsListener {
    listener: TcpListener,
    files: Tls,
    current: Mutex<Current>,
}

/// What new connections are greeted with.
struct Current {
    config: Arc<ServerConfig>,
    /// When the files were changed that it is of.
    changed: [Option<SystemTime>; 2],
    looked_at: Instant,
}

impl TlsListener {
    pub(crate) fn new(listener: TcpListener, files: Tls) -> Result<Self, GatewayError> {
        let changed = files.changed();
        let config = files.load()?;
        let current = Mutex::new(Current { config, changed, looked_at: Instant::now() });
        Ok(Self { listener, files, current })
    }

    /// The certificate as the files have it. One that cannot be read leaves the one before in use.
    fn config(&self) -> Arc<ServerConfig> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked_at.elapsed() >= TLS_LOOK_AGAIN {
            current.looked_at = Instant::now();
            let changed = self.files.changed();
            if changed != current.changed {
                match self.files.load() {
                    Ok(config) => {
                        tracing::info!("the certificate was read again");
                        current.config = config;
                        current.changed = changed;
                    }
                    Err(error) => tracing::error!(%error, "the certificate of before stays in use"),
                }
            }
        }
        Arc::clone(&current.config)
    }
}

impl Tls {
    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key]
            .map(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok())
    }

    fn load(&self) -> Result<Arc<ServerConfig>, GatewayError> {
        let failed = |path: &PathBuf, what: String| GatewayError::Tls { path: path.clone(), what };
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| failed(&self.certificate, error.to_string()))?;
        if chain.is_empty() {
            return Err(failed(&self.certificate, "there is no certificate in it".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| failed(&self.key, error.to_string()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| failed(&self.key, error.to_string()))?;
        config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl Listener for TlsListener {
    type Raw = TcpStream;
    type Stream = TlsStream<TcpStream>;

    async fn accept(&self) -> io::Result<(Self::Raw, Option<IpAddr>)> {
        Listener::accept(&self.listener).await
    }

    fn open(
        &self,
        raw: Self::Raw,
    ) -> impl Future<Output = io::Result<(Self::Stream, Version)>> + Send + 'static {
        let accepting = TlsAcceptor::from(self.config()).accept(raw);
        async move {
            let stream = accepting.await?;
            let is_two = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
            Ok((stream, if is_two { Version::Two } else { Version::One }))
        }
    }
}
