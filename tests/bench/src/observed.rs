//! Pushes a second with everything that watches a host, beside the same host unwatched.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bugle::Host;
use bugle_gateway::{Doors, Gateway, Rates, Secret};
use bugle_sinks::{LinesSink, Telemetry};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::figure::{Figures, quantile};
use crate::load::Load;

/// Some seconds of the fastest case, so that what comes each second is in it several times, and what comes at
/// the end as often as it does in ten.
const PUSHES: usize = 20_000;
/// Both, one right after the other, so that what a disk does over minutes is in both; each is first in every
/// other pair. Their ratios are some percent apart, and the middle one of so many is within two of the truth.
const PAIRS: usize = 33;

pub(crate) fn measure(app: &Path, scratch: &Path, figures: &mut Figures) -> Result<()> {
    let runtime = Runtime::new()?;
    let (mut unwatched, mut watched, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut traces = Vec::new();
    for pair in 0..PAIRS {
        let run = |is_watched: bool| -> Result<[f64; 2]> {
            let folder = tempfile::tempdir_in(scratch)?;
            runtime.block_on(rate(app, &folder.path().join("data"), is_watched))
        };
        let is_watched_first = pair % 2 == 0;
        let (first, second) = (run(is_watched_first)?, run(!is_watched_first)?);
        let (with, without) = if is_watched_first { (first, second) } else { (second, first) };
        ratios.push(with[0] / without[0]);
        watched.push(with[0]);
        unwatched.push(without[0]);
        traces.push(with[1]);
    }
    figures.note("committed pushes, nobody watches", quantile(&mut unwatched, 0.5), "/s");
    figures.note("committed pushes, everything watches", quantile(&mut watched, 0.5), "/s");
    figures.note("of these told as traces", quantile(&mut traces, 0.5), "/s");
    let ratio = quantile(&mut ratios, 0.5);
    figures.at_least("everything watches / nobody watches", ratio, "", 0.97);
    Ok(())
}

/// Pushes per second from the first request to the last commit, and how many of them became traces.
async fn rate(app: &Path, folder: &Path, is_watched: bool) -> Result<[f64; 2]> {
    let mut builder = Host::builder().data_dir(folder);
    if is_watched {
        builder = builder.sink(LinesSink::new(&folder.with_extension("json"))?);
    }
    let host = builder.build().await?;
    let channel = host.install(app).await?.open_channel("inbox").await?;
    let any: SocketAddr = "127.0.0.1:0".parse()?;
    let some = is_watched.then_some(any);
    let doors = Doors { rates: Rates::none(), metrics: some, management: some, ..Doors::at(any) };
    let gateway = Gateway::bind(host.clone(), doors).await?;
    let address = gateway.push_door();
    let watchers = Watchers::of(&gateway, &host)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let doors = tokio::spawn(gateway.serve(async move {
        let _ = stopped.await;
    }));
    let paths = vec![format!("/push/{}", channel.address().as_str())];
    let began = Instant::now();
    Load::new(address, paths, PUSHES).send().await?;
    host.settled().await?;
    let time = began.elapsed();
    let mut traces = 0;
    if let Some(watchers) = watchers {
        traces = tokio::task::spawn_blocking(|| watchers.end()).await??;
    }
    let _ = stop.send(());
    doors.await?;
    host.shutdown().await?;
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
    Ok([PUSHES as f64 / time.as_secs_f64(), traces as f64 / time.as_secs_f64()])
}

/// A scraper, a page of the dashboard that is open, and a receiver of telemetry.
struct Watchers {
    is_over: Arc<AtomicBool>,
    seen: [Arc<AtomicU64>; 3],
    /// What the receiver was sent.
    sent: Arc<Mutex<Vec<u8>>>,
    threads: Vec<JoinHandle<()>>,
    telemetry: Telemetry,
}

impl Watchers {
    fn of(gateway: &Gateway, host: &Host) -> Result<Option<Self>> {
        let (Some(metrics), Some(Secret(link))) =
            (gateway.metrics_door(), gateway.dashboard_link())
        else {
            return Ok(None);
        };
        let is_over = Arc::new(AtomicBool::new(false));
        let seen: [Arc<AtomicU64>; 3] = Default::default();
        let receiver = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", receiver.local_addr()?);
        let door = link.strip_prefix("http://").and_then(|rest| rest.split_once('/'));
        let (door, enter) = door.context("it is a link")?;
        let (door, enter) = (door.parse()?, format!("/{enter}"));
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
        let telemetry = Telemetry::start(host.clone(), &url)?;
        Ok(Some(Self { is_over, seen, sent, threads, telemetry }))
    }

    /// How many pushes were told as traces.
    fn end(mut self) -> Result<usize> {
        self.telemetry.stop();
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
