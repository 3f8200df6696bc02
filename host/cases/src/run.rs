use bugle::task::{
    ApplicationRequest, ChannelExpiry, CustomEvent, Identity, Limits, RawNotification, RunId,
    Snapshot, TimerTick, Timestamp, ToastActivation, ToastDismissal, ToastKey,
};
use bugle::{RunInput, RunReport, TestApp, TestState, TestTask, Trigger, TriggerId};

use crate::Error;
use crate::case::{Case, Step, Wake};
use crate::datum::Datum;
use crate::expected::{Comparison, Difference, Expected, Place, Rule};
use crate::seen;

/// How one input is run. [`TestApp::run`] is the sandbox of production; another may look on while the
/// task runs, as long as the report is the same.
pub type RunOne<'a> = dyn Fn(&TestTask, &RunInput) -> Result<RunReport, bugle::Error> + Sync + 'a;

/// What came of a case.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// Its steps, in order; all of them ran.
    pub steps: Vec<StepReport>,
    /// The first of the repeated runs, from 2 on, in which a step came to something else.
    pub differs_in_repeat: Option<usize>,
}

/// What came of one step.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// The line of the case file on which the step begins.
    pub line: usize,
    /// Everything that the run depended on.
    pub input: RunInput,
    /// What came of it.
    pub report: RunReport,
    /// What is not as it was expected.
    pub differences: Vec<Difference>,
    /// What was compared.
    pub(crate) seen: Datum,
}

impl CaseReport {
    /// Whether all is as it was expected, and the same each time.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.differs_in_repeat.is_none()
            && self.steps.iter().all(|step| step.differences.is_empty())
    }

    /// The fuel of all steps.
    #[must_use]
    pub fn fuel(&self) -> u64 {
        self.steps.iter().map(|step| step.report.result.usage.fuel).sum()
    }

    /// The real time of all steps, in microseconds.
    #[must_use]
    pub fn wall_us(&self) -> u64 {
        self.steps.iter().map(|step| step.report.measured.wall_us).sum()
    }

    /// Whether every step came to the same, byte for byte.
    fn is_same(&self, other: &Self) -> bool {
        let result = |step: &StepReport| serde_json::to_vec(&step.report.result).ok();
        self.steps.iter().map(result).eq(other.steps.iter().map(result))
    }
}

impl Case {
    /// Checks the case against the app that it is for, and makes its tasks ready to run.
    ///
    /// # Errors
    ///
    /// A step wakes a task that the app has not, with a trigger that no host would take, or under
    /// limits that the task does not fit into. Says the line.
    pub fn prepare(&self, app: &TestApp) -> Result<(), Error> {
        let mut ready: Vec<(*const TestTask, Limits)> = Vec::new();
        for step in &self.steps {
            let at = |what: String| Error::Case { file: self.file.clone(), line: step.line, what };
            let task = self.task_of(step, app).map_err(|error| at(error.to_string()))?;
            let trigger = step.wake.trigger(task, self.before.time);
            trigger.check().map_err(|error| at(error.to_string()))?;
            if matches!(&trigger, Trigger::RawNotification(push) if push.content.is_empty()) {
                return Err(at(bugle::Error::ContentEmpty.to_string()));
            }
            let wanted = (std::ptr::from_ref(task), self.limits_of(step, task));
            if !ready.contains(&wanted) {
                app.prepare(task, &wanted.1)?;
                ready.push(wanted);
            }
        }
        Ok(())
    }

    /// Runs every step, the app's state going from one to the next, and compares. Does it `times`
    /// times in all, and compares those with one another.
    ///
    /// # Errors
    ///
    /// The host could not run a step. What the task does is in the report.
    pub fn run(
        &self,
        app: &TestApp,
        run_one: &RunOne<'_>,
        times: usize,
    ) -> Result<CaseReport, Error> {
        let mut first = self.run_once(app, run_one)?;
        for time in 2..=times {
            if !first.is_same(&self.run_once(app, run_one)?) {
                first.differs_in_repeat = Some(time);
                break;
            }
        }
        Ok(first)
    }

    fn run_once(&self, app: &TestApp, run_one: &RunOne<'_>) -> Result<CaseReport, Error> {
        let before = &self.before;
        let mut now = before.time;
        let settings = before.settings.clone();
        let mut state = TestState::new(settings, before.badge, before.toasts_left, now);
        before.toasts.iter().for_each(|toast| state.show(toast.clone(), now));
        let mut steps = Vec::with_capacity(self.steps.len());
        for (at, step) in self.steps.iter().enumerate() {
            now = now.saturating_add(step.after_ms);
            state.expire(now);
            step.wake.take_toast_away(&mut state);
            let task = self.task_of(step, app)?;
            let permissions = before.permissions.apply(app.permissions().clone());
            let snapshot = state.snapshot(permissions, now);
            let input = self.input(at, step, app, task, snapshot, now);
            let report = run_one(task, &input)?;
            state.commit(&report, now);
            let seen = seen::of_step(&report, &state);
            let differences = differences(step, &report, &seen);
            steps.push(StepReport { line: step.line, input, report, differences, seen });
        }
        Ok(CaseReport { steps, differs_in_repeat: None })
    }

