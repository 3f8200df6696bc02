use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bugle_sandbox::Compiler;
use bugle_task::{
    ApplicationRequest, Bytes, CustomEvent, Identity, Limits, Name, RawNotification, RunId,
    RunInput, RunReport, Seed, Snapshot, Timestamp, Trigger, TriggerId, TriggerKind, Value,
};
use serde::Serialize;

use crate::Error;
use crate::clock::Clock;
use crate::push::Push;
use crate::retry::ATTEMPTS_MAX;
use crate::test_app::{TestApp, TestTask, settings};
use crate::traced::{TraceDepth, TracedComponent};

/// A sandboxed run of a task with no host and no store: the same code as in production, without the
/// commit.
#[derive(Debug, Clone)]
pub struct TestRun {
    task: PathBuf,
    task_name: Option<Name>,
    trigger: TestTrigger,
    settings: BTreeMap<String, Value>,
    limits: Option<String>,
    started_at: Option<Timestamp>,
    seed: Seed,
    cache_dir: Option<PathBuf>,
    compiler: Compiler,
}

/// What wakes the task of a [`TestRun`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TestTrigger {
    /// A raw push, on the first channel that leads to the task.
    Push(Push),
    /// A request of the app.
    Application(Vec<u8>),
    /// A trigger of an embedder.
    Custom {
        /// Reverse-DNS.
        kind: String,
        /// At most 64 KiB.
        content: Vec<u8>,
    },
}

/// What came of a [`TestRun`].
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TestReport {
    /// Everything that the run depended on.
    pub input: RunInput,
    /// What came of it.
    pub report: RunReport,
    /// Whether the component had to be compiled first.
    pub compiled: bool,
}

impl TestRun {
    /// A run of the task in an app's folder (with `bugle.toml`) or in a component's file.
    #[must_use]
    pub fn of(task: impl Into<PathBuf>, trigger: TestTrigger) -> Self {
        Self {
            task: task.into(),
            task_name: None,
            trigger,
            settings: BTreeMap::new(),
            limits: None,
            started_at: None,
            seed: Seed::default(),
            cache_dir: None,
            compiler: Compiler::InProcess,
        }
    }

    /// Which task of the folder; the first that takes the trigger, unless said.
    #[must_use]
    pub fn task_name(mut self, name: Name) -> Self {
        self.task_name = Some(name);
        self
    }

    /// A setting that is there before the run.
    #[must_use]
    pub fn setting(mut self, path: impl Into<String>, value: Value) -> Self {
        self.settings.insert(path.into(), value);
        self
    }

    /// Other limits than the manifest's, like `fuel=1000,time-ms=20`.
    #[must_use]
    pub fn limits(mut self, limits: impl Into<String>) -> Self {
        self.limits = Some(limits.into());
        self
    }

    /// Where the run's clock starts; now, unless said.
    #[must_use]
    pub fn started_at(mut self, moment: Timestamp) -> Self {
        self.started_at = Some(moment);
        self
    }

    /// Where the run's randomness starts; all zeros, unless said.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Keeps compiled components in a folder.
    #[must_use]
    pub fn cache_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(folder.into());
        self
    }

    /// Where components are compiled; in this process, unless said.
    #[must_use]
    pub fn compiler(mut self, compiler: Compiler) -> Self {
        self.compiler = compiler;
        self
    }

    /// Runs it, on this thread.
    ///
    /// # Errors
    ///
    /// The task, the trigger, a setting or a limit is not what it must be. What the task does is in
    /// the report.
    pub fn run(self) -> Result<TestReport, Error> {
        let app = TestApp::open(&self.task, self.compiler.clone(), self.cache_dir.as_deref())?;
        self.run_in(&app)
    }

    /// Runs it, and says what it passed. The report is the same.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn run_traced(self, depth: TraceDepth) -> Result<(TestReport, TracedComponent), Error> {
        let (task, compiler) = (&self.task, self.compiler.clone());
        let app = TestApp::open_traced(task, compiler, self.cache_dir.as_deref(), depth)?;
        let report = self.run_in(&app)?;
        let traced = app.traces().pop().expect("one run traces one component");
        Ok((report, traced))
    }

    fn run_in(&self, app: &TestApp) -> Result<TestReport, Error> {
        let task = app.task_for(self.kind(), self.task_name.as_ref())?;
        let mut limits = task.limits().clone();
        if let Some(text) = &self.limits {
            limits.set_from_text(text)?;
        }
        let input = self.input(app, task, limits)?;
        let compiled = app.prepare(task, &input.limits)?;
        let report = app.run(task, &input)?;
        Ok(TestReport { input, report, compiled })
    }

    fn kind(&self) -> TriggerKind {
        match self.trigger {
            TestTrigger::Push(_) => TriggerKind::RawNotification,
            TestTrigger::Application(_) => TriggerKind::Application,
            TestTrigger::Custom { .. } => TriggerKind::Custom,
        }
    }

    fn input(&self, app: &TestApp, task: &TestTask, limits: Limits) -> Result<RunInput, Error> {
        let started_at = self.started_at.unwrap_or_else(|| Clock::system().now());
        let trigger = self.trigger(task, started_at);
        trigger.check()?;
        if trigger.content_bytes() == 0 && trigger.kind() == TriggerKind::RawNotification {
            return Err(Error::ContentEmpty);
        }
        let trigger_id = TriggerId(1);
        Ok(RunInput {
            trigger,
            identity: Identity {
                app: app.id().clone(),
                app_version: app.version().to_owned(),
                task: self.task_name.as_ref().unwrap_or(task.name()).clone(),
                trigger_id,
                run_id: RunId { trigger: trigger_id, claim: 1 },
                attempt: 1,
                attempts_max: ATTEMPTS_MAX,
            },
            snapshot: Snapshot {
                settings: Arc::new(settings(self.settings.iter())?),
                permissions: app.permissions().clone(),
                ..Snapshot::default()
            },
            started_at,
            seed: self.seed,
            limits,
        })
    }

    fn trigger(&self, task: &TestTask, received_at: Timestamp) -> Trigger {
        match &self.trigger {
            TestTrigger::Push(push) => Trigger::RawNotification(RawNotification {
                channel: task.channel().clone(),
                content: push.content.clone(),
                content_type: push.content_type.clone(),
                headers: push.headers.clone(),
                received_at,
            }),
            TestTrigger::Application(content) => Trigger::Application(ApplicationRequest {
                content: Bytes(content.clone()),
                content_type: None,
            }),
            TestTrigger::Custom { kind, content } => {
                Trigger::Custom(CustomEvent { kind: kind.clone(), content: Bytes(content.clone()) })
            }
        }
    }
}
