use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bugle_sandbox::{Allocation, Compiler, RunControl, Sandbox};
use bugle_store::Digest;
use bugle_task::{
    AppId, Limits, Name, Permissions, RunInput, RunReport, Settings, TriggerKind, Value, check_path,
};
use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::Error;
use crate::cache::Cache;
use crate::components::Components;
use crate::folder::{AppFolder, check};
use crate::keys::Keys;
use crate::manifest::{Manifest, TRIGGER_KINDS};
use crate::traced::{TraceDepth, TracedComponent, Traces};

/// An app that is ready for test runs, with no host and no store: read and checked as at install,
/// each component compiled once.
#[derive(Debug)]
pub struct TestApp {
    id: AppId,
    version: String,
    permissions: Permissions,
    tasks: Vec<TestTask>,
    components: Components,
    /// Of an app that is opened to be traced.
    traces: Option<Traces>,
}

/// One task of a [`TestApp`].
#[derive(Debug, Clone)]
pub struct TestTask {
    name: Name,
    /// None where there is no manifest to say it.
    triggers: Option<BTreeSet<TriggerKind>>,
    limits: Limits,
    channel: Name,
    pub(crate) path: PathBuf,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) digest: Digest,
}

impl TestApp {
    /// Reads an app's folder (with `bugle.toml`), or a component's file, which is an app of its own
    /// with everything at its default. Compiled components are kept in `cache_dir`, if there is one.
    ///
    /// # Errors
    ///
    /// The folder, its manifest or a component is not what it must be, or the cache cannot be opened.
    pub fn open(path: &Path, compiler: Compiler, cache_dir: Option<&Path>) -> Result<Self, Error> {
        // Test runs are few at a time: they need no pool.
        let components = components(Sandbox::new(Allocation::OnDemand)?, compiler, cache_dir)?;
        Self::read(path, components)
    }