    fn input(
        &self,
        at: usize,
        step: &Step,
        app: &TestApp,
        task: &TestTask,
        snapshot: Snapshot,
        now: Timestamp,
    ) -> RunInput {
        let attempt = step.attempt.unwrap_or(self.before.attempt);
        let trigger = TriggerId(at as u64 + 1);
        let run_id = step.run.unwrap_or(RunId { trigger, claim: attempt });
        RunInput {
            trigger: step.wake.trigger(task, now),
            identity: Identity {
                app: app.id().clone(),
                app_version: app.version().to_owned(),
                task: self.task.as_ref().unwrap_or(task.name()).clone(),
                trigger_id: run_id.trigger,
                run_id,
                attempt,
                attempts_max: self.before.attempts_max.max(attempt),
            },
            snapshot,
            started_at: now,
            seed: self.before.seed,
            limits: self.limits_of(step, task),
        }
    }

    pub(crate) fn task_of<'a>(
        &self,
        step: &Step,
        app: &'a TestApp,
    ) -> Result<&'a TestTask, bugle::Error> {
        app.task_for(step.wake.kind(), self.task.as_ref())
    }

    fn limits_of(&self, step: &Step, task: &TestTask) -> Limits {
        let mut limits = task.limits().clone();
        self.before.limits.apply(&mut limits);
        step.limits.apply(&mut limits);
        limits
    }
}

fn differences(step: &Step, report: &RunReport, seen: &Datum) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut comparison = Comparison::new(&mut differences);
    for (name, expected) in &step.expect.fields {
        comparison.at(Place::Name(name.clone()), expected, seen.get(name));
    }
    if step.expect.is_settings_only {
        let named = step.expect.fields.iter().find(|(name, _)| name == "settings");
        let is_named = |path: &String| match named {
            Some((_, Expected { rule: Rule::Fields { fields, .. }, .. })) => {
                fields.iter().any(|(name, _)| name == path)
            }
            _ => false,
        };
        let changed = report.result.effects.settings.iter().filter(|(path, _)| !is_named(path));
        for (path, value) in changed {
            let value = value.as_ref().map(Datum::from);
            differences.push(Difference {
                line: step.expect.line,
                path: vec![Place::Name("settings".to_owned()), Place::Name(path.clone())],
                expected: "no change".to_owned(),
                seen: value,
            });
        }
    }
    differences
}

impl Wake {
    /// A toast that somebody chose or put away is gone before the task hears of it.
    fn take_toast_away(&self, state: &mut TestState) {
        let (Self::ToastActivated { tag, group, .. } | Self::ToastDismissed { tag, group, .. }) =
            self
        else {
            return;
        };
        if tag.is_some() {
            state.hide(&ToastKey { tag: tag.clone(), group: group.clone() });
        }
    }

    /// The trigger as the host would raise it now for a task.
    fn trigger(&self, task: &TestTask, now: Timestamp) -> Trigger {
        match self.clone() {
            Self::Push { channel, content, content_type, headers, received_at } => {
                Trigger::RawNotification(RawNotification {
                    channel: channel.unwrap_or_else(|| task.channel().clone()),
                    content,
                    content_type,
                    headers,
                    received_at: received_at.unwrap_or(now),
                })
            }
            Self::Application { content, content_type } => {
                Trigger::Application(ApplicationRequest { content, content_type })
            }
            Self::Custom { kind, content } => Trigger::Custom(CustomEvent { kind, content }),
            Self::ToastActivated { tag, group, argument, inputs } => {
                Trigger::ToastActivated(ToastActivation { tag, group, argument, inputs })
            }
            Self::ToastDismissed { tag, group, reason } => {
                Trigger::ToastDismissed(ToastDismissal { tag, group, reason })
            }
            Self::Timer { name, due_at, missed } => {
                Trigger::Timer(TimerTick { name, due_at: due_at.unwrap_or(now), missed })
            }
            Self::ChannelExpiring { channel, expires_at } => {
                Trigger::ChannelExpiring(ChannelExpiry { channel, expires_at })
            }
            Self::System(event) => Trigger::System(event),
        }
    }
}
