use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bugle_sandbox::{Allocation, Compiler, RunControl, Sandbox};
use bugle_store::Digest;
use bugle_task::{
    AppId, ApplicationRequest, Bytes, CustomEvent, Identity, Limits, Name, Permissions,
    RawNotification, RunId, RunInput, RunReport, Seed, Settings, Snapshot, Timestamp, Trigger,
    TriggerId, TriggerKind, Value, check_path,
};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use serde::Serialize;

use crate::Error;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::components::Components;
use crate::folder::{AppFolder, check};
use crate::keys::Keys;
use crate::push::Push;
use crate::retry::ATTEMPTS_MAX;

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

/// A task as a test run needs it, from a folder or from a bare component.
struct Subject {
    app: AppId,
    version: String,
    task: Name,
    channel: Name,
    limits: Limits,
    permissions: Permissions,
    path: PathBuf,
    bytes: Arc<[u8]>,
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
        let mut subject = self.subject()?;
        if let Some(limits) = &self.limits {
            subject.limits.set_from_text(limits)?;
        }
        check(&subject.path, &subject.bytes, &subject.limits)?;
        let input = self.input(&subject)?;
        // One run needs no pool.
        let sandbox = Sandbox::new(Allocation::OnDemand)?;
        let components = self.components(sandbox)?;
        let (prepared, compiled) =
            components.prepare(&subject.path, Digest::of(&subject.bytes), &subject.bytes)?;
        let report = components.sandbox().run(&prepared, &input, &RunControl::new());
        Ok(TestReport { input, report, compiled })
    }

    fn kind(&self) -> TriggerKind {
        match self.trigger {
            TestTrigger::Push(_) => TriggerKind::RawNotification,
            TestTrigger::Application(_) => TriggerKind::Application,
            TestTrigger::Custom { .. } => TriggerKind::Custom,
        }
    }

    fn subject(&self) -> Result<Subject, Error> {
        if self.task.is_dir() { self.subject_in_folder() } else { self.subject_in_file() }
    }

    fn subject_in_folder(&self) -> Result<Subject, Error> {
        let AppFolder { manifest, components } = AppFolder::read(&self.task, &Limits::default())?;
        let kind = self.kind();
        let is_it = |name: &Name| self.task_name.as_ref().is_none_or(|wanted| wanted == name);
        let found = components
            .into_iter()
            .find(|(task, _)| is_it(&task.name) && task.triggers.contains(&kind));
        let Some((task, bytes)) = found else {
            return Err(match &self.task_name {
                Some(name) if manifest.task(name).is_none() => {
                    Error::UnknownTask { app: manifest.id, task: name.clone() }
                }
                _ => Error::NoTaskFor { app: manifest.id, kind: kind.as_str() },
            });
        };
        let channel = manifest.channels.iter().find(|channel| channel.task == task.name);
        Ok(Subject {
            channel: channel.map_or_else(|| task.name.clone(), |channel| channel.name.clone()),
            app: manifest.id,
            version: manifest.version,
            limits: task.limits,
            permissions: manifest.permissions,
            path: self.task.join(task.component),
            task: task.name,
            bytes,
        })
    }

    /// A component by itself: an app of its own, with everything at its default.
    fn subject_in_file(&self) -> Result<Subject, Error> {
        let read = std::fs::metadata(&self.task).and_then(|metadata| {
            if metadata.len() > bugle_sandbox::COMPONENT_BYTES_MAX as u64 {
                return Ok(vec![0; bugle_sandbox::COMPONENT_BYTES_MAX + 1]);
            }
            std::fs::read(&self.task)
        });
        let bytes = read.map_err(|source| Error::File { path: self.task.clone(), source })?;
        let task = self.task_name.clone().map_or_else(|| "task".parse(), Ok)?;
        Ok(Subject {
            app: "com.example.test".parse()?,
            version: "0".to_owned(),
            task,
            channel: "inbox".parse()?,
            limits: Limits::default(),
            permissions: Permissions::default(),
            path: self.task.clone(),
            bytes: bytes.into(),
        })
    }

    fn input(&self, subject: &Subject) -> Result<RunInput, Error> {
        self.settings.keys().try_for_each(|path| check_path(path))?;
        let started_at = self.started_at.unwrap_or_else(|| Clock::system().now());
        let trigger = self.trigger(subject, started_at);
        trigger.check()?;
        if trigger.content_bytes() == 0 && trigger.kind() == TriggerKind::RawNotification {
            return Err(Error::ContentEmpty);
        }
        let trigger_id = TriggerId(1);
        Ok(RunInput {
            trigger,
            identity: Identity {
                app: subject.app.clone(),
                app_version: subject.version.clone(),
                task: subject.task.clone(),
                trigger_id,
                run_id: RunId { trigger: trigger_id, claim: 1 },
                attempt: 1,
                attempts_max: ATTEMPTS_MAX,
            },
            snapshot: Snapshot {
                settings: Arc::new(Settings::new(0, self.settings.clone())),
                permissions: subject.permissions.clone(),
                ..Snapshot::default()
            },
            started_at,
            seed: self.seed,
            limits: subject.limits.clone(),
        })
    }

    fn trigger(&self, subject: &Subject, received_at: Timestamp) -> Trigger {
        match &self.trigger {
            TestTrigger::Push(push) => Trigger::RawNotification(RawNotification {
                channel: subject.channel.clone(),
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

    fn components(&self, sandbox: Sandbox) -> Result<Components, Error> {
        let open = |folder: &Path| {
            std::fs::create_dir_all(folder)?;
            let folder = Dir::open_ambient_dir(folder, ambient_authority())?;
            Ok((Keys::open(&folder)?, Some(Cache::open(&folder, sandbox.engine_hash())?)))
        };
        let (path, opened) = match &self.cache_dir {
            Some(folder) => (folder.clone(), open(folder)),
            None => ("memory".into(), Keys::passing().map(|keys| (keys, None))),
        };
        let (keys, cache) = opened.map_err(|source| Error::File { path, source })?;
        Ok(Components::new(sandbox, self.compiler.clone(), keys, cache))
    }
}
