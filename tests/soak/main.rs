//! `cargo xtask soak`: the program under twice the load that it can take, of good apps and of the worst that
//! the probes know, killed again and again. What it holds and what it keeps have to stay as they are, and no
//! push of a good app may be lost or run twice.
//!
//! `--minutes N` says for how long, `--seed S` when it is killed.

mod fleet;
mod samples;
mod senders;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bugle::Reader;
use bugle_tests::program::{Daemon, Place};

use crate::fleet::Fleet;
use crate::samples::{Report, Sample};
use crate::senders::Senders;

/// Long enough for runs, dead letters and the log of the store to have come to what is kept of them.
const MINUTES: f64 = 10.0;

/// A sixth of the time is for filling queues, and for measuring what the host completes meanwhile.
const MEASURED: f64 = 1.0 / 6.0;

/// What is offered, of what is completed.
const OVERLOAD: f64 = 2.0;

/// How often it is looked at what the host holds.
const SAMPLE: Duration = Duration::from_secs(1);

/// A life has at least so long: a host that starts has less in memory than one that works.
const LIFE_MIN: Duration = Duration::from_secs(5);

/// And at most this part of the whole, so that there are some.
const LIVES: f64 = 6.0;

/// How long what waits may take to be run at the end: full queues of the good apps, on a busy machine.
const DRAIN: Duration = Duration::from_secs(300);

/// Runs of some 20 ms, and logs of 4 KiB, so that a minute has enough runs for the oldest to go.
const LIMITS: [&str; 2] = ["--host-limits", "fuel=20_000_000,log-bytes=4096"];

/// What the program is started with: no rate of a channel or a sender, since there is one of each, and
/// nobody is held back for what they use or how they fail.
const ARGS: [&str; 7] = [
    "--json",
    "--channel-rate",
    "1000000",
    "--sender-rate",
    "1000000",
    "--host-quotas",
    "failures=1000000,cpu-ms=900000",
];

fn main() -> Result<()> {
    let (minutes, seed) = arguments()?;
    let whole = Duration::from_secs_f64(minutes * 60.0);
    let place = Place::new()?;
    let fleet = Fleet::install(&place)?;
    let daemon = place.serve_with(&args())?;
    let senders = Senders::start(&fleet, daemon.door());
    let mut soak = Soak { place, fleet, daemon: Some(daemon), chance: seed, kills: 0, lost_s: 0.0 };
    let measured = soak.measure(whole.mul_f64(MEASURED))?;
    senders.pace(measured * OVERLOAD);
    eprintln!("{measured:.0} pushes a second are completed; {OVERLOAD} times as many are sent");
    let samples = soak.live(whole.mul_f64(1.0 - MEASURED), &senders)?;
    let sent = senders.stop();
    let kept = soak.end()?;
    let report = Report::of(&samples);
    print!("{report}");
    println!(
        "{} kills, the slowest start {:.2} s; {} pushes of good apps accepted, {} refused for now",
        soak.kills,
        soak.lost_s,
        sent.accepted(),
        sent.refused
    );
    sent.hold_against(&kept)?;
    println!("no push of a good app was lost, and none was run twice");
    report.verdict()
}

fn args() -> Vec<&'static str> {
    ARGS.into_iter().chain(LIMITS).collect()
}

fn arguments() -> Result<(f64, u64)> {
    let (mut minutes, mut seed) = (MINUTES, 1);
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().with_context(|| format!("`{name}` has a value"))?;
        match name.as_str() {
            "--minutes" => minutes = value.parse()?,
            "--seed" => seed = value.parse()?,
            _ => bail!("usage: soak [--minutes N] [--seed S]"),
        }
    }
    ensure!(minutes >= 0.5, "half a minute is the least that tells anything");
    Ok((minutes, seed))
}

/// The program, and what is done to it.
struct Soak {
    place: Place,
    fleet: Fleet,
    daemon: Option<Daemon>,
    chance: u64,
    kills: u32,
    /// The slowest start so far, in seconds.
    lost_s: f64,
}

impl Soak {
    fn reader(&self) -> Result<Reader> {
        Ok(Reader::open(&self.place.data())?)
    }

    /// What the good apps complete a second, while everybody sends as fast as they are answered.
    fn measure(&self, time: Duration) -> Result<f64> {
        let reader = self.reader()?;
        let before = self.fleet.completed(&reader)?;
        let started = Instant::now();
        pause(time);
        let completed = self.fleet.completed(&reader)? - before;
        #[expect(clippy::cast_precision_loss, reason = "some millions")]
        let rate = completed as f64 / started.elapsed().as_secs_f64();
        ensure!(rate > 1.0, "the good apps completed {completed} pushes in {time:?}");
        Ok(rate)
    }

    /// Lets the host work, looks at it, and kills it by chance.
    fn live(&mut self, time: Duration, senders: &Senders) -> Result<Vec<Sample>> {
        let started = Instant::now();
        let mut samples = Vec::new();
        let mut born = Instant::now();
        let mut life = self.life(time);
        while started.elapsed() < time {
            pause(SAMPLE);
            if born.elapsed() >= LIFE_MIN / 2 {
                let daemon = self.daemon.as_ref().context("it runs")?;
                samples.push(Sample::of(daemon.process(), &self.place.data(), started.elapsed())?);
            }
            if born.elapsed() >= life {
                self.kill(senders)?;
                born = Instant::now();
                life = self.life(time);
            }
        }
        ensure!(self.kills > 0, "it was never killed");
        Ok(samples)
    }

    fn kill(&mut self, senders: &Senders) -> Result<()> {
        senders.lead_to(None);
        self.daemon.take().context("it runs")?.kill()?;
        self.kills += 1;
        let daemon = self.place.serve_with(&args())?;
        self.lost_s = self.lost_s.max(daemon.started_in().as_secs_f64());
        senders.lead_to(Some(daemon.door()));
        self.daemon = Some(daemon);
        Ok(())
    }

    /// How long the next life is.
    fn life(&mut self, whole: Duration) -> Duration {
        // Xorshift: any seed but 0 gives every other number once.
        self.chance = self.chance.max(1);
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        #[expect(clippy::cast_precision_loss, reason = "a share of a thousand")]
        let share = (self.chance % 1_000) as f64 / 1_000.0;
        LIFE_MIN + whole.div_f64(LIVES).saturating_sub(LIFE_MIN).mul_f64(share)
    }

    /// Takes the noisy apps away, lets the good ones run what waits, stops, and looks whether all is sound;
    /// what each good app has completed, and what of its pushes was given up.
    fn end(&mut self) -> Result<Vec<(u64, u64)>> {
        for id in self.fleet.noisy() {
            self.place.bugle(["remove", id])?.good()?;
        }
        let reader = self.reader()?;
        let started = Instant::now();
        while reader.totals()?.waiting + reader.totals()?.claimed > 0 {
            ensure!(
                started.elapsed() < DRAIN,
                "the queues do not run empty: {:?}",
                reader.totals()?
            );
            pause(SAMPLE / 10);
        }
        let (status, time, log) = self.daemon.take().context("it runs")?.terminate()?;
        ensure!(status.success(), "it ended with {status} after {time:?}: {log}");
        let doctor = self.place.bugle(["doctor"])?;
        ensure!(doctor.code == 0, "the doctor found something: {doctor:?}");
        self.fleet.kept(&reader)
    }
}

/// Waits for a time. Nobody wakes this thread, but the system may.
fn pause(time: Duration) {
    let until = Instant::now() + time;
    while let Some(left) =
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    {
        std::thread::park_timeout(left);
    }
}
