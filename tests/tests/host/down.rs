//! A sink that is down holds up nobody, and misses nothing as long as it is kept for it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bugle::{ChannelId, ChannelSink, Clock, Host, Push, Sink, ToastChange, ToastEvent};
use bugle_tests::puppet;
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;

const NOW: u64 = 1_700_000_000_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Takes nothing until it is well.
struct Ill {
    is_well: Arc<AtomicBool>,
    told: mpsc::Sender<ToastEvent>,
}

impl Sink for Ill {
    fn name(&self) -> &'static str {
        "ill"
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        if !self.is_well.load(Ordering::SeqCst) {
            return Err(io::Error::other("not yet"));
        }
        self.told.send(event.clone()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// A host with two sinks: one that is up, and one that is ill.
struct Ward {
    host: Host,
    clock: Clock,
    inbox: ChannelId,
    shown: UnboundedReceiver<ToastEvent>,
    is_well: Arc<AtomicBool>,
    of_ill: mpsc::Receiver<ToastEvent>,
    _folder: TempDir,
}

impl Ward {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        puppet("com.example.one").write(&folder.path().join("app"))?;
        let clock = Clock::manual(NOW);
        let (sink, shown) = ChannelSink::new();
        let (told, of_ill) = mpsc::channel();
        let is_well = Arc::new(AtomicBool::new(false));
        let host = Host::builder()
            .data_dir(folder.path().join("data"))
            .clock(clock.clone())
            .sink(sink)
            .sink(Ill { is_well: Arc::clone(&is_well), told })
            .build()
            .wait()?;
        host.install(folder.path().join("app")).wait()?;
        let inbox = "com.example.one/inbox".parse()?;
        host.open_channel(&inbox).wait()?;
        Ok(Self { host, clock, inbox, shown, is_well, of_ill, _folder: folder })
    }

    /// Has a toast shown, and waits until the sink that is up has it; what that was told until then.
    fn show(&mut self) -> Result<Vec<ToastEvent>> {
        self.host.push(&self.inbox, Push::new("thello")).wait()?.ending().wait()?;
        let mut told = Vec::new();
        while !told.last().is_some_and(is_shown) {
            told.push(self.shown.blocking_recv().context("the host goes on")?);
        }
        Ok(told)
    }

    /// Makes the sink well that was not; what it is told when nothing goes on any more.
    fn heal(&self) -> Result<Vec<ToastEvent>> {
        self.is_well.store(true, Ordering::SeqCst);
        self.host.settled().wait()?;
        Ok(self.of_ill.try_iter().collect())
    }
}

fn is_shown(event: &ToastEvent) -> bool {
    matches!(event.change, ToastChange::Show { .. })
}

fn numbers(events: &[ToastEvent]) -> Vec<u64> {
    events.iter().map(|event| event.seq).collect()
}

#[test]
fn a_sink_that_is_down_from_its_first_start_on_misses_nothing() -> Result<()> {
    let mut ward = Ward::new()?;
    for _ in 0..4 {
        ward.show()?;
        // What every sink has had goes after an hour.
        ward.clock.advance(Duration::from_secs(2 * 60 * 60));
    }
    assert_eq!(numbers(&ward.heal()?), [1, 2, 3, 4]);
    ward.host.shutdown().wait()?;
    Ok(())
}

#[test]
fn a_clock_that_jumps_under_a_host_loses_no_event_and_holds_up_nothing() -> Result<()> {
    let mut ward = Ward::new()?;
    let mut told = ward.show()?;
    // Two days back and forth: toasts of the earliest days are over at once on the latest.
    for _ in 0..2 {
        for now in [NOW - 2 * DAY_MS, NOW, NOW + 2 * DAY_MS, NOW, NOW - 2 * DAY_MS, NOW] {
            ward.clock.set(now);
            told.extend(ward.show()?);
        }
    }
    let of_ill = ward.heal()?;
    told.extend(std::iter::from_fn(|| ward.shown.try_recv().ok()));
    let all: Vec<u64> = (1..).take(told.len()).collect();
    assert_eq!(numbers(&told), all, "the one that is up has each once, in order");
    assert_eq!(told.iter().filter(|event| is_shown(event)).count(), 13);
    assert_eq!(of_ill, told, "who was down has all of it");
    ward.host.shutdown().wait()?;
    Ok(())
}

#[test]
fn what_a_sink_did_not_take_in_a_week_is_counted_as_lost() -> Result<()> {
    let mut ward = Ward::new()?;
    for _ in 0..3 {
        ward.show()?;
    }
    let lost = |ward: &Ward, sink: &str| ward.host.counts().sinks[sink].lost;
    ward.clock.advance(Duration::from_millis(6 * DAY_MS));
    ward.show()?;
    assert_eq!(lost(&ward, "ill"), 0, "a week has not passed");
    ward.clock.advance(Duration::from_millis(2 * DAY_MS));
    while lost(&ward, "ill") == 0 {
        thread::yield_now();
    }
    assert_eq!((lost(&ward, "ill"), lost(&ward, "channel")), (3, 0));
    let of_ill = ward.heal()?;
    assert_eq!(of_ill.iter().filter(|event| is_shown(event)).count(), 1, "the one of day six");
    assert_eq!(lost(&ward, "ill"), 3);
    ward.host.shutdown().wait()?;
    Ok(())
}
