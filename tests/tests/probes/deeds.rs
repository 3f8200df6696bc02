//! What is done to a host beside a guest, where that is the attack.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bugle::{Clock, DeadReason, Ending, Host, Push, Reader, Receipt, RunFilter};
use bugle_tests::probe::{Deed, Probe};
use bugle_tests::program::Place;

use crate::serve::{report, source};

/// Some day in 2023, and a year.
const NOW: u64 = 1_700_000_000_000;
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How often a host dies before the push is a dead letter: of the first time others may be guilty.
const DEATHS: u32 = 4;

/// Longer than a host takes to start, and to claim what waits.
const PATIENCE: Duration = Duration::from_secs(20);

const APP: &str = "com.example.probe";
const INBOX: &str = "com.example.probe/inbox";

pub(crate) fn judge(deed: Deed, probe: &Probe, good: &Probe) -> anyhow::Result<()> {
    match deed {
        Deed::TampersWithCache => tamper_with_cache(probe, good),
        Deed::KillsTheHost => kill_the_host(probe),
        Deed::SetsTheClock => set_the_clock(probe),
    }
}

/// Between two hosts on one data folder the native code of all apps is damaged: each task runs all the same,
/// and runs its own code.
fn tamper_with_cache(probe: &Probe, good: &Probe) -> anyhow::Result<()> {
    let place = Place::new()?;
    let daemon = place.serve()?;
    install(&place, APP, probe)?;
    install(&place, "com.example.good", good)?;
    daemon.terminate()?;
    for damage in [flip_the_last_byte, cut_in_half, exchange] {
        let artifacts = artifacts(&place.data())?;
        ensure!(artifacts.len() == 2, "the cache has {artifacts:?}");
        damage(&artifacts)?;
        let damaged = contents(&artifacts)?;
        let daemon = place.serve()?;
        for (app, probe) in [(APP, probe), ("com.example.good", good)] {
            let inbox = format!("{app}/inbox");
            probe
                .compare(&report(&place.bugle(["push", &inbox, "hello", "--wait", "--json"])?)?)?;
        }
        daemon.terminate()?;
        let now = contents(&artifacts)?;
        let is_anew = now.iter().zip(&damaged).all(|(now, damaged)| now != damaged);
        ensure!(is_anew, "what was damaged is still in the cache");
    }
    Ok(())
}

fn flip_the_last_byte(artifacts: &[PathBuf]) -> anyhow::Result<()> {
    artifacts.iter().try_for_each(|path| {
        let mut bytes = fs::read(path)?;
        *bytes.last_mut().context("it is empty")? ^= 1;
        Ok(fs::write(path, bytes)?)
    })
}

fn cut_in_half(artifacts: &[PathBuf]) -> anyhow::Result<()> {
    artifacts.iter().try_for_each(|path| {
        let bytes = fs::read(path)?;
        Ok(fs::write(path, &bytes[..bytes.len() / 2])?)
    })
}

/// Each app gets what was compiled, and sealed, for the other.
fn exchange(artifacts: &[PathBuf]) -> anyhow::Result<()> {
    let [first, second] = artifacts else { bail!("there are two") };
    let of_first = fs::read(first)?;
    fs::copy(second, first)?;
    Ok(fs::write(second, of_first)?)
}

/// All files in the cache, in the order of their names.
fn artifacts(data: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut artifacts = Vec::new();
    for engine in fs::read_dir(data.join("cache"))? {
        for artifact in fs::read_dir(engine?.path())? {
            artifacts.push(artifact?.path());
        }
    }
    artifacts.sort();
    Ok(artifacts)
}

fn contents(paths: &[PathBuf]) -> anyhow::Result<Vec<Vec<u8>>> {
    Ok(paths.iter().map(fs::read).collect::<Result<_, _>>()?)
}

/// One host after another is killed while it runs the task: the push is a dead letter then, and the next
/// host goes on without it.
fn kill_the_host(probe: &Probe) -> anyhow::Result<()> {
    let place = Place::new()?;
    let mut daemon = place.serve()?;
    install(&place, APP, probe)?;
    let reader = Reader::open(&place.data())?;
    place.bugle(["push", INBOX, "hello"])?.good()?;
    for _ in 0..DEATHS {
        until("it runs", || Ok(reader.totals()?.claimed == 1))?;
        daemon.kill()?;
        daemon = place.serve()?;
    }
    until("it is a dead letter", || Ok(!reader.dead(None)?.is_empty()))?;
    let dead = reader.dead(None)?;
    let said: Vec<_> = dead.iter().map(|letter| (letter.reason, letter.crashes)).collect();
    ensure!(said == [(DeadReason::HostCrashed, DEATHS - 1)], "{dead:?}");
    // By itself the task is one like any other.
    probe.compare(&report(
        &place.bugle(["push", INBOX, "hello", "--ttl", "0", "--wait", "--json"])?,
    )?)?;
    daemon.terminate()?;
    ensure!(reader.check()?.is_empty(), "the store is not sound");
    Ok(())
}

/// One host after another on one data folder, with clocks a year ahead and a year behind of one another:
/// what the one accepted the other runs, once.
fn set_the_clock(probe: &Probe) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, app) = (folder.path().join("data"), folder.path().join("app"));
    source(APP, probe).write(&app)?;
    let year_ms = u64::try_from(YEAR.as_millis())?;
    let inbox = INBOX.parse()?;
    for now in [NOW, NOW + year_ms, NOW - year_ms, NOW] {
        let clock = Clock::manual(now);
        let host = Host::builder().data_dir(&data).clock(clock.clone()).build().wait()?;
        host.install(&app).wait()?;
        host.open_channel(&inbox).wait()?;
        let receipts: Vec<_> =
            (0..3).map(|_| host.push(&inbox, Push::new("-")).wait()).collect::<Result<_, _>>()?;
        let pushed: Vec<_> = receipts.iter().map(Receipt::id).collect();
        // While they run: no claim is for a time.
        clock.advance(Duration::from_secs(60 * 60));
        for receipt in receipts {
            match receipt.ending().wait()? {
                Ending::Completed(report) => probe.compare(&report)?,
                other => bail!("at {now}: {other:?}"),
            }
        }
        host.settled().wait()?;
        let every = RunFilter { limit: usize::MAX, ..RunFilter::default() };
        let runs = host.reader().runs(&every)?;
        let mut ran: Vec<_> = runs.iter().map(|run| run.run.trigger).collect();
        ran.retain(|trigger| pushed.contains(trigger));
        ran.sort();
        ensure!(ran == pushed, "at {now}: {pushed:?} were pushed, and of these ran {ran:?}");
        ensure!(host.reader().check()?.is_empty(), "the store is not sound at {now}");
        host.shutdown().wait()?;
    }
    Ok(())
}

fn install(place: &Place, id: &str, probe: &Probe) -> anyhow::Result<()> {
    let folder = place.app(id, &source(id, probe))?;
    place.bugle(["install", &folder.display().to_string()])?.good()?;
    place.bugle(["channel", "open", &format!("{id}/inbox")])?.good()?;
    Ok(())
}

/// Looks until something is so.
fn until(what: &str, is_so: impl Fn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let start = Instant::now();
    while !is_so()? {
        ensure!(start.elapsed() < PATIENCE, "not so in {PATIENCE:?}: {what}");
        std::thread::yield_now();
    }
    Ok(())
}
