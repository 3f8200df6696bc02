use std::fmt::Display;
use std::path::Path;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use crate::{Answer, Command, GatewayError, Refusal};

/// A connection to a running host's command socket.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
}

impl Client {
    /// Connects to a host. None if none is running: there is no socket, or nobody listens on it.
    pub async fn connect(socket: impl AsRef<Path>) -> Option<Self> {
        UnixStream::connect(socket).await.ok().map(|stream| Self { stream })
    }

    /// Sends a command and waits for what came of it, as long as it takes.
    ///
    /// # Errors
    ///
    /// The host refuses, or went away before it answered. Then it may still have done it.
    pub async fn send(self, command: &Command) -> Result<Answer, Refusal> {
        let json = serde_json::to_vec(command).map_err(unanswered)?;
        let request = Request::post("/command")
            .header(header::HOST, "bugle")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(json)))
            .map_err(unanswered)?;
        let (status, body) = self.exchange(request).await.map_err(unanswered)?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(unanswered);
        }
        Err(serde_json::from_slice(&body).unwrap_or_else(|_| unanswered(status)))
    }

    async fn exchange(
        self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), hyper::Error> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.stream)).await?;
        let connection = tokio::spawn(connection);
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        connection.abort();
        Ok((status, body))
    }
}

fn unanswered(what: impl Display) -> Refusal {
    GatewayError::Unanswered { what: format!("{what}") }.into()
}
