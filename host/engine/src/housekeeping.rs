//! What is looked at once a minute: what has run out goes, and what is more than is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use bugle_store::{DUE_TOASTS_MAX, DuePlace, DueToast, Retention, StoreError, wait};
use bugle_task::{ChannelExpiry, Dismissal, Timestamp, Trigger, TriggerKind};

use crate::Error;
use crate::accept::Way;
use crate::inner::Inner;
use crate::receipt::Ending;

/// How long before a channel's end its app is told: five days of thirty, so that one whose task was
/// not run over a long weekend still has time to open it anew.
const EXPIRY_TOLD_MS: u64 = 5 * 24 * 60 * 60 * 1_000;

/// One round of it, but for toasts. What cannot be done of it keeps nothing else from being done.
pub(crate) fn keep(inner: &Arc<Inner>) -> Result<(), Error> {
    let now = inner.clock.now();
    let triggers = expire_triggers(inner, now);
    let channels = tell_of_expiry(inner, now);
    triggers.and(channels).and(retain(inner, now))
}

/// Triggers whose time is up go.
fn expire_triggers(inner: &Arc<Inner>, now: Timestamp) -> Result<(), Error> {
    loop {
        let expired = wait(|reply| inner.store.expire(now, reply))?;
        for (app, id) in expired.triggers {
            if let Some(lane) = inner.known_lane(app) {
                lane.miscounts();
            }
            inner.watches.ended(id, |_| Ending::Expired);
            // What waited behind it may be due.
            inner.timers.claim_at(now, app);
        }
        if !expired.more {
            return Ok(());
        }
    }
}

/// What is more than is kept goes.
fn retain(inner: &Arc<Inner>, now: Timestamp) -> Result<(), Error> {
    let mut lost: BTreeMap<String, u64> = BTreeMap::new();
    let done = loop {
        // In small steps, between which pushes are accepted.
        let gone = wait(|reply| inner.store.retain(Retention::of(&inner.quotas), now, reply));
        match gone {
            Ok(gone) => {
                gone.components.into_iter().for_each(|digest| inner.components.forget(digest));
                for (sink, events) in gone.lost {
                    *lost.entry(sink).or_default() += events;
                }
                if !gone.more || inner.is_stopping() {
                    break Ok(());
                }
            }
            Err(StoreError::Closed) => break Ok(()),
            Err(error) => break Err(error.into()),
        }
    };
    for (sink, lost) in lost {
        if inner.tally.lost(&sink, lost) {
            tracing::error!(
                sink = sink.as_str(),
                lost,
                "a sink has not taken events for a week: they are gone, and so are those that get as old until it does"
            );
        }
    }
    done
}

/// Wakes the tasks that want to know that a channel ends soon, once for each of its addresses.
fn tell_of_expiry(inner: &Arc<Inner>, now: Timestamp) -> Result<(), Error> {
    let ending = inner.store.reader().channels_ending(now, now.saturating_add(EXPIRY_TOLD_MS))?;
    for record in ending {
        let lane = match inner.lane(record.app) {
            Ok(Some(lane)) => lane,
            Ok(None) => continue,
            Err(error) => {
                tracing::error!(%error, "an app is not told that its channel ends");
                continue;
            }
        };
        let Ok(task) = Inner::task_for(&lane.app(), None, TriggerKind::ChannelExpiring) else {
            // Nobody wants to know, and the next ones are to be found.
            inner.store.expiry_is_told(record.key, record.generation, |_| {});
            continue;
        };
        let trigger = Trigger::ChannelExpiring(ChannelExpiry {
            channel: record.name,
            expires_at: record.expires_at,
        });
        let tells_expiry = Some(record.generation);
        let way = Way { channel: Some(record.key), tells_expiry, ..Way::default() };
        // One that finds no room is told again in a minute.
        drop(inner.accept(&lane, task, trigger, way));
    }
    Ok(())
}

/// A step of the toasts whose time is up, those behind a place; behind which the next step begins, if there
/// may be more. What could not go is passed, so that nothing waits behind it: the next round begins with it.
pub(crate) fn expire_toasts(
    inner: &Arc<Inner>,
    after: DuePlace,
) -> (Result<(), Error>, Option<DuePlace>) {
    let now = inner.clock.now();
    let due = match inner.store.reader().toasts_due(now, after) {
        Ok(due) => due,
        Err(error) => return (Err(error.into()), None),
    };
    let is_whole = due.len() == DUE_TOASTS_MAX;
    let last = due.last().map(|toast| toast.place).filter(|_| is_whole);
    match end_toasts(inner, due, now) {
        Err(Error::Stopping | Error::Stopped) => (Ok(()), None),
        done => (done, last),
    }
}

/// Toasts go, and tasks that want to know are told with that. One whose app's queue is full goes without a
/// word; of a host that stops, or whose disk is full, the next host or round tells.
fn end_toasts(inner: &Arc<Inner>, due: Vec<DueToast>, now: Timestamp) -> Result<(), Error> {
    let (mut told, mut untold) = (Vec::new(), Vec::new());
    for DueToast { id, app, key, .. } in due {
        let lane = inner.lane(app).unwrap_or_else(|error| {
            tracing::error!(%error, toast = %id, "a task is not told that its toast is gone");
            None
        });
        match lane.and_then(|lane| inner.dismiss(&lane, id, key, Dismissal::Expired)) {
            Some(pending) => told.push((id, pending)),
            None => untold.push(id),
        }
    }
    let mut failed = None;
    for (id, pending) in told {
        match pending.wait() {
            // Somebody chose it meanwhile, or put it away.
            Ok(_) | Err(Error::UnknownToast { .. }) => {}
            Err(Error::QueueFull { .. }) => untold.push(id),
            Err(error) => failed = Some(error),
        }
    }
    let events = wait(|reply| inner.store.expire_toasts(untold, now, reply))?;
    if let Some(event) = events.last() {
        inner.deliveries.committed(event.seq);
    }
    failed.map_or(Ok(()), Err)
}
