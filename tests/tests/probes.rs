//! Every hostile guest of `probes/`, one trial each: what must come of it does, whatever it tries
//! costs the host no more than said, a second run gives the same bytes, and the next task runs well.

use std::fs;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use bugle_sandbox::{Allocation, Prepared, RunControl, Sandbox, admit};
use bugle_task::{Limits, Outcome, RunReport};
use bugle_tests::probe::{self, Probe};
use bugle_tests::{Compiled, input};
use libtest_mimic::{Arguments, Trial};

/// Both ways in which guests get their memory, each with the honest task.
struct Bench {
    sandboxes: Vec<(Allocation, Sandbox, Prepared)>,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::from_args();
    // Memory and time are the process's: one trial at a time.
    arguments.test_threads = Some(1);
    let probes = probe::load_all()?;
    let good = probes.iter().find(|probe| probe.name == "good").context("there is a good task")?;
    let bench = Arc::new(Bench::new(good)?);
    let trials = probes.iter().cloned().map(|probe| {
        let (name, bench) = (probe.name.clone(), Arc::clone(&bench));
        Trial::test(name, move || bench.judge(&probe).map_err(|error| format!("{error:#}").into()))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

impl Bench {
    fn new(good: &Probe) -> anyhow::Result<Self> {
        let mut sandboxes = Vec::new();
        for allocation in [Allocation::Pooling, Allocation::OnDemand] {
            let sandbox = Sandbox::new(allocation)?;
            let prepared = Compiled::new(&sandbox, &good.component)?.load(&sandbox)?;
            sandboxes.push((allocation, sandbox, prepared));
        }
        Ok(Self { sandboxes })
    }

    fn judge(&self, probe: &Probe) -> anyhow::Result<()> {
        let mut limits = Limits::default();
        limits.set_from_text(probe.limits.as_deref().unwrap_or_default())?;
        let Some((_, first, _)) = self.sandboxes.first() else { bail!("there is a sandbox") };
        let admitted = admit(&probe.component, &limits);
        if probe.expect == "refused" {
            let refused = admitted.err().context("it was admitted")?.to_string();
            let expected = probe.refused.as_deref().unwrap_or_default();
            ensure!(refused.contains(expected), "refused with `{refused}`, not `{expected}`");
            return Ok(());
        }
        admitted?;
        let compiled = Compiled::new(first, &probe.component)?;
        let mut results = Vec::new();
        for (allocation, sandbox, good) in &self.sandboxes {
            let prepared = compiled.load(sandbox)?;
            for _ in 0..2 {
                let report = run_within(sandbox, &prepared, probe, &limits)
                    .with_context(|| format!("with {allocation:?}"))?;
                results.push(serde_json::to_string(&report.result)?);
            }
            let next = sandbox.run(good, &input("t"), &RunControl::new()).result.outcome;
            ensure!(next.is_completed(), "the honest task after it: {next}");
        }
        for result in &results {
            ensure!(*result == results[0], "not the same again:\n{}\n{result}", results[0]);
        }
        Ok(())
    }
}

/// Runs a probe and compares what came of it, and what it cost, with its header.
fn run_within(
    sandbox: &Sandbox,
    prepared: &Prepared,
    probe: &Probe,
    limits: &Limits,
) -> anyhow::Result<RunReport> {
    let mut input = input("hello");
    input.limits = limits.clone();
    let before = resident_peak_from_now();
    let report = sandbox.run(prepared, &input, &RunControl::new());
    let grown = resident_peak().saturating_sub(before);
    let result = &report.result;
    let shown = result.outcome.to_string();
    ensure!(result.outcome.code() == probe.expect, "the outcome is `{shown}`");
    if let Outcome::LimitExceeded { limit } = &result.outcome {
        ensure!(Some(*limit) == probe.limit, "the limit is `{limit}`");
    }
    if let Some(message) = &probe.message {
        ensure!(shown.contains(message), "the outcome is `{shown}`, without `{message}`");
    }
    if let Some(line) = &probe.log {
        let has_it = result.log.lines.iter().any(|logged| logged.message == *line);
        ensure!(has_it, "the log has no line `{line}`: {:?}", result.log.lines);
    }
    for figure in probe.used.iter().flat_map(|used| used.split(',')) {
        let beside = report.beside_limits();
        let mut said = beside.iter().map(|row| format!("{}={}", row.limit, row.used));
        ensure!(said.any(|said| said == figure), "`{figure}` is not what was used: {beside:?}");
    }
    if let Some(toasts) = probe.toasts {
        ensure!(result.effects.toasts.len() == toasts, "toasts: {:?}", result.effects.toasts);
    }
    ensure!(
        result.outcome.is_completed() || result.effects.is_empty(),
        "it did not complete, and has effects: {:?}",
        result.effects
    );
    let wall_ms = report.measured.wall_us / 1_000;
    ensure!(wall_ms <= probe.wall_ms_max, "{wall_ms} ms, and may take {}", probe.wall_ms_max);
    let grown_mib = grown / 1_024;
    ensure!(grown_mib <= probe.rss_mib_max, "{grown_mib} MiB, and may take {}", probe.rss_mib_max);
    Ok(report)
}

/// Forgets the peak of resident memory so far; what is resident now, in KiB.
fn resident_peak_from_now() -> u64 {
    // Where the peak cannot be reset, an earlier and higher one hides a lower one: nothing fails
    // that should not.
    let _ = fs::write("/proc/self/clear_refs", "5");
    status("VmHWM:")
}

fn resident_peak() -> u64 {
    status("VmHWM:")
}

/// A line of the process's status, in KiB; 0 where there is none.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
