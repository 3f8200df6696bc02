use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bugle_sandbox::{AdmissionError, Probes, RunControl, Trace};
use bugle_store::Digest;
use bugle_task::{RunInput, RunReport};

use crate::Error;
use crate::components::Components;
use crate::test_app::TestTask;

/// How much of its stack a look at a traced run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceDepth {
    /// The innermost function, which is enough to tell what ran, and quickest.
    Function,
    /// The stack, which tells on whose behalf fuel was used.
    Stack,
}

/// The most functions of a stack that are told apart; the innermost stay. Deeper stacks are
/// recursions.
const STACK_FRAMES_MAX: NonZeroUsize = NonZeroUsize::new(128).expect("it is not zero");

impl TraceDepth {
    pub(crate) fn frames(self) -> NonZeroUsize {
        match self {
            Self::Function => NonZeroUsize::MIN,
            Self::Stack => STACK_FRAMES_MAX,
        }
    }
}

/// What all traced runs of a component passed.
#[derive(Debug, Clone)]
pub struct TracedComponent {
    /// Where the component was read from.
    pub path: PathBuf,
    /// The component as it is installed.
    pub component: Arc<[u8]>,
    /// Its SHA-256, in hexadecimal digits.
    pub digest: String,
    /// What the trace speaks of.
    pub probes: Arc<Probes>,
    /// All runs together.
    pub trace: Trace,
}

/// The traces of an app's runs, component by component.
#[derive(Debug, Default)]
pub(crate) struct Traces(Mutex<HashMap<Digest, TracedComponent>>);

impl Traces {
    /// What to compile in place of a task's component.
    pub(crate) fn probes(&self, task: &TestTask) -> Result<Arc<Probes>, Error> {
        let mut traced = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = traced.get(&task.digest) {
            return Ok(Arc::clone(&known.probes));
        }
        // A sound component is read without an error; another never comes so far.
        let probes = Probes::put_into(&task.bytes).map_err(|error| Error::Component {
            path: task.path.clone(),
            source: AdmissionError::Invalid {
                offset: error.offset(),
                what: error.message().to_owned(),
            },
        })?;
        let probes = Arc::new(probes);
        let known = TracedComponent {
            path: task.path.clone(),
            component: Arc::clone(&task.bytes),
            digest: task.digest.to_string(),
            probes: Arc::clone(&probes),
            trace: Trace::default(),
        };
        traced.insert(task.digest, known);
        Ok(probes)
    }

    pub(crate) fn run(
        &self,
        components: &Components,
        task: &TestTask,
        input: &RunInput,
    ) -> Result<RunReport, Error> {
        let probes = self.probes(task)?;
        let digest = Digest::of(probes.component());
        let (prepared, _) = components.prepare(&task.path, digest, probes.component())?;
        let control = RunControl::new();
        let (report, trace) = components.sandbox().run_traced(&prepared, &probes, input, &control);
        let mut traced = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = traced.get_mut(&task.digest) {
            known.trace.add(&trace);
        }
        Ok(report)
    }

    /// All of them, by path.
    pub(crate) fn all(&self) -> Vec<TracedComponent> {
        let traced = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<TracedComponent> = traced.values().cloned().collect();
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all
    }
}
