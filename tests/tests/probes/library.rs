//! Probes through the library: in this process, with both ways in which guests get their memory.

use anyhow::{Context as _, bail, ensure};
use bugle_sandbox::{Allocation, CompileLimits, Compiler, Prepared, RunControl, Sandbox, admit};
use bugle_task::Limits;
use bugle_tests::probe::Probe;
use bugle_tests::probe::process::Process;
use bugle_tests::{Compiled, input, program};

/// What the allocator may keep of what a probe took, in MiB: a pooled memory keeps a MiB, and guests get
/// what the allocator has of others.
const KEPT_MIB_MAX: u64 = 16;

pub(crate) struct Library {
    /// Each with the honest task.
    sandboxes: Vec<(Allocation, Sandbox, Prepared)>,
}

impl Library {
    pub(crate) fn new(good: &Probe) -> anyhow::Result<Self> {
        let mut sandboxes = Vec::new();
        for allocation in [Allocation::Pooling, Allocation::OnDemand] {
            let sandbox = Sandbox::new(allocation)?;
            let prepared = Compiled::new(&sandbox, &good.component)?.load(&sandbox)?;
            // The first run opens what all others use.
            runs_well(&sandbox, &prepared)?;
            sandboxes.push((allocation, sandbox, prepared));
        }
        Ok(Self { sandboxes })
    }

    pub(crate) fn judge(&self, probe: &Probe) -> anyhow::Result<()> {
        let limits = probe.run_limits()?;
        if let Err(refusal) = admit(&probe.component, &limits) {
            return probe.compare_refusal(&refusal.to_string());
        }
        ensure!(probe.expect != "refused", "it was admitted");
        let Some((_, first, _)) = self.sandboxes.first() else { bail!("there is a sandbox") };
        let Some(compiled) = compile(first, probe)? else { return self.honest_tasks_run() };
        let open_before = Process::own().open_files();
        let results = self.run_everywhere(probe, &compiled, &limits)?;
        for result in &results {
            ensure!(*result == results[0], "not the same again:\n{}\n{result}", results[0]);
        }
        let open = Process::own().open_files();
        ensure!(open == open_before, "{open_before} open files before, and now {open}");
        Ok(())
    }

    fn run_everywhere(
        &self,
        probe: &Probe,
        compiled: &Compiled,
        limits: &Limits,
    ) -> anyhow::Result<Vec<String>> {
        let mut results = Vec::new();
        for (allocation, sandbox, good) in &self.sandboxes {
            let prepared = compiled.load(sandbox)?;
            // A pool gives the second run what the first one had; where nothing is used again, once will do.
            let runs = if *allocation == Allocation::Pooling { 2 } else { 1 };
            for _ in 0..runs {
                let result = run(sandbox, &prepared, probe, limits);
                results.extend(result.with_context(|| format!("with {allocation:?}"))?);
            }
            runs_well(sandbox, good)?;
        }
        Ok(results)
    }

    fn honest_tasks_run(&self) -> anyhow::Result<()> {
        self.sandboxes.iter().try_for_each(|(_, sandbox, good)| runs_well(sandbox, good))
    }
}

fn runs_well(sandbox: &Sandbox, good: &Prepared) -> anyhow::Result<()> {
    let next = sandbox.run(good, &input("t"), &RunControl::new()).result.outcome;
    ensure!(next.is_completed(), "the honest task after it: {next}");
    Ok(())
}

/// What may be run; none if compiling it came to nothing, as it must. What is hard to compile is compiled
/// in a child, held to the limits of the probe's header; what is not, here.
fn compile(sandbox: &Sandbox, probe: &Probe) -> anyhow::Result<Option<Compiled>> {
    let default = CompileLimits::default();
    let limits = CompileLimits {
        cpu_seconds: probe.compile_seconds.unwrap_or(default.cpu_seconds),
        memory_bytes: probe.compile_mib.map_or(default.memory_bytes, |mib| mib * 1_024 * 1_024),
        ..default
    };
    if limits == default && probe.expect != "compile-refused" {
        return Ok(Some(Compiled::new(sandbox, &probe.component)?));
    }
    let compiler =
        Compiler::Child { program: program::path()?, args: vec!["compile-component".into()] };
    let before = Process::own().resident_peak_from_now();
    let compiled = compiler.compile(sandbox, &probe.component, &limits);
    let grown_mib = Process::own().resident_peak_kib().saturating_sub(before) / 1_024;
    let grown_mib_max = probe.rss_mib_max;
    ensure!(
        grown_mib <= grown_mib_max,
        "{grown_mib} MiB of the host, and may take {grown_mib_max}"
    );
    match compiled {
        Err(error) if error.code() == probe.expect => Ok(None),
        Err(error) => Err(error.into()),
        Ok(code) => bail!("it was compiled, to {} bytes", code.len()),
    }
}

/// Runs a probe and compares what came of it, and what it cost, with its header. Its result, unless real
/// time had to do with it.
fn run(
    sandbox: &Sandbox,
    prepared: &Prepared,
    probe: &Probe,
    limits: &Limits,
) -> anyhow::Result<Option<String>> {
    let mut input = input("hello");
    input.limits = limits.clone();
    let before = Process::own().resident_peak_from_now();
    let report = sandbox.run(prepared, &input, &RunControl::new());
    let grown_mib = Process::own().resident_peak_kib().saturating_sub(before) / 1_024;
    probe.compare(&report)?;
    ensure!(grown_mib <= probe.rss_mib_max, "{grown_mib} MiB, and may take {}", probe.rss_mib_max);
    let result = report.is_replayable().then(|| serde_json::to_string(&report.result));
    drop(report);
    let kept_mib = Process::own().resident_kib().saturating_sub(before) / 1_024;
    ensure!(kept_mib <= KEPT_MIB_MAX, "{kept_mib} MiB are not given back");
    Ok(result.transpose()?)
}
