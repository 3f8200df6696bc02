//! Pushes over HTTP, durable and committed, beside the same door with nothing behind it.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bugle::task::TriggerId;
use bugle::{ChannelId, Host, Push};
use bugle_gateway::serve_pushes;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::figure::{Figures, quantile};
use crate::load::{CONTENT_BYTES, Load};
use crate::served::Served;

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
    let paths = vec![format!("/push/{}", "A".repeat(43))];
    let started = Instant::now();
    Load::new(address, paths, PUSHES).send().await?;
    let time = started.elapsed();
    let _ = stop.send(());
    door.await?;
    Ok(rate(time))
}

/// Pushes per second from the first request to the last commit.
async fn behind(app: &Path, folder: &Path, apps: usize) -> Result<f64> {
    let host = Host::builder().data_dir(folder).build().await?;
    let paths = channels(&host, app, folder, apps).await?;
    let served = Served::open(&host, None).await?;
    let started = Instant::now();
    Load::new(served.address, paths, PUSHES).send().await?;
    host.settled().await?;
    let time = started.elapsed();
    let totals = host.reader().totals()?;
    ensure!(totals.waiting + totals.claimed + totals.dead == 0, "not all is committed: {totals:?}");
    served.close().await?;
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
        let served = Served::open(&host, None).await?;
        let load = Load { pace: Some(pace), ..Load::new(served.address, paths, PUSHES / 2) };
        let load = tokio::spawn(load.send());
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
        served.close().await?;
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
