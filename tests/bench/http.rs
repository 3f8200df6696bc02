//! Pushes over HTTP, durable and committed, beside the same door with nothing behind it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bugle::task::TriggerId;
use bugle::{ChannelId, Host, Push};
use bugle_gateway::{Doors, Gateway, serve_pushes};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::figure::{Figures, quantile};

const CONNECTIONS: usize = 64;
const CONTENT_BYTES: usize = 1_024;
/// Enough for a second and more of the fastest case.
const PUSHES: usize = 30_000;
/// Each case so often, in turns; the best round of each counts, since noise only ever slows.
const ROUNDS: usize = 3;

pub(crate) fn measure(app: &Path, scratch: &Path, figures: &mut Figures) -> Result<()> {
    let runtime = Runtime::new()?;
    let (mut nothing, mut one, mut sixteen) = (0.0_f64, 0.0_f64, 0.0_f64);
    for round in 0..ROUNDS {
        nothing = nothing.max(runtime.block_on(nothing_behind())?);
        let folder = scratch.join(format!("http-1-{round}"));
        one = one.max(runtime.block_on(behind(app, &folder, 1))?);
        let folder = scratch.join(format!("http-16-{round}"));
        sixteen = sixteen.max(runtime.block_on(behind(app, &folder, 16))?);
    }
    figures.note("the door alone, 64 connections", nothing, "/s");
    figures.note("durable, committed pushes, 1 app", one, "/s");
    figures.note("durable, committed pushes, 16 apps", sixteen, "/s");
    figures.at_least("committed pushes / the door alone, 1 app", one / nothing, "", 0.5);
    figures.at_least("committed pushes / the door alone, 16 apps", sixteen / nothing, "", 0.5);
    latency(&runtime, app, &scratch.join("latency"), one / 2.0, figures)?;
    disk(scratch, figures)
}

/// Pushes per second that the door takes when accepting is nothing.
async fn nothing_behind() -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let door =
        tokio::spawn(serve_pushes(listener, |_, _| async { Ok(TriggerId(1)) }, async move {
            let _ = stopped.await;
        }));
    let paths = [format!("/push/{}", "A".repeat(43))];
    let started = Instant::now();
    send(address, &paths, PUSHES, None).await?;
    let time = started.elapsed();
    let _ = stop.send(());
    door.await?;
    Ok(rate(time))
}

/// Pushes per second from the first request to the last commit.
async fn behind(app: &Path, folder: &Path, apps: usize) -> Result<f64> {
    let host = Host::builder().data_dir(folder).build().await?;
    let paths = channels(&host, app, folder, apps).await?;
    let doors = Doors { push: "127.0.0.1:0".parse()?, socket: None };
    let gateway = Gateway::bind(host.clone(), doors).await?;
    let address = gateway.push_door();
    let (stop, stopped) = oneshot::channel::<()>();
    let door = tokio::spawn(gateway.serve(async move {
        let _ = stopped.await;
    }));
    let started = Instant::now();
    send(address, &paths, PUSHES, None).await?;
    host.settled().await?;
    let time = started.elapsed();
    let totals = host.reader().totals()?;
    ensure!(totals.waiting + totals.claimed + totals.dead == 0, "not all is committed: {totals:?}");
    let _ = stop.send(());
    door.await?;
    host.shutdown().await?;
    Ok(rate(time))
}

#[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
fn rate(time: Duration) -> f64 {
    PUSHES as f64 / time.as_secs_f64()
}

/// Installs copies of an app under other ids, and gives the paths of their channels.
async fn channels(host: &Host, app: &Path, folder: &Path, apps: usize) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for number in 0..apps {
        let copy = crate::installed::copy_app(app, &folder.join(format!("app-{number}")), number)?;
        let app = host.install(copy).await?;
        let channel = app.open_channel("inbox").await?;
        paths.push(format!("/push/{}", channel.address().as_str()));
    }
    Ok(paths)
}

/// Sends pushes on all connections, each waiting for its answer before the next; with a pace, not
/// faster than that many a second in all.
async fn send(
    address: std::net::SocketAddr,
    paths: &[String],
    pushes: usize,
    pace: Option<f64>,
) -> Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let (next, paths) = (Arc::clone(&next), paths.to_vec());
        connections.push(tokio::spawn(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            let content = Bytes::from(vec![b'x'; CONTENT_BYTES]);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= pushes {
                    return Ok::<_, anyhow::Error>(());
                }
                if let Some(pace) = pace {
                    #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
                    let due = started + Duration::from_secs_f64(number as f64 / pace);
                    tokio::time::sleep_until(due.into()).await;
                }
                let path = paths.get(number % paths.len()).context("there is a path")?;
                loop {
                    let request = Request::post(path.as_str())
                        .header("host", "localhost")
                        .body(Full::new(content.clone()))?;
                    let response = sender.send_request(request).await?;
                    let status = response.status();
                    response.into_body().collect().await?;
                    match status {
                        StatusCode::CREATED => break,
                        // The queue is full: what was accepted has to be run first.
                        StatusCode::TOO_MANY_REQUESTS => {
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                        _ => anyhow::bail!("a push was answered with {status}"),
                    }
                }
            }
        }));
    }
    for connection in connections {
        connection.await??;
    }
    Ok(())
}

/// From accepted to committed, while pushes come at a pace.
fn latency(
    runtime: &Runtime,
    app: &Path,
    folder: &Path,
    pace: f64,
    figures: &mut Figures,
) -> Result<()> {
    let mut samples = runtime.block_on(async {
        let host = Host::builder().data_dir(folder).build().await?;
        let paths = channels(&host, app, folder, 1).await?;
        let doors = Doors { push: "127.0.0.1:0".parse()?, socket: None };
        let gateway = Gateway::bind(host.clone(), doors).await?;
        let address = gateway.push_door();
        let (stop, stopped) = oneshot::channel::<()>();
        let door = tokio::spawn(gateway.serve(async move {
            let _ = stopped.await;
        }));
        let load = tokio::spawn(async move { send(address, &paths, PUSHES / 2, Some(pace)).await });
        let channel: ChannelId = "com.example.bench0/inbox".parse()?;
        let mut samples = Vec::new();
        while !load.is_finished() {
            let receipt = host.push(&channel, Push::new(vec![b'x'; CONTENT_BYTES])).await?;
            let accepted = Instant::now();
            receipt.ending().await?;
            samples.push(accepted.elapsed().as_secs_f64() * 1e3);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        load.await??;
        let _ = stop.send(());
        door.await?;
        host.shutdown().await?;
        Ok::<_, anyhow::Error>(samples)
    })?;
    figures.note("accepted to committed at half load, p50", quantile(&mut samples, 0.5), "ms");
    figures.note("accepted to committed at half load, p99", quantile(&mut samples, 0.99), "ms");
    Ok(())
}

/// What the disk takes to make 1 KB durable, for comparison.
fn disk(scratch: &Path, figures: &mut Figures) -> Result<()> {
    let mut file = File::create(scratch.join("disk"))?;
    let mut samples = Vec::new();
    for _ in 0..500 {
        file.write_all(&[0; CONTENT_BYTES])?;
        let started = Instant::now();
        file.sync_data()?;
        samples.push(started.elapsed().as_secs_f64() * 1e3);
    }
    figures.note("fdatasync of 1 KB, p50", quantile(&mut samples, 0.5), "ms");
    figures.note("fdatasync of 1 KB, p99", quantile(&mut samples, 0.99), "ms");
    Ok(())
}
