//! What is looked at once a minute: what has run out goes, and what is more than is kept.

use std::sync::Arc;

use bugle_store::{Retention, StoreError, wait};
use bugle_task::{ChannelExpiry, Dismissal, Timestamp, Trigger, TriggerKind};

use crate::Error;
use crate::accept::Way;
use crate::answer::Answering;
use crate::inner::Inner;
use crate::receipt::Ending;

/// How long before a channel's end its app is told: five days of thirty, so that one whose task was
/// not run over a long weekend still has time to open it anew.
const EXPIRY_TOLD_MS: u64 = 5 * 24 * 60 * 60 * 1_000;

/// One round of it.
pub(crate) fn keep(inner: &Arc<Inner>) -> Result<(), Error> {
    let now = inner.clock.now();
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
            break;
        }
    }
    tell_of_expiry(inner, now)?;
    expire_toasts(inner, now)?;
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

/// Toasts whose time is up go. Tasks that want to know are woken first: if the host is killed between the
/// two, they are told again, and not never.
fn expire_toasts(inner: &Arc<Inner>, now: Timestamp) -> Result<(), Error> {
    let mut due = Vec::new();
    for live in inner.store.reader().toasts_due(now)? {
        // One that a person chooses just now goes by that.
        let Ok(answering) = Answering::begin(inner, live.id) else { continue };
        match inner.lane(live.app) {
            Ok(Some(lane)) => drop(inner.dismissed(&lane, live.toast, Dismissal::Expired)),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "an app is not told that its toast is gone"),
        }
        due.push((live.id, answering));
    }
    let ids = due.iter().map(|(id, _)| *id).collect();
    let events = wait(|reply| inner.store.expire_toasts(ids, now, reply))?;
    if let Some(event) = events.last() {
        inner.deliveries.committed(event.seq);
    }
    Ok(())
}
