//! The way of a push, told as it goes: one trace event a verb, under one target, before the verb
//! begins. A host that died was in the verb that it told last; the crash test kills by that.

use bugle_task::RunId;

/// The target of the events. Part of what operators may rely on, so it names no module.
const TARGET: &str = "bugle::way";

/// A trigger is handed to the store. Nobody is named: it has no number yet.
pub(crate) fn accept() {
    tracing::trace!(target: TARGET, "accept");
}

/// The store has claimed a trigger, and its app's line has it next.
pub(crate) fn claim(run: RunId) {
    tracing::trace!(target: TARGET, %run, "claim");
}

/// The guest is about to be called.
pub(crate) fn run(run: RunId) {
    tracing::trace!(target: TARGET, %run, "run");
}

/// A turn of so many runs is handed to the store.
pub(crate) fn commit(runs: usize) {
    tracing::trace!(target: TARGET, runs, "commit");
}

/// A sink is about to be told of an event.
pub(crate) fn deliver(seq: u64) {
    tracing::trace!(target: TARGET, seq, "deliver");
}
