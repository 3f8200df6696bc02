//! A host with a quiet app and some that do the worst that the probes know, each as busy as its limits let
//! it be.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bugle::{Address, ChannelId, Error, Host, Push, Quotas, Reader, TriggerId, TriggerState};
use bugle_tests::{probe, puppet};
use tokio::runtime::{Builder, Runtime};

use super::told::told;

/// Eight of the worst: work without end, memory and tables, the log, settings, calls that cost the host, and
/// a stack. The first is the noisiest by itself.
pub(crate) const EIGHT: [&str; 8] = [
    "loop",
    "fill-loop",
    "log-64k-loop",
    "settings-set-loop",
    "list-overlap",
    "recurse",
    "table-grow",
    "poll-forever",
];

/// How often the quiet app is pushed to.
const EVERY: Duration = Duration::from_millis(10);

/// How long the noisy have been at it when the quiet app gets its first push: their first runs, which nobody
/// has seen to be heavy yet, are not the noise without end that is measured.
const AT_IT: Duration = Duration::from_secs(1);

/// What is under way of each noisy app, so that its line never runs empty: a turn and a half.
const UNDER_WAY: usize = 48;

/// How long a noisy sender waits when its app's queue is full: nobody's queue runs empty in that time, and
/// what is measured is not how fast pushes are refused.
const FULL_PAUSE: Duration = Duration::from_millis(500);

/// A host, and whom it is pushed for.
pub(crate) struct Crowd {
    host: Host,
    quiet: Address,
    noisy: Vec<Address>,
}

/// What became of a stretch of pushes.
pub(crate) struct Heard {
    /// Milliseconds from accept to commit, sorted.
    times_ms: Vec<f64>,
    quiet: Vec<TriggerId>,
    noisy: Vec<TriggerId>,
}

impl Crowd {
    /// A host on a folder, with the quiet app and the probes that are named.
    pub(crate) fn open(data: &Path, noisy: &[&str]) -> Result<Self> {
        // Nobody is held back: it is the noise that is to be measured.
        let quotas = Quotas { failures: 1_000_000, cpu_ms: 900_000, ..Quotas::default() };
        let host = Host::builder().data_dir(data).quotas(quotas).build().wait()?;
        let install = |id: String, component: Option<&[u8]>| -> Result<Address> {
            let folder = data.with_extension(&id);
            if !folder.is_dir() {
                let source = puppet(&id);
                let source = match component {
                    Some(component) => source.with_component(component),
                    None => source,
                };
                source.write(&folder)?;
                host.install(&folder).wait()?;
            }
            let inbox: ChannelId = format!("{id}/inbox").parse()?;
            Ok(host.open_channel(&inbox).wait()?.address().clone())
        };
        let quiet = install("com.example.quiet".to_owned(), None)?;
        let probes = if noisy.is_empty() { Vec::new() } else { probe::load_all()? };
        let probe = |name: &&str| {
            let probe = probes.iter().find(|probe| probe.name == *name);
            let probe = probe.with_context(|| format!("there is no probe `{name}`"))?;
            install(format!("com.example.{name}"), Some(&probe.component))
        };
        let noisy = noisy.iter().map(probe).collect::<Result<_>>()?;
        Ok(Self { host, quiet, noisy })
    }

    /// Pushes to the quiet app at its pace while the others are kept busy, and stops the host.
    pub(crate) fn listen(self, pushes: usize) -> Result<Heard> {
        let Self { host, quiet, noisy } = self;
        let is_over = Arc::new(AtomicBool::new(false));
        // Senders of others are not in the way of who pushes to the quiet app.
        let noise = {
            let (host, is_over) = (host.clone(), Arc::clone(&is_over));
            thread::spawn(move || make_all_noise(&host, &noisy, &is_over))
        };
        thread::sleep(AT_IT);
        let heard = runtime()?.block_on(push_at_pace(&host, &quiet, pushes));
        is_over.store(true, Ordering::Relaxed);
        // Nobody waits for what the noisy still have: the end of the host is the end of their senders.
        host.shutdown().wait()?;
        let noisy = noise.join().ok().context("a sender panicked")??;
        Ok(Heard { noisy, ..heard? })
    }
}

