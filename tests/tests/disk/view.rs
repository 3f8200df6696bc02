//! All that a store shows of what it keeps, and what must be true of it at any time.

use anyhow::{bail, ensure};
use bugle_store::{AppKey, Reader, RunFilter, StoreError, TriggerState};
use bugle_task::{Settings, TriggerId, Value};

/// More than the workload has.
const TRIGGERS: u64 = 32;
const RUNS: usize = 1_000;

/// How a store's settings say that a push was done: the path, before the push's number. The value is how
/// often its effects were committed.
pub(crate) const DONE: &str = "done/";

/// What the store shows, line by line. What is claimed and what waits are one: a claim ends with the
/// process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct View(Vec<String>);

impl View {
    pub(crate) fn of(reader: &Reader) -> Result<Self, StoreError> {
        let mut lines = Vec::new();
        for app in reader.apps()? {
            let key = app.key;
            let (settings, change) = reader.settings(key)?;
            let waiting = reader.waiting(key)?;
            let queued = waiting.waiting + waiting.claimed;
            lines.push(format!("{app:?}"));
            lines.push(format!("{key:?} settings as of {change} {settings:?}"));
            lines.push(format!("{key:?} has {queued} queued, {} bytes", waiting.bytes));
            lines.push(format!("{key:?} badge {:?}", reader.badge(key)?));
            lines.extend(reader.resume_work(key)?.iter().map(|work| format!("{key:?} {work:?}")));
        }
        lines.extend(reader.channels(None)?.iter().map(|channel| format!("{channel:?}")));
        lines.extend(reader.dead(None, None)?.iter().map(|letter| format!("{letter:?}")));
        lines.extend(reader.toasts(None)?.iter().map(|toast| format!("{toast:?}")));
        lines.extend(reader.events_after(0, RUNS)?.iter().map(|event| format!("{event:?}")));
        let filter = RunFilter { app: None, outcome: None, since: None, limit: RUNS };
        for run in reader.runs(&filter)? {
            lines.push(format!("{:?}", reader.run(run.run)?));
        }
        for id in (1..=TRIGGERS).map(TriggerId) {
            let state = reader.trigger_state(id)?;
            if state != TriggerState::Gone {
                lines.push(format!("{id:?} is {state:?}"));
            }
        }
        lines.push(format!("the sink is at {}", reader.cursor("sink")?));
        // A store without anything in it is one that is not there.
        Ok(Self(if lines.len() == 1 { Vec::new() } else { lines }))
    }

    /// Fails unless this is one of the views, and says how it differs from the nearest.
    pub(crate) fn is_one_of(&self, views: &[Self]) -> anyhow::Result<()> {
        if views.contains(self) {
            return Ok(());
        }
        let nearest = views.iter().min_by_key(|view| self.differences(view).len());
        let differences = nearest.map(|view| self.differences(view)).unwrap_or_default();
        bail!("what is there is not what was done: {}", differences.join("; "));
    }

    fn differences(&self, other: &Self) -> Vec<String> {
        let only = |a: &Self, b: &Self, what: &str| -> Vec<String> {
            let lines = a.0.iter().filter(|line| !b.0.contains(line));
            lines.map(|line| format!("{what} {line}")).collect()
        };
        [only(self, other, "there is"), only(other, self, "there should be")].concat()
    }
}

/// The pushes whose effects were committed, none of them twice.
pub(crate) fn done(settings: &Settings) -> anyhow::Result<Vec<u32>> {
    let mut done = Vec::new();
    for (path, value) in settings.iter() {
        if let Some(number) = path.strip_prefix(DONE) {
            ensure!(*value == Value::Integer(1), "push {number} had its effects {value:?} times");
            done.push(number.parse()?);
        }
    }
    let count = i64::try_from(done.len())?;
    let counted = settings.get("count").cloned().unwrap_or(Value::Integer(0));
    ensure!(counted == Value::Integer(count), "of {count} pushes {counted:?} were counted");
    Ok(done)
}

/// The store is sound, and no push had its effects more than once.
pub(crate) fn check(reader: &Reader) -> anyhow::Result<()> {
    let violations = reader.check()?;
    ensure!(violations.is_empty(), "the store is not sound: {violations:?}");
    for app in reader.apps()? {
        done(&reader.settings(app.key)?.0)?;
    }
    Ok(())
}

/// The triggers of an app that wait or are claimed.
pub(crate) fn queued(reader: &Reader) -> Result<Vec<TriggerId>, StoreError> {
    let mut queued = Vec::new();
    for id in (1..=TRIGGERS).map(TriggerId) {
        if reader.trigger_state(id)? == TriggerState::Queued {
            queued.push(id);
        }
    }
    Ok(queued)
}

/// The keys of the apps.
pub(crate) fn apps(reader: &Reader) -> Result<Vec<AppKey>, StoreError> {
    Ok(reader.apps()?.into_iter().map(|app| app.key).collect())
}
