//! That no guest keeps a run much longer than its real time, whatever it is busy with.

use anyhow::{Context as _, ensure};
use bugle_tests::probe::Probe;
use bugle_tests::probe::overrun::{BEYOND_MIB_MAX, Busy, OVERRUN_MAX, YARDSTICK, sandbox};

/// Of each kind: enough for a middle that says something. `bench` measures the rest.
const RUNS: usize = 9;

/// The middle run of each kind is late by no more than it may, and what a busy machine keeps plain computing
/// waiting meanwhile.
pub(crate) fn no_run_ends_late(probes: &[Probe]) -> anyhow::Result<()> {
    let sandbox = sandbox()?;
    let mut measured = Vec::new();
    for busy in Busy::of(probes, &sandbox)? {
        let overrun = busy.measure(&sandbox, RUNS)?;
        measured.push((busy.with, overrun.late_ms[RUNS / 2], overrun.beyond_mib));
    }
    let yardstick = measured.iter().find(|(with, ..)| with == YARDSTICK);
    let (_, computing, _) = yardstick.context("a probe is busy with computing")?;
    let late_ms_max = OVERRUN_MAX.as_secs_f64() * 1e3 + computing;
    let mut broken = Vec::new();
    for (with, late_ms, beyond_mib) in &measured {
        if *late_ms > late_ms_max {
            broken.push(format!("{with}: {late_ms:.1} ms late, and may be {late_ms_max:.1}"));
        }
        if *beyond_mib > BEYOND_MIB_MAX {
            broken.push(format!("{with}: {beyond_mib:.1} MiB beyond what its guest was given"));
        }
    }
    ensure!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}
