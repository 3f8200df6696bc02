//! How late a run ends whose real time is over, whatever its guest is busy with, and what memory the
//! host has given for it meanwhile.

use std::time::Duration;

use anyhow::ensure;
use bugle_sandbox::{Allocation, Prepared, RunControl, Sandbox};
use bugle_task::{LimitName, Limits};

use super::Probe;
use super::process::Process;
use crate::{Compiled, input};

/// What a run that is measured may take in real time, in ms: long enough that every guest is at what it
/// does, short enough for a hundred runs.
pub const WATCHDOG_MS: u64 = 50;

/// The most that a run may go on after its real time is over: four looks of the watchdog.
pub const OVERRUN_MAX: Duration = Duration::from_millis(20);

/// What the host may take for a run beyond what its guest was given, in MiB: what it keeps of a log and of
/// settings, and what the allocator gives it for a call's bytes.
pub const BEYOND_MIB_MAX: f64 = 16.0;

/// What the others are measured by: it never leaves its own code.
pub const YARDSTICK: &str = "computing";

/// What cannot end a run before its real time does: all but memory and tables, which stay as a task has
/// them by default.
const OTHERS: [LimitName; 4] =
    [LimitName::Fuel, LimitName::TimeMs, LimitName::GraceMs, LimitName::HostCalls];

/// One guest that is busy for ever, ready to run.
#[derive(Debug)]
pub struct Busy {
    /// What it does.
    pub with: String,
    limits: Limits,
    prepared: Prepared,
}

/// What was measured of a [`Busy`] guest.
#[derive(Debug, Clone)]
pub struct Overrun {
    /// Real time over the limit, of each run, in ms.
    pub late_ms: Vec<f64>,
    /// The most resident memory that a run took of the host beyond what its guest was given, in MiB.
    pub beyond_mib: f64,
}

impl Busy {
    /// Those of the probes that are busy for ever, compiled.
    ///
    /// # Errors
    ///
    /// One cannot be compiled.
    pub fn of(probes: &[Probe], sandbox: &Sandbox) -> anyhow::Result<Vec<Self>> {
        let busy = probes.iter().filter_map(|probe| Some((probe.busy_with.clone()?, probe)));
        let ready = |(with, probe): (String, &Probe)| {
            let component = probe.with_component()?.component;
            let prepared = Compiled::new(sandbox, &component)?.load(sandbox)?;
            Ok(Self { with, limits: limits(), prepared })
        };
        busy.map(ready).collect()
    }

    /// Runs it so many times, each until its real time is over.
    ///
    /// # Errors
    ///
    /// A run ends otherwise, so that nothing was measured.
    pub fn measure(&self, sandbox: &Sandbox, runs: usize) -> anyhow::Result<Overrun> {
        let mut input = input("hello");
        input.limits = self.limits.clone();
        let mut overrun = Overrun { late_ms: Vec::with_capacity(runs), beyond_mib: 0.0 };
        for _ in 0..runs {
            let before = Process::own().resident_peak_from_now();
            let report = sandbox.run(&self.prepared, &input, &RunControl::new());
            let taken = Process::own().resident_peak_kib().saturating_sub(before);
            let outcome = &report.result.outcome;
            ensure!(outcome.code() == "cut", "what is busy with `{}` ended: {outcome}", self.with);
            let given = report.result.usage.memory_bytes / 1_024;
            let beyond = mib(taken.saturating_sub(given));
            overrun.beyond_mib = overrun.beyond_mib.max(beyond);
            let late_us = report.measured.wall_us.saturating_sub(WATCHDOG_MS * 1_000);
            overrun.late_ms.push(Duration::from_micros(late_us).as_secs_f64() * 1e3);
        }
        overrun.late_ms.sort_by(f64::total_cmp);
        Ok(overrun)
    }
}

/// Where runs get their memory as in a host that serves.
///
/// # Errors
///
/// The engine cannot be set up.
pub fn sandbox() -> anyhow::Result<Sandbox> {
    Ok(Sandbox::new(Allocation::Pooling)?)
}

fn limits() -> Limits {
    let mut limits = Limits { watchdog_ms: WATCHDOG_MS, ..Limits::default() };
    let ceilings: Vec<String> =
        OTHERS.iter().map(|limit| format!("{limit}={}", limit.ceiling())).collect();
    limits.set_from_text(&ceilings.join(",")).expect("a ceiling can be had");
    limits
}

#[expect(clippy::cast_precision_loss, reason = "some GiB at the most")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1_024.0
}