fn runtime() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_time().build()?)
}

/// An open loop: a push is sent when it is due, whatever became of those before it.
async fn push_at_pace(host: &Host, address: &Address, pushes: usize) -> Result<Heard> {
    let started = Instant::now();
    let mut under_way = Vec::with_capacity(pushes);
    for number in 0..u32::try_from(pushes)? {
        tokio::time::sleep_until((started + EVERY * number).into()).await;
        let (host, address) = (host.clone(), address.clone());
        under_way.push(tokio::spawn(async move {
            let accepted = Instant::now();
            let receipt = host.push_to(&address, Push::new("-")).await?;
            let id = receipt.id();
            let (report, committed) = told(receipt.report()).await;
            let report = report?;
            ensure!(report.result.outcome.is_completed(), "{id}: {}", report.result.outcome);
            Ok((id, committed.duration_since(accepted).as_secs_f64() * 1e3))
        }));
    }
    let (mut quiet, mut times_ms) = (Vec::new(), Vec::new());
    for push in under_way {
        let (id, time_ms) = push.await??;
        quiet.push(id);
        times_ms.push(time_ms);
    }
    times_ms.sort_by(f64::total_cmp);
    Ok(Heard { times_ms, quiet, noisy: Vec::new() })
}

/// Keeps all noisy apps busy until it is over; what was accepted of them.
fn make_all_noise(
    host: &Host,
    noisy: &[Address],
    is_over: &Arc<AtomicBool>,
) -> Result<Vec<TriggerId>> {
    runtime()?.block_on(async {
        let senders: Vec<_> = noisy
            .iter()
            .flat_map(|address| std::iter::repeat_n(address, UNDER_WAY))
            .map(|address| {
                tokio::spawn(make_noise(host.clone(), address.clone(), Arc::clone(is_over)))
            })
            .collect();
        let mut accepted = Vec::new();
        for sender in senders {
            accepted.extend(sender.await??);
        }
        Ok(accepted)
    })
}

/// Pushes again as soon as the push before has had its first run. Retries come on top.
async fn make_noise(
    host: Host,
    address: Address,
    is_over: Arc<AtomicBool>,
) -> Result<Vec<TriggerId>> {
    let mut accepted = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let receipt = match host.push_to(&address, Push::new("x")).await {
            Ok(receipt) => receipt,
            Err(Error::QueueFull { .. }) => {
                tokio::time::sleep(FULL_PAUSE).await;
                continue;
            }
            Err(Error::Stopping | Error::Stopped) => break,
            Err(error) => return Err(error.into()),
        };
        accepted.push(receipt.id());
        match receipt.report().await {
            Ok(_) | Err(Error::NoRun { .. }) => {}
            Err(Error::Stopped) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(accepted)
}

impl Heard {
    pub(crate) fn p50_ms(&self) -> f64 {
        self.quantile(50)
    }

    pub(crate) fn p99_ms(&self) -> f64 {
        self.quantile(99)
    }

    fn quantile(&self, percent: usize) -> f64 {
        let at = (self.times_ms.len() * percent / 100).min(self.times_ms.len().saturating_sub(1));
        self.times_ms.get(at).copied().unwrap_or(f64::NAN)
    }

    /// Checks by what the host left that no push was lost: those of the quiet app have completed, those of
    /// the others have too, or are dead, or wait.
    pub(crate) fn check(&self, data: &Path) -> Result<()> {
        let reader = Reader::open(data)?;
        for id in &self.quiet {
            let state = reader.trigger_state(*id)?;
            ensure!(state == TriggerState::Completed, "{id} of the quiet app is {state:?}");
        }
        for id in &self.noisy {
            let state = reader.trigger_state(*id)?;
            ensure!(state != TriggerState::Gone, "{id} of a noisy app is lost");
        }
        ensure!(reader.check()?.is_empty(), "the store is not sound");
        ensure!(fs::metadata(data.join("bugle.db"))?.len() > 0, "the host kept nothing");
        Ok(())
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (self.p50_ms(), self.p99_ms());
        let noisy = self.noisy.len();
        write!(f, "p50 {p50:.2} ms, p99 {p99:.2} ms, {noisy} pushes to noisy apps")
    }
}

/// The middle of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