    /// As [`open`](Self::open), and every run is traced. Reports are the same.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_traced(
        path: &Path,
        compiler: Compiler,
        cache_dir: Option<&Path>,
        depth: TraceDepth,
    ) -> Result<Self, Error> {
        let sandbox = Sandbox::for_tracing(depth.frames())?;
        let app = Self::read(path, components(sandbox, compiler, cache_dir)?)?;
        Ok(Self { traces: Some(Traces::default()), ..app })
    }

    fn read(path: &Path, components: Components) -> Result<Self, Error> {
        if path.is_dir() {
            Self::of_folder(path, components)
        } else {
            Self::of_file(path, components)
        }
    }

    fn of_folder(path: &Path, components: Components) -> Result<Self, Error> {
        let AppFolder { manifest, components: read } = AppFolder::read(path, &Limits::default())?;
        let task = |(entry, bytes): (crate::TaskEntry, Arc<[u8]>)| TestTask {
            channel: channel_to(&manifest, &entry.name),
            name: entry.name,
            triggers: Some(entry.triggers),
            limits: entry.limits,
            path: path.join(entry.component),
            digest: Digest::of(&bytes),
            bytes,
        };
        let tasks = read.into_iter().map(task).collect();
        let Manifest { id, version, permissions, .. } = manifest;
        Ok(Self { id, version, permissions, tasks, components, traces: None })
    }

    fn of_file(path: &Path, components: Components) -> Result<Self, Error> {
        let read = std::fs::metadata(path).and_then(|metadata| {
            if metadata.len() > bugle_sandbox::COMPONENT_BYTES_MAX as u64 {
                return Ok(vec![0; bugle_sandbox::COMPONENT_BYTES_MAX + 1]);
            }
            std::fs::read(path)
        });
        let bytes = read.map_err(|source| Error::File { path: path.to_owned(), source })?;
        let task = TestTask {
            name: "task".parse()?,
            triggers: None,
            limits: Limits::default(),
            channel: "inbox".parse()?,
            path: path.to_owned(),
            digest: Digest::of(&bytes),
            bytes: bytes.into(),
        };
        Ok(Self {
            id: "com.example.test".parse()?,
            version: "0".to_owned(),
            permissions: Permissions::default(),
            tasks: vec![task],
            components,
            traces: None,
        })
    }

    /// The app's id.
    #[must_use]
    pub fn id(&self) -> &AppId {
        &self.id
    }

    /// The app's version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the manifest asks to be allowed.
    #[must_use]
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// The task that a kind of trigger wakes: the first that takes it, or the one of this name if it
    /// does. A kind that no manifest can name yet wakes the first task, or the one of this name.
    ///
    /// # Errors
    ///
    /// There is no such task.
    pub fn task_for(&self, kind: TriggerKind, name: Option<&Name>) -> Result<&TestTask, Error> {
        let is_named = |task: &&TestTask| {
            // A component by itself has one task, which has whatever name it is given.
            task.triggers.is_none() || name.is_none_or(|name| *name == task.name)
        };
        let takes = |task: &&TestTask| {
            let triggers = task.triggers.as_ref().filter(|_| TRIGGER_KINDS.contains(&kind));
            triggers.is_none_or(|triggers| triggers.contains(&kind))
        };
        if let Some(task) = self.tasks.iter().filter(is_named).find(takes) {
            return Ok(task);
        }
        let app = self.id.clone();
        Err(match name {
            Some(name) if !self.tasks.iter().any(|task| task.name == *name) => {
                Error::UnknownTask { app, task: name.clone() }
            }
            _ => Error::NoTaskFor { app, kind: kind.as_str() },
        })
    }

    /// Makes a task ready to run under limits; whether it had to be compiled.
    ///
    /// # Errors
    ///
    /// The component is none, needs more than the limits give, or cannot be compiled.
    pub fn prepare(&self, task: &TestTask, limits: &Limits) -> Result<bool, Error> {
        check(&task.path, &task.bytes, limits)?;
        if let Some(traces) = &self.traces {
            let probes = traces.probes(task)?;
            let digest = Digest::of(probes.component());
            return Ok(self.components.prepare(&task.path, digest, probes.component())?.1);
        }
        Ok(self.components.prepare(&task.path, task.digest, &task.bytes)?.1)
    }

    /// Runs a task on this thread, compiled if it was not [prepared](Self::prepare). What it does is
    /// in the report.
    ///
    /// # Errors
    ///
    /// The component cannot be compiled.
    pub fn run(&self, task: &TestTask, input: &RunInput) -> Result<RunReport, Error> {
        if let Some(traces) = &self.traces {
            return traces.run(&self.components, task, input);
        }
        let (prepared, _) = self.components.prepare(&task.path, task.digest, &task.bytes)?;
        Ok(self.components.sandbox().run(&prepared, input, &RunControl::new()))
    }

    /// What the runs of each component passed, if the app was opened to be traced.
    #[must_use]
    pub fn traces(&self) -> Vec<TracedComponent> {
        self.traces.as_ref().map(Traces::all).unwrap_or_default()
    }
}

impl TestTask {
    /// Its name in the manifest.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The first channel that leads to it.
    #[must_use]
    pub fn channel(&self) -> &Name {
        &self.channel
    }

    /// What the manifest lets a run use.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The component's bytes.
    #[must_use]
    pub fn component(&self) -> &[u8] {
        &self.bytes
    }
}

/// Settings for a test run, checked.
pub(crate) fn settings<'a>(
    values: impl Iterator<Item = (&'a String, &'a Value)>,
) -> Result<Settings, Error> {
    let checked = values.map(|(path, value)| {
        check_path(path)?;
        Ok((path.clone(), value.clone()))
    });
    Ok(Settings::new(0, checked.collect::<Result<_, Error>>()?))
}

/// A task that no channel leads to has one of its own name.
fn channel_to(manifest: &Manifest, task: &Name) -> Name {
    let channel = manifest.channels.iter().find(|channel| channel.task == *task);
    channel.map_or_else(|| task.clone(), |channel| channel.name.clone())
}

fn components(
    sandbox: Sandbox,
    compiler: Compiler,
    cache_dir: Option<&Path>,
) -> Result<Components, Error> {
    let open = |folder: &Path| {
        std::fs::create_dir_all(folder)?;
        let folder = Dir::open_ambient_dir(folder, ambient_authority())?;
        Ok((Keys::open(&folder)?, Some(Cache::open(&folder, sandbox.engine_hash())?)))
    };
    let (path, opened) = match cache_dir {
        Some(folder) => (folder.to_owned(), open(folder)),
        None => ("memory".into(), Keys::passing().map(|keys| (keys, None))),
    };
    let (keys, cache) = opened.map_err(|source| Error::File { path, source })?;
    Ok(Components::new(sandbox, compiler, keys, cache))
}
