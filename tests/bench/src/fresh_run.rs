//! A fresh run with all limits on, beside the same component in bare wasmtime.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use bugle_sandbox::{
    Allocation, Artifact, CompileLimits, Compiler, Prepared, RunControl, Sandbox, SealKey,
};
use bugle_task::{
    Identity, Limits, RawNotification, RunId, RunInput, Seed, Settings, Snapshot, Trigger,
    TriggerId,
};
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

use crate::figure::{Figures, quantile};

wasmtime::component::bindgen!({ path: "../../wit", world: "background-task" });

use self::bugle::task::{badge, local_settings, log, task_context, toasts, trigger_details, types};

/// Rounds of both, taken in turns, so that what else the machine does meets both.
const ROUNDS: usize = 60;
const RUNS_A_ROUND: u32 = 200;

pub(crate) fn measure(app: &Path, figures: &mut Figures) -> Result<()> {
    let component = std::fs::read(app.join("raw_notification.wasm"))?;
    let content = vec![b'x'; 1_024];
    let sandbox = Sandbox::new(Allocation::Pooling)?;
    let prepared = prepare(&sandbox, &component)?;
    let input = input(content.clone())?;
    let bare = Bare::new(&component, content).map_err(in_words)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(micros(|| run(&sandbox, &prepared, &input))?);
        theirs.push(micros(|| bare.run().map_err(in_words))?);
    }
    let (ours, theirs) = (quantile(&mut ours, 0.5), quantile(&mut theirs, 0.5));
    figures.at_most("fresh run, all limits on / bare wasmtime", ours / theirs, "", 1.5);
    figures.note("fresh run, all limits on", ours, "us");
    figures.note("fresh run, bare wasmtime", theirs, "us");
    Ok(())
}

/// One run, which must complete.
pub(crate) fn run(sandbox: &Sandbox, prepared: &Prepared, input: &RunInput) -> Result<()> {
    let report = sandbox.run(prepared, input, &RunControl::new());
    anyhow::ensure!(report.result.outcome.is_completed(), "{report:?}");
    Ok(())
}

/// wasmtime's errors are of a type of their own.
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn in_words(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

/// The mean time of one run in a round.
fn micros(mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..RUNS_A_ROUND {
        run()?;
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / f64::from(RUNS_A_ROUND))
}

/// Compiles and loads a component.
pub(crate) fn prepare(sandbox: &Sandbox, component: &[u8]) -> Result<Prepared> {
    let code = Compiler::InProcess.compile(sandbox, component, &CompileLimits::default())?;
    let (key, digest) = (SealKey::new([0; 32]), [0; 32]);
    let artifact = Artifact::seal(&key, &digest, sandbox.engine_hash(), &code);
    Ok(sandbox.load(&key, &digest, &artifact)?)
}

/// A raw push to a task with nothing kept and the default limits.
pub(crate) fn input(content: Vec<u8>) -> Result<RunInput> {
    let trigger_id = TriggerId(1);
    Ok(RunInput {
        trigger: Trigger::RawNotification(RawNotification {
            channel: "inbox".parse()?,
            content: content.into(),
            content_type: None,
            headers: Vec::new(),
            received_at: 0,
        }),
        identity: Identity {
            app: "com.example.bench".parse()?,
            app_version: "1".to_owned(),
            task: "sample-task".parse()?,
            trigger_id,
            run_id: RunId { trigger: trigger_id, claim: 1 },
            attempt: 1,
            attempts_max: 5,
        },
        snapshot: Snapshot { settings: Arc::new(Settings::default()), ..Snapshot::default() },
        started_at: 0,
        seed: Seed::default(),
        limits: Limits::default(),
    })
}

/// The component in wasmtime as one would begin: pooling, linked before, no limits. Its host keeps
/// what it is told, and no more.
struct Bare {
    engine: Engine,
    pre: BackgroundTaskPre<Kept>,
    trigger: trigger_details::Trigger,
}

#[derive(Default)]
struct Kept {
    settings: HashMap<String, local_settings::Value>,
    log: Vec<String>,
}

impl Bare {
    fn new(component: &[u8], content: Vec<u8>) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        let pool = PoolingAllocationConfig::new();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let engine = Engine::new(&config)?;
        let component = Component::new(&engine, component)?;
        let mut linker = Linker::new(&engine);
        BackgroundTask::add_to_linker::<_, HasSelf<_>>(&mut linker, |kept: &mut Kept| kept)?;
        let pre = BackgroundTaskPre::new(linker.instantiate_pre(&component)?)?;
        let trigger = trigger_details::Trigger::RawNotification(trigger_details::RawNotification {
            channel: "inbox".to_owned(),
            content,
            content_type: None,
            headers: Vec::new(),
            received_at: 0,
        });
        Ok(Self { engine, pre, trigger })
    }

    fn run(&self) -> wasmtime::Result<()> {
        let mut store = Store::new(&self.engine, Kept::default());
        let task = self.pre.instantiate(&mut store)?;
        let result = task.bugle_task_entry().call_run(&mut store, &self.trigger)?;
        wasmtime::ensure!(result.is_ok(), "the task failed: {result:?}");
        Ok(())
    }
}

