use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tokio::net::TcpSocket;

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a push door, byte for byte: tests send what no client library would.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Status line and headers, without the date.
    pub head: Vec<String>,
    /// The body.
    pub body: String,
}

impl Connection {
    /// Connects to a door.
    ///
    /// # Errors
    ///
    /// Nobody is there.
    pub fn to(door: SocketAddr) -> anyhow::Result<Self> {
        Self::over(TcpStream::connect(door)?)
    }

    /// Connects to a door from another address of this machine.
    ///
    /// # Errors
    ///
    /// Nobody is there, or the address is not this machine's.
    pub fn from(address: IpAddr, door: SocketAddr) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let stream = runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::new(address, 0))?;
            socket.connect(door).await
        })?;
        let stream = stream.into_std()?;
        stream.set_nonblocking(false)?;
        Self::over(stream)
    }

    fn over(stream: TcpStream) -> anyhow::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    ///
    /// The peer has gone.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
        Ok(self.stream.get_mut().write_all(bytes.as_ref())?)
    }

    /// Says that nothing more will be sent.
    ///
    /// # Errors
    ///
    /// The peer has gone.
    pub fn end(&mut self) -> anyhow::Result<()> {
        Ok(self.stream.get_mut().shutdown(Shutdown::Write)?)
    }

    /// Sends a push, with header lines that each end in a line feed as HTTP has it.
    ///
    /// # Errors
    ///
    /// The peer has gone.
    pub fn send_push(&mut self, path: &str, headers: &str, body: &[u8]) -> anyhow::Result<()> {
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: t\r\ncontent-length: {length}\r\n{headers}\r\n");
        // One packet, as clients do.
        self.send([head.as_bytes(), body].concat())
    }

    /// The first byte of what comes next; none if the peer closes.
    ///
    /// # Errors
    ///
    /// Nothing comes.
    pub fn first_byte(&mut self) -> anyhow::Result<Option<u8>> {
        Ok(self.stream.fill_buf()?.first().copied())
    }

    /// Sends a push and reads the answer.
    ///
    /// # Errors
    ///
    /// The peer has gone.
    pub fn push(&mut self, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
        self.send_push(path, "", body)?;
        self.answer()
    }

    /// Reads one answer.
    ///
    /// # Errors
    ///
    /// The connection ends before it, or it is no HTTP.
    pub fn answer(&mut self) -> anyhow::Result<Answer> {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            ensure!(self.stream.read_line(&mut line)? > 0, "the connection ended: {head:?}");
            match line.trim_end() {
                "" => break,
                line if line.starts_with("date:") => {}
                line => head.push(line.to_owned()),
            }
        }
        let status = head.first().and_then(|line| line.split(' ').nth(1));
        let status = status.and_then(|code| code.parse().ok()).context("there is no status")?;
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(Ok(0), str::parse)?];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, head, body: String::from_utf8(body)? })
    }

    /// Waits for the peer to end the connection; what it says before.
    ///
    /// # Errors
    ///
    /// It does not.
    pub fn rest(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest)?;
        Ok(rest)
    }
}

impl Answer {
    /// The value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let pairs = self.head.iter().filter_map(|line| line.split_once(": "));
        pairs.filter(|(found, _)| *found == name).map(|(_, value)| value).next()
    }

    /// The stable name of the error in the body.
    #[must_use]
    pub fn error(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["error"].as_str().unwrap_or_default().to_owned()
    }
}
