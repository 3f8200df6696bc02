//! What a good sender notices of one that looks for addresses.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bugle::Host;
use bugle_gateway::SENDER_CONNECTIONS_MAX;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;

use crate::figure::{Figures, quantile};
use crate::load::Load;
use crate::served::Served;

/// A second and more of a good sender.
const PUSHES: usize = 20_000;
/// Each case so often, in turns; the median of each counts.
const ROUNDS: usize = 9;
/// Addresses that the scanner asks for.
const UNKNOWN: usize = 100_000;
/// Where it asks from: not the address that good senders have.
const FROM: [u8; 4] = [127, 0, 0, 2];

pub(crate) fn measure(app: &Path, scratch: &Path, figures: &mut Figures) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for (name, rates) in [("alone", &mut alone), ("beside", &mut beside)] {
            let folder = scratch.join(format!("scanner-{name}-{round}"));
            rates.push(runtime.block_on(pushes(app, &folder, name == "beside"))?);
        }
    }
    let (alone, beside) = (quantile(&mut alone, 0.5), quantile(&mut beside, 0.5));
    figures.note("accepted of a sender while another scans 100,000 addresses", beside, "/s");
    figures.at_least("beside the scanner / without it", beside / alone, "", 0.75);
    Ok(())
}

/// Pushes of a good sender a second, until they are durable.
#[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
async fn pushes(app: &Path, folder: &Path, is_scanned: bool) -> Result<f64> {
    let host = Host::builder().data_dir(folder).build().await?;
    let app = host.install(crate::installed::copy_app(app, &folder.join("app"), 0)?).await?;
    let channel = app.open_channel("inbox").await?;
    let served = Served::open(&host, None).await?;
    let scanner = if is_scanned { Some(Scanner::start(served.address).await?) } else { None };
    let paths = vec![format!("/push/{}", channel.address().as_str())];
    let started = Instant::now();
    Load::new(served.address, paths, PUSHES).send().await?;
    let time = started.elapsed();
    drop(scanner);
    served.close().await?;
    host.shutdown().await?;
    Ok(PUSHES as f64 / time.as_secs_f64())
}

/// This program again, as one that scans. It is ended when it is dropped.
struct Scanner(Child);

impl Scanner {
    /// Once it has sent all that it wants to know.
    async fn start(door: SocketAddr) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = Command::new(program);
        command.arg("scan").arg(door.to_string()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let Some(mut out) = child.stdout.take() else { anyhow::bail!("it is a pipe") };
        let scanner = Self(child);
        let begun = tokio::task::spawn_blocking(move || {
            std::io::Read::read(&mut out, &mut [0; 8]).map(|length| (length, out))
        });
        let (length, _) = begun.await??;
        ensure!(length > 0, "the scanner ended");
        Ok(scanner)
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The other side of it: asks on as many connections as it gets, without waiting for answers, and comes again
/// where it is sent away.
pub(crate) fn scan(door: SocketAddr) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (begun, mut all_begun) = mpsc::channel(1);
        let begin = |number| tokio::spawn(asks(door, number, Some(begun.clone())));
        let connections: Vec<_> = (0..SENDER_CONNECTIONS_MAX).map(begin).collect();
        drop(begun);
        // Nothing is ever sent: it ends when each has asked for all that it wants.
        let _: Option<()> = all_begun.recv().await;
        println!("scanning");
        for connection in connections {
            connection.await?;
        }
        Ok(())
    })
}

async fn connect(door: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((FROM, 0).into())?;
    socket.connect(door).await
}

/// Asks for its share of the addresses, on one connection after another.
async fn asks(door: SocketAddr, number: usize, mut begun: Option<mpsc::Sender<()>>) {
    /// Where nobody answers it comes back as soon as tools do; sooner would be another attack, a flood of
    /// connections, of which it learns nothing.
    const PAUSE: Duration = Duration::from_millis(100);
    let mut left = UNKNOWN.div_ceil(SENDER_CONNECTIONS_MAX);
    while left > 0 {
        let answers = match connect(door).await {
            Ok(stream) => ask(stream, number, left, begun.take()).await,
            Err(_) => 0,
        };
        left = left.saturating_sub(answers);
        if answers == 0 {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Sends so many requests at once; how many were answered until the connection ended.
async fn ask(
    stream: TcpStream,
    number: usize,
    left: usize,
    begun: Option<mpsc::Sender<()>>,
) -> usize {
    let (mut read, mut write) = stream.into_split();
    let asks = async {
        for ask in 0..left {
            let head = format!("POST /push/{number:021}{ask:022} HTTP/1.1\r\nhost: t\r\n");
            let request = format!("{head}content-length: 1\r\n\r\nx");
            if write.write_all(request.as_bytes()).await.is_err() {
                break;
            }
        }
        drop(begun);
    };
    let reads = async {
        let (mut answers, mut bytes) = (0, vec![0; 16 * 1024]);
        while answers < left {
            let Ok(length @ 1..) = read.read(&mut bytes).await else { break };
            answers += bytes[..length].windows(9).filter(|begin| begin == b"HTTP/1.1 ").count();
        }
        answers
    };
    tokio::join!(asks, reads).1
}