impl types::Host for Kept {}
impl trigger_details::Host for Kept {}

impl log::Host for Kept {
    fn write(&mut self, _level: log::Level, message: String) {
        self.log.push(message);
    }
}

impl local_settings::Host for Kept {
    fn get(
        &mut self,
        path: String,
    ) -> Result<Option<local_settings::Value>, local_settings::SettingsError> {
        Ok(self.settings.get(&path).cloned())
    }

    fn set(
        &mut self,
        path: String,
        value: local_settings::Value,
    ) -> Result<(), local_settings::SettingsError> {
        self.settings.insert(path, value);
        Ok(())
    }

    fn remove(&mut self, path: String) -> Result<bool, local_settings::SettingsError> {
        Ok(self.settings.remove(&path).is_some())
    }

    fn clear(&mut self, _container: String) -> Result<u32, local_settings::SettingsError> {
        Ok(0)
    }

    fn items(
        &mut self,
        _container: String,
        _after: Option<String>,
        _limit: u32,
    ) -> Result<local_settings::Page, local_settings::SettingsError> {
        Ok(local_settings::Page { items: Vec::new(), next: None })
    }

    fn version(&mut self) -> u32 {
        0
    }

    fn set_version(&mut self, _version: u32) {}
}

impl toasts::Host for Kept {
    fn permitted(&mut self) -> bool {
        true
    }

    fn show(&mut self, _toast: toasts::Toast) -> Result<(), toasts::ToastError> {
        Ok(())
    }

    fn update(
        &mut self,
        _tag: String,
        _group: Option<String>,
        _sequence: u32,
        _change: toasts::ToastUpdate,
    ) -> Result<(), toasts::ToastError> {
        Ok(())
    }

    fn hide(
        &mut self,
        _tag: Option<String>,
        _group: Option<String>,
    ) -> Result<(), toasts::ToastError> {
        Ok(())
    }
}

impl badge::Host for Kept {
    fn get(&mut self) -> Option<badge::Mark> {
        None
    }

    fn set(&mut self, _mark: badge::Mark) {}

    fn clear(&mut self) {}
}

impl task_context::Host for Kept {
    fn app(&mut self) -> String {
        "com.example.bench".to_owned()
    }

    fn app_version(&mut self) -> String {
        "1".to_owned()
    }

    fn task(&mut self) -> String {
        "sample-task".to_owned()
    }

    fn trigger_id(&mut self) -> String {
        "trigger-1".to_owned()
    }

    fn run_id(&mut self) -> String {
        "run-1.1".to_owned()
    }

    fn attempt(&mut self) -> u32 {
        1
    }

    fn attempts_max(&mut self) -> u32 {
        5
    }

    fn now(&mut self) -> u64 {
        0
    }

    fn random(&mut self, count: u32) -> Vec<u8> {
        vec![0; count.min(4_096) as usize]
    }

    fn remaining_fuel(&mut self) -> u64 {
        u64::MAX
    }

    fn remaining_time(&mut self) -> u32 {
        u32::MAX
    }

    fn cancellation(&mut self) -> Option<task_context::CancellationReason> {
        None
    }

    fn report_progress(&mut self, _percent: u32) {}

    fn on_resume(
        &mut self,
        _work: task_context::ResumeWork,
    ) -> Result<(), task_context::ContextError> {
        Ok(())
    }
}
