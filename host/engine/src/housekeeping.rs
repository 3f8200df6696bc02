//! What is looked at once a minute: what has run out goes, and what is more than is kept.

use std::sync::Arc;

use bugle_store::{DUE_TOASTS_MAX, DueToast, Retention, StoreError, wait};
use bugle_task::{ChannelExpiry, Dismissal, Timestamp, Trigger, TriggerKind};

use crate::Error;
use crate::accept::Way;
use crate::inner::Inner;
use crate::receipt::Ending;

/// How long before a channel's end its app is told: five days of thirty, so that one whose task was
/// not run over a long weekend still has time to open it anew.
const EXPIRY_TOLD_MS: u64 = 5 * 24 * 60 * 60 * 1_000;

/// One round of it; whether there is more to do at once. What cannot be done of it keeps nothing else from
/// being done.
pub(crate) fn keep(inner: &Arc<Inner>) -> (Result<(), Error>, bool) {
    let now = inner.clock.now();
    let triggers = expire_triggers(inner, now);
    let channels = tell_of_expiry(inner, now);
    let (toasts, has_more) = match expire_toasts(inner, now) {
        Ok(has_more) => (Ok(()), has_more),
        Err(error) => (Err(error), false),
    };
    (triggers.and(channels).and(toasts).and(retain(inner, now)), has_more)
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
    loop {
        // In small steps, between which pushes are accepted.
        let gone = wait(|reply| inner.store.retain(Retention::of(&inner.quotas), now, reply));
        match gone {
            Ok(gone) => {
                gone.components.into_iter().for_each(|digest| inner.components.forget(digest));
                if !gone.more || inner.is_stopping() {
                    return Ok(());
                }
            }
            Err(StoreError::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
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

/// Toasts whose time is up go, and tasks that want to know are told with that; whether there are more.
/// One whose app's queue is full goes without a word; of a host that stops, or whose disk is full, the next
/// host or round tells.
fn expire_toasts(inner: &Arc<Inner>, now: Timestamp) -> Result<bool, Error> {
    let due = inner.store.reader().toasts_due(now)?;
    let has_more = due.len() == DUE_TOASTS_MAX;
    let (mut told, mut untold) = (Vec::new(), Vec::new());
    for DueToast { id, app, key } in due {
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
    match failed {
        None => Ok(has_more),
        Some(Error::Stopping | Error::Stopped) => Ok(false),
        Some(error) => Err(error),
    }
}
