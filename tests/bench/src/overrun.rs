//! How late a run ends whose real time is over, and what of the host's memory it has beyond its own, for
//! every guest of the probes that is busy for ever.

use anyhow::Result;
use bugle_tests::probe;
use bugle_tests::probe::overrun::{BEYOND_MIB_MAX, Busy, OVERRUN_MAX, sandbox};

use crate::figure::{Figures, quantile};

/// Of each: enough for the one in a hundred that counts.
const RUNS: usize = 200;

pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let mut probes = probe::load_all()?;
    probes.extend(probe::load_heavy()?);
    let sandbox = sandbox()?;
    for busy in Busy::of(&probes, &sandbox)? {
        let mut overrun = busy.measure(&sandbox, RUNS)?;
        let (middle, late) =
            (quantile(&mut overrun.late_ms, 0.5), quantile(&mut overrun.late_ms, 0.99));
        let with = &busy.with;
        figures.note(format!("late, p50: {with}"), middle, "ms");
        let late_max = OVERRUN_MAX.as_secs_f64() * 1e3;
        figures.at_most(format!("late, p99: {with}"), late, "ms", late_max);
        let name = format!("beyond its memory: {with}");
        figures.at_most(name, overrun.beyond_mib, "MiB", BEYOND_MIB_MAX);
    }
    Ok(())
}
