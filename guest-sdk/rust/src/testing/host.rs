//! The functions of the contract's imports, over a state that belongs to the thread: tests run in
//! parallel, and none sees another's.

use std::cell::RefCell;

use super::state::State;

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// Calls `run` with a host around it, and gives back what it made of the host's state.
pub(super) fn enter<T>(state: State, run: impl FnOnce() -> T) -> (T, State) {
    let outer = STATE.replace(Some(state));
    let value = run();
    let state = STATE.replace(outer).expect("only this function takes the state, and it put one");
    (value, state)
}

/// What a function of the contract does with the state of the run that calls it.
#[expect(clippy::panic, reason = "only tests get here, and this one is not a test of a run")]
fn with<T>(call: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(|state| match state {
        Some(state) => call(state),
        None => panic!(
            "a task's functions need a host: call the task by `bugle_guest::testing::Run`, and \
             from the test's own thread"
        ),
    })
}

pub(crate) mod local_settings {
    use super::with;
    use crate::bindings::bugle::task::local_settings::{Item, Page, SettingsError, Value};

    pub(crate) fn get(path: &str) -> Result<Option<Value>, SettingsError> {
        with(|state| state.get(path))
    }

    pub(crate) fn set(path: &str, value: &Value) -> Result<(), SettingsError> {
        with(|state| state.set(path, value))
    }

    pub(crate) fn remove(path: &str) -> Result<bool, SettingsError> {
        with(|state| state.remove(path))
    }

    pub(crate) fn clear(container: &str) -> Result<u32, SettingsError> {
        with(|state| state.clear(container))
    }

    /// One page has it all: pages are the business of the real host.
    pub(crate) fn items(
        container: &str,
        after: Option<&str>,
        _limit: u32,
    ) -> Result<Page, SettingsError> {
        let names = with(|state| state.names(container))?;
        let is_left = |(name, _): &(String, bool)| after.is_none_or(|after| name.as_str() > after);
        let items = names
            .into_iter()
            .filter(is_left)
            .map(|(name, is_container)| Item { name, is_container })
            .collect();
        Ok(Page { items, next: None })
    }

    pub(crate) fn version() -> u32 {
        with(|state| state.settings.version)
    }

    pub(crate) fn set_version(version: u32) {
        with(|state| state.settings.version = version);
    }
}

pub(crate) mod toasts {
    use super::with;
    use crate::bindings::bugle::task::toasts::{Toast, ToastError, ToastUpdate};

    pub(crate) fn permitted() -> bool {
        with(|state| state.permissions.toasts)
    }

    pub(crate) fn show(toast: &Toast) -> Result<(), ToastError> {
        with(|state| state.show(toast))
    }

    pub(crate) fn update(
        tag: &str,
        group: Option<&str>,
        sequence: u32,
        change: &ToastUpdate,
    ) -> Result<(), ToastError> {
        with(|state| state.update(tag, group, sequence, change))
    }

    pub(crate) fn hide(tag: Option<&str>, group: Option<&str>) -> Result<(), ToastError> {
        with(|state| state.hide(tag, group))
    }
}

pub(crate) mod badge {
    use super::with;
    use crate::bindings::bugle::task::badge::Mark;

    pub(crate) fn get() -> Option<Mark> {
        with(|state| state.badge)
    }

    /// A number of 0 is no mark.
    pub(crate) fn set(mark: Mark) {
        with(|state| state.badge = Some(mark).filter(|mark| *mark != Mark::Number(0)));
    }

    pub(crate) fn clear() {
        with(|state| state.badge = None);
    }
}

pub(crate) mod task_context {
    use super::with;
    use crate::bindings::bugle::task::task_context::{
        CancellationReason, ContextError, ResumeWork,
    };

    pub(crate) fn app() -> String {
        with(|state| state.facts.app.clone())
    }

    pub(crate) fn app_version() -> String {
        with(|state| state.facts.app_version.clone())
    }

    pub(crate) fn task() -> String {
        with(|state| state.facts.task.clone())
    }

    pub(crate) fn trigger_id() -> String {
        "trigger-1".to_owned()
    }

    pub(crate) fn run_id() -> String {
        with(|state| format!("run-{}", state.facts.attempt))
    }

    pub(crate) fn attempt() -> u32 {
        with(|state| state.facts.attempt)
    }

    pub(crate) fn attempts_max() -> u32 {
        with(|state| state.facts.attempts_max)
    }

    pub(crate) fn now() -> u64 {
        with(|state| state.facts.now)
    }

    pub(crate) fn random(count: u32) -> Vec<u8> {
        with(|state| state.random(count))
    }

    /// All of it, always: native code uses none.
    pub(crate) fn remaining_fuel() -> u64 {
        with(|state| state.limits.fuel)
    }

    pub(crate) fn remaining_time() -> u32 {
        with(|state| u32::try_from(state.limits.time_ms).unwrap_or(u32::MAX))
    }

    pub(crate) fn cancellation() -> Option<CancellationReason> {
        with(|state| state.facts.cancellation.clone())
    }

    pub(crate) fn report_progress(percent: u32) {
        with(|state| state.progress = Some(percent.min(100)));
    }

    pub(crate) fn on_resume(work: &ResumeWork) -> Result<(), ContextError> {
        with(|state| state.leave(work))
    }
}

pub(crate) mod log {
    use super::with;
    use crate::bindings::bugle::task::log::Level;

    pub(crate) fn write(level: Level, message: &str) {
        with(|state| state.write(level, message));
    }
}
