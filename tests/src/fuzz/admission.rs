//! Admission, and what comes behind it: what is admitted is valid, is compiled or refused, and its
//! runs end within their limits and leave the next task in peace.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use bugle_sandbox::{Allocation, Prepared, RunControl, Sandbox, admit};
use bugle_task::{Figure, LimitName, Limits, Outcome, RunInput};
use wasmparser::{Validator, WasmFeatures};

use super::Target;
use super::components::Components;
use super::dice::Dice;
use crate::{AppSource, Compiled, input, probe};

/// The largest example whose parts are changed: compiling what has megabytes takes seconds.
const SEED_BYTES_MAX: usize = 100 * 1024;
/// The largest component that is compiled, for the same reason.
const COMPILED_BYTES_MAX: usize = 128 * 1024;

/// How long admission may take, a megabyte: measured some 10 ms, on a machine that does other things.
const ADMIT_MAX: Duration = Duration::from_secs(3);

/// Small, so that runs are many; they end by fuel, and the watchdog is what must not be needed. One call
/// of the host can take a millisecond, whatever it costs: 300 are a tenth of the watchdog's time.
const LIMITS: &str = "fuel=3000000,time-ms=500,grace-ms=100,watchdog-ms=3000,memory-bytes=16777216,\
                      table-elements=20000,host-calls=300,handles=64";

/// How much longer than its watchdog a run may take: a tick, and what a busy machine adds.
const WALL_MORE: Duration = Duration::from_secs(4);

/// The door of components.
pub(super) struct Admission {
    components: Components,
    sandbox: Sandbox,
    good: Prepared,
    limits: Limits,
}

impl Admission {
    pub(super) fn open() -> Result<Self> {
        let components = Components::load()?;
        let sandbox = Sandbox::new(Allocation::Pooling)?;
        let good = Compiled::new(&sandbox, &components.good)?.load(&sandbox)?;
        let mut limits = Limits::default();
        limits.set_from_text(LIMITS)?;
        Ok(Self { components, sandbox, good, limits })
    }

    /// Runs twice, which comes to the same, and then an honest task.
    fn run(&self, prepared: &Prepared) -> Result<String> {
        let mut input: RunInput = input("hello");
        input.limits = self.limits.clone();
        let mut results = Vec::new();
        for _ in 0..2 {
            let begun = Instant::now();
            let report = self.sandbox.run(prepared, &input, &RunControl::new());
            let (time, outcome) = (begun.elapsed(), &report.result.outcome);
            let time_max = Duration::from_millis(self.limits.watchdog_ms) + WALL_MORE;
            ensure!(time <= time_max, "wall: a run took {time:?}, {outcome}");
            ensure!(!matches!(outcome, Outcome::HostPanicked { .. }), "panicked: {outcome}");
            ensure!(
                outcome.is_completed() || report.result.effects.is_empty(),
                "effects: of a run that did not complete, {outcome}"
            );
            for row in report.beside_limits() {
                // What a component has may be too much, and real time is as measured.
                let is_other = matches!(row.limit.figure(), Figure::Built | Figure::Real)
                    || row.limit == LimitName::GraceMs;
                ensure!(is_other || row.used <= row.max, "limit: {row:?}, {outcome}");
            }
            results.push((serde_json::to_string(&report.result)?, outcome.clone()));
        }
        // Some milliseconds of work by fuel do not need the watchdog, which is the last wall.
        let is_cut = results.iter().any(|(_, outcome)| matches!(outcome, Outcome::Cut));
        ensure!(!is_cut, "cut: {} ms of real time for {LIMITS}", self.limits.watchdog_ms);
        ensure!(results[0].0 == results[1].0, "same: {results:?}");
        let next = self.sandbox.run(&self.good, &crate::input("t"), &RunControl::new());
        ensure!(next.result.outcome.is_completed(), "next: the honest task: {next:?}");
        let (_, outcome) = results.remove(0);
        Ok(outcome.to_string().lines().next().unwrap_or_default().to_owned())
    }
}

impl Target for Admission {
    fn time_max(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        let probes = probe::load_all().unwrap_or_default();
        let mut seeds: Vec<Vec<u8>> = probes.into_iter().map(|probe| probe.component).collect();
        for example in ["raw-notification", "mail", "mail-c", "mail-assemblyscript", "mail-zig"] {
            let files = AppSource::example(example).map(|app| app.files).unwrap_or_default();
            seeds.extend(files.into_iter().map(|(_, bytes)| bytes));
        }
        seeds.retain(|seed| seed.starts_with(b"\0asm") && seed.len() <= SEED_BYTES_MAX);
        seeds
    }

    fn next(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
        // What cannot be made is no input; the next is another.
        loop {
            if let Ok(component) = self.components.make(corpus, dice) {
                return component;
            }
        }
    }

    fn check(&mut self, input: &[u8]) -> Result<String> {
        let begun = Instant::now();
        let admitted = admit(input, &self.limits);
        let time = begun.elapsed();
        ensure!(time <= ADMIT_MAX, "time: admission took {time:?} for {} bytes", input.len());
        let admission = match admitted {
            Ok(admission) => admission,
            Err(error) => {
                let (code, said) = (error.code(), error.to_string());
                ensure!(code.starts_with("component-"), "code: it is {code}");
                ensure!(!said.contains(char::is_control), "one line: {}", said.escape_debug());
                return Ok(format!("{code} {said}"));
            }
        };
        if let Err(error) = Validator::new_with_features(WasmFeatures::all()).validate_all(input) {
            bail!("valid: it is admitted, and {error}");
        }
        let limits = (self.limits.memory_bytes, self.limits.table_elements);
        let has = (admission.memory_bytes, admission.table_elements);
        ensure!(has.0 <= limits.0 && has.1 <= limits.1, "bounds: {admission:?}");
        if input.len() > COMPILED_BYTES_MAX {
            return Ok("admitted, and large".to_owned());
        }
        let compiled = match Compiled::new(&self.sandbox, input) {
            Ok(compiled) => compiled,
            Err(error) => {
                // The compiler's own bounds may be less than admission's; its features may not.
                let said = format!("{error:#}");
                let is_feature = ["disallowed", "not enabled", "not supported"]
                    .iter()
                    .any(|word| said.contains(word));
                ensure!(!is_feature, "compiled: it is admitted, and {said}");
                return Ok(format!("not compiled: {said}"));
            }
        };
        match compiled.load(&self.sandbox) {
            Ok(prepared) => self.run(&prepared),
            Err(error) => {
                let said = format!("{error:#}");
                // What does not have the contract's types is told when it is linked.
                ensure!(
                    said.contains("does not fit the contract"),
                    "loaded: it is compiled, and {said}"
                );
                Ok(format!("not loaded: {said}"))
            }
        }
    }
}
