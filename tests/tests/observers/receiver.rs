//! Who receives webhooks, and traces: answers as it is told, and remembers what came.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Inbox, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What it answers to one request.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    /// A status, and a header more.
    Status(u16, &'static str),
    /// What is no HTTP.
    Nonsense,
    /// Nothing at all, for as long as the other waits.
    Nothing,
}

/// A request that came.
#[derive(Debug)]
pub(crate) struct Came {
    /// When it was there.
    pub(crate) at: Instant,
    pub(crate) path: String,
    /// By their names, in small letters.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Came {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

pub(crate) struct Receiver {
    pub(crate) door: SocketAddr,
    came: Inbox<Came>,
}

impl Receiver {
    /// Answers 204, or what is told first.
    pub(crate) fn start(answers: impl IntoIterator<Item = Say>) -> Result<Self> {
        Self::start_with(TcpListener::bind("127.0.0.1:0")?, answers, None)
    }

    /// The same where somebody was before.
    pub(crate) fn at(door: SocketAddr) -> Result<Self> {
        Self::start_with(TcpListener::bind(door)?, [], None)
    }

    /// The same by TLS.
    pub(crate) fn by_tls(config: ServerConfig) -> Result<Self> {
        Self::start_with(TcpListener::bind("127.0.0.1:0")?, [], Some(Arc::new(config)))
    }

    fn start_with(
        listener: TcpListener,
        answers: impl IntoIterator<Item = Say>,
        tls: Option<Arc<ServerConfig>>,
    ) -> Result<Self> {
        let door = listener.local_addr()?;
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let (tell, came) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, tell, tls) = (Arc::clone(&answers), tell.clone(), tls.clone());
                // One that is left waiting holds up no other.
                thread::spawn(move || serve(stream, tls, &answers, &tell));
            }
        });
        Ok(Self { door, came })
    }

    /// The next request.
    pub(crate) fn next(&self) -> Result<Came> {
        self.came.recv_timeout(Duration::from_secs(30)).context("nothing came")
    }

    /// Whether something came that nobody has looked at.
    pub(crate) fn has_more(&self) -> bool {
        self.came.try_recv().is_ok()
    }
}

fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    answers: &Mutex<VecDeque<Say>>,
    tell: &Sender<Came>,
) -> Option<()> {
    match tls {
        None => answer(stream, answers, tell),
        Some(config) => {
            let connection = ServerConnection::new(config).ok()?;
            answer(StreamOwned::new(connection, stream), answers, tell)
        }
    }
}

/// Answers requests until the connection ends.
fn answer(
    stream: impl Read + Write,
    answers: &Mutex<VecDeque<Say>>,
    tell: &Sender<Came>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let came = read(&mut stream)?;
        let say = answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        // The test may have ended.
        let _ = tell.send(came);
        let text = match say.unwrap_or(Say::Status(204, "")) {
            Say::Status(204, _) => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            Say::Status(status, header) => {
                format!("HTTP/1.1 {status} So\r\n{header}content-length: 0\r\n\r\n")
            }
            Say::Nonsense => "\0\x1b[2J 200 fine\r\n\r\n".to_owned(),
            Say::Nothing => {
                // Until the other goes.
                let _ = stream.read(&mut [0]);
                return None;
            }
        };
        stream.get_mut().write_all(text.as_bytes()).ok()?;
        stream.get_mut().flush().ok()?;
    }
}

fn read(stream: &mut impl std::io::BufRead) -> Option<Came> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let path = lines.first()?.split(' ').nth(1)?.to_owned();
    let headers: BTreeMap<String, String> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok())?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Came { at: Instant::now(), path, headers, body: String::from_utf8(body).ok()? })
}
