//! Pushes a second with everything that watches a host, beside the same host unwatched.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bugle::Reader;
use bugle_tests::program::{Daemon, Place};
use tokio::runtime::Runtime;

use crate::figure::{Figures, quantile};
use crate::load::Load;

/// Some seconds of the fastest case, so that what comes each second is in it several times, and what comes at
/// the end as often as it does in ten.
const PUSHES: usize = 20_000;
/// Both, one right after the other, so that what a disk does over minutes is in both; each is first in every
/// other pair. Their ratios are some percent apart, and the middle one of so many is within two of the truth.
const PAIRS: usize = 33;
/// For what a host can take, not what one sender may send.
const RATE: &str = "1000000";
/// How often it is seen whether all is committed: a few thousandths of what is measured, for either.
const LOOK: Duration = Duration::from_millis(10);

pub(crate) fn measure(app: &Path, scratch: &Path, figures: &mut Figures) -> Result<()> {
    let runtime = Runtime::new()?;
    let (mut unwatched, mut watched, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut traces = Vec::new();
    for pair in 0..PAIRS {
        let run = |is_watched: bool| runtime.block_on(rates(app, scratch, is_watched));
        let is_watched_first = pair % 2 == 0;
        let (first, second) = (run(is_watched_first)?, run(!is_watched_first)?);
        let (with, without) = if is_watched_first { (first, second) } else { (second, first) };
        ratios.push(with.pushes / without.pushes);
        watched.push(with.pushes);
        unwatched.push(without.pushes);
        traces.push(with.traces);
    }
    figures.note("committed pushes, nobody watches", quantile(&mut unwatched, 0.5), "/s");
    figures.note("committed pushes, everything watches", quantile(&mut watched, 0.5), "/s");
    figures.note("of these told as traces", quantile(&mut traces, 0.5), "/s");
    let ratio = quantile(&mut ratios, 0.5);
    figures.at_least("everything watches / nobody watches", ratio, "", 0.97);
    Ok(())
}

/// From the first request to the last commit, a second.
struct Rates {
    pushes: f64,
    /// Pushes that became traces.
    traces: f64,
}

/// Of the program as people start it: with what it has by itself, or with everything that tells of it.
async fn rates(app: &Path, scratch: &Path, is_watched: bool) -> Result<Rates> {
    let place = Place::in_folder(scratch)?;
    place.bugle(["install".as_ref(), app.as_os_str()])?.good()?;
    let said = place.bugle(["channel", "open", "com.example.raw-notification/inbox"])?.good()?;
    let (_, path) = said.trim().rsplit_once("/push/").context("it is an address")?;
    let receiver = TcpListener::bind("127.0.0.1:0")?;
    let daemon = serve(&place, is_watched.then_some(receiver.local_addr()?))?;
    let watchers = is_watched.then(|| Watchers::of(&daemon, receiver)).transpose()?;
    let reader = Reader::open(&place.data())?;
    let began = Instant::now();
    Load::new(daemon.door(), vec![format!("/push/{path}")], PUSHES).send().await?;
    while !reader.queued(1)?.is_empty() {
        tokio::time::sleep(LOOK).await;
    }
    let time = began.elapsed().as_secs_f64();
    let (status, _, _) = daemon.terminate()?;
    ensure!(status.success(), "the host ended with {status}");
    let traces = watchers.map_or(Ok(0), Watchers::end)?;
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
    let [pushes, traces] = [PUSHES as f64, traces as f64].map(|number| number / time);
    Ok(Rates { pushes, traces })
}

/// A host, which sends telemetry there if everything watches it.
fn serve(place: &Place, otlp: Option<SocketAddr>) -> Result<Daemon> {
    let mut command = place.command(["serve", "--listen", "127.0.0.1:0"])?;
    command.args(["--channel-rate", RATE, "--sender-rate", RATE]);
    if let Some(otlp) = otlp {
        let toasts = place.folder().join("toasts.json");
        let sink = format!("json={}", toasts.display());
        command.args(["--log-format", "json", "--sink", &sink]);
        command.args(["--metrics-door", "127.0.0.1:0", "--management-door", "127.0.0.1:0"]);
        command.args(["--otlp", &format!("http://{otlp}")]);
    }
    Daemon::start(command, |line| line)
}

/// A scraper, a page of the dashboard that is open, and a receiver of telemetry.
struct Watchers {
    is_over: Arc<AtomicBool>,
    seen: [Arc<AtomicU64>; 3],
    /// What the receiver was sent.
    sent: Arc<Mutex<Vec<u8>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Watchers {
    fn of(daemon: &Daemon, receiver: TcpListener) -> Result<Self> {
        let mut metrics = None;
        let mut link = None;
        while metrics.is_none() || link.is_none() {
            let said = daemon.line()?;
            let url = said.split(' ').find_map(|word| word.strip_prefix("http://"));
            let (door, path) = url.and_then(|url| url.split_once('/')).context("it is a URL")?;
            let seen = if path == "metrics" { &mut metrics } else { &mut link };
            *seen = Some((door.parse::<SocketAddr>()?, format!("/{path}")));
        }
        let ((metrics, _), (door, enter)) = metrics.zip(link).context("both are said")?;
        let is_over = Arc::new(AtomicBool::new(false));
        let seen: [Arc<AtomicU64>; 3] = Default::default();
        let (over, counted) = (Arc::clone(&is_over), seen.each_ref().map(Arc::clone));
        let [scrapes, pages, messages] = counted;
        let again = Arc::clone(&over);
        let sent = Arc::<Mutex<Vec<u8>>>::default();
        let of_receiver = Arc::clone(&sent);
        let threads = vec![
            thread::spawn(move || {
                each_second(&over, &scrapes, || drop(get(metrics, "/metrics", "")));
            }),
            thread::spawn(move || page(door, &enter, &again, &pages)),
            thread::spawn(move || receive(&receiver, &messages, &of_receiver)),
        ];
        Ok(Self { is_over, seen, sent, threads })
    }

    /// How many pushes were told as traces, once the host has ended.
    fn end(mut self) -> Result<usize> {
        self.is_over.store(true, Ordering::Relaxed);
        // The receiver waits for a connection, and ends with this program.
        drop(self.threads.pop());
        for thread in self.threads {
            ensure!(thread.join().is_ok(), "a watcher panicked");
        }
        let seen = self.seen.map(|seen| seen.load(Ordering::Relaxed));
        ensure!(seen.iter().all(|seen| *seen > 0), "somebody saw nothing: {seen:?}");
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(String::from_utf8_lossy(&sent).matches("\"name\":\"accept\"").count())
    }
}

fn each_second(over: &AtomicBool, count: &AtomicU64, mut look: impl FnMut()) {
    while !over.load(Ordering::Relaxed) {
        look();
        count.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_secs(1));
    }
}

fn get(door: SocketAddr, path: &str, headers: &str) -> Option<String> {
    let mut stream = TcpStream::connect(door).ok()?;
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: {door}\r\n{headers}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Does what the script of a page does: asks for it again each time that something has changed.
fn page(door: SocketAddr, enter: &str, over: &AtomicBool, count: &AtomicU64) {
    let entered = get(door, enter, "").unwrap_or_default();
    let cookie = entered.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.and_then(|cookie| cookie.split(';').next()).unwrap_or_default();
    let cookie = format!("cookie: {cookie}\r\n");
    let Ok(mut events) = TcpStream::connect(door) else { return };
    let request = format!("GET /events HTTP/1.1\r\nhost: {door}\r\n{cookie}\r\n");
    let _ = events.set_read_timeout(Some(Duration::from_millis(500)));
    if events.write_all(request.as_bytes()).is_err() {
        return;
    }
    let mut buffer = [0; 1_024];
    while !over.load(Ordering::Relaxed) {
        if events.read(&mut buffer).is_ok_and(|bytes| bytes > 0) {
            let page = get(door, "/", &cookie).unwrap_or_default();
            count.fetch_add(u64::from(page.starts_with("HTTP/1.1 200")), Ordering::Relaxed);
        }
    }
}

/// Takes every message, and says so.
fn receive(receiver: &TcpListener, count: &AtomicU64, sent: &Mutex<Vec<u8>>) {
    for stream in receiver.incoming().flatten() {
        let _ = take_all(stream, count, sent);
    }
}

fn take_all(mut stream: TcpStream, count: &AtomicU64, sent: &Mutex<Vec<u8>>) -> Option<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 64 * 1_024];
    loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        if bytes.len() >= end + 4 + length.trim().parse::<usize>().ok()? {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()?;
            count.fetch_add(1, Ordering::Relaxed);
            sent.lock().unwrap_or_else(PoisonError::into_inner).append(&mut bytes);
        }
    }
}
