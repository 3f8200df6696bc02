//! How a trigger becomes durable, and what comes with it.

use std::sync::Arc;
use std::time::Duration;

use bugle_store::{
    Accept, Accepted, ChannelKey, Claim, PushName, StoreError, ToastId, TriggerState, Withdrawn,
};
use bugle_task::{Bytes, Dismissal, Name, Trigger, TriggerId};
use sha2::{Digest as _, Sha256};
use tracing::Level;

use crate::Error;
use crate::inner::Inner;
use crate::lane::Lane;
use crate::pending::{Pending, Promise};
use crate::pool::Pool;
use crate::receipt::{Ending, Receipt, Watch};
use crate::retry::ATTEMPTS_MAX;
use crate::trace_context::{TraceContext, TraceId};

/// How long a sender should wait when an app's queue is full: a turn or two.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A push that its sender has named.
#[derive(Debug)]
pub(crate) struct NamedPush {
    name: String,
    digests: PushName,
}

impl NamedPush {
    pub(crate) fn of(generation: u32, name: String, content: &Bytes) -> Self {
        // Another address is another count of names.
        let digest = Sha256::new().chain_update(generation.to_be_bytes()).chain_update(&name);
        let name_digest = digest.finalize().into();
        let content = Sha256::digest(&content.0).into();
        Self { name, digests: PushName { name: name_digest, content } }
    }
}

/// What comes with a trigger and is not in it.
#[derive(Debug, Default)]
pub(crate) struct Way {
    pub(crate) channel: Option<ChannelKey>,
    /// The number of the address that it came by.
    pub(crate) generation: Option<u32>,
    pub(crate) name: Option<NamedPush>,
    pub(crate) ttl: Option<Duration>,
    pub(crate) topic: Option<String>,
    pub(crate) sender: Option<String>,
    /// It tells of the end of the channel's address with this number.
    pub(crate) tells_expiry: Option<u32>,
    /// The toast that goes with it, and why. If that is not there any more, nothing is accepted.
    pub(crate) ends_toast: Option<(ToastId, Dismissal)>,
}

impl Inner {
    /// Makes a trigger durable, and gives it to its lane.
    pub(crate) fn accept(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        task: Name,
        trigger: Trigger,
        way: Way,
    ) -> Pending<Receipt> {
        if let Err(error) = self.may_accept(lane, &trigger) {
            return Pending::ready(Err(error));
        }
        let now = self.clock.now();
        let (bytes, kind) = (trigger.content_bytes() as u64, trigger.kind());
        let Way { channel, generation, name, ttl, topic, sender, tells_expiry, ends_toast } = way;
        let ttl_ms = ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        let unbegun = topic
            .as_deref()
            .and_then(|topic| lane.take_unbegun(|claim| claim.topic.as_deref() == Some(topic)));
        let accept = Accept {
            app: lane.key,
            channel,
            generation,
            name: name.as_ref().map(|name| name.digests),
            task,
            trigger,
            accepted_at: now,
            // 0 is one attempt, whenever that is.
            expires_at: ttl_ms
                .filter(|ttl_ms| *ttl_ms > 0)
                .map(|ttl_ms| now.saturating_add(ttl_ms)),
            attempts_max: ATTEMPTS_MAX,
            once: ttl_ms == Some(0),
            replaces: unbegun.as_ref().map(|claim| claim.run),
            topic,
            sender,
            tells_expiry,
            ends_toast,
        };
        let (promise, pending) = Promise::new();
        let open = Pool::open(self);
        let (inner, lane) = (Arc::clone(self), Arc::clone(lane));
        let told = tracing::enabled!(Level::TRACE).then(|| TraceContext::of(&accept.trigger));
        crate::way::accept();
        self.store.accept(accept, move |answer| {
            let is_new = answer.as_ref().is_ok_and(|accepted| accepted.repeats.is_none());
            if is_new {
                inner.tally.accepted(kind);
                if let (Some(sender), Ok(Accepted { id, .. })) = (told, &answer) {
                    let app = &lane.app().record.id;
                    let trace_id = TraceId::of(sender, app, *id, now);
                    tracing::trace!(%app, trigger = %id, kind = kind.as_str(), %trace_id, "accepted");
                }
            } else {
                inner.begin_again(&lane, unbegun);
                lane.give_back(1, bytes);
            }
            promise.keep(match (answer, name) {
                (Ok(Accepted { id, repeats: Some(state), .. }), _) => {
                    Ok(inner.receipt_again(&lane, id, state))
                }
                (Ok(accepted), _) => Ok(inner.was_accepted(&lane, accepted)),
                // Since its address was looked up.
                (Err(StoreError::ChannelClosed), _) => Err(Error::UnknownAddress),
                (Err(StoreError::NoToast { toast }), _) => Err(Error::UnknownToast { toast }),
                (Err(StoreError::NameTaken), Some(name)) => {
                    Err(Error::NameTaken { name: name.name })
                }
                (Err(error), _) => Err(error.into()),
            });
            drop(open);
        });
        pending
    }

    /// A trigger is durable: it is run when it is its turn.
    fn was_accepted(self: &Arc<Self>, lane: &Arc<Lane>, accepted: Accepted) -> Receipt {
        let Accepted { id, claim, replaced, held_until, hidden, .. } = accepted;
        if let Some(event) = hidden {
            self.deliveries.committed(event.seq);
        }
        for replaced in replaced {
            self.was_withdrawn(lane, &replaced);
        }
        let watch = Arc::new(Watch::default());
        self.watches.add(lane.key, id, &watch);
        match claim {
            Some(claim) => {
                crate::way::claim(claim.run);
                lane.lock().queue.push_back(claim);
                self.pool.schedule(lane);
            }
            None => {
                self.timers.was_not_claimed(lane.key);
                if let Some(until) = held_until {
                    self.timers.claim_at(until, lane.key);
                }
            }
        }
        Receipt { id, watch }
    }

    /// The receipt of what was accepted before.
    fn receipt_again(&self, lane: &Lane, id: TriggerId, state: TriggerState) -> Receipt {
        let watch = match state {
            TriggerState::Queued => self.watches.share(lane.key, id),
            _ => Arc::new(Watch::ended(Ending::Repeated)),
        };
        Receipt { id, watch }
    }

    /// A trigger is out of the queue, without an end of its own.
    pub(crate) fn was_withdrawn(&self, lane: &Lane, withdrawn: &Withdrawn) {
        lane.give_back(1, withdrawn.bytes);
        self.watches.ended(withdrawn.id, |_| Ending::Withdrawn);
        // What waited behind it may have room now.
        self.timers.claim_at(self.clock.now(), lane.key);
    }

    /// A claim that was taken from its line was not given up after all.
    pub(crate) fn begin_again(&self, lane: &Arc<Lane>, claim: Option<Claim>) {
        if let Some(claim) = claim {
            let mut state = lane.lock();
            // In its place: others may have been before it.
            let later = |other: &Claim| other.run.trigger > claim.run.trigger;
            let at = state.queue.iter().position(later).unwrap_or(state.queue.len());
            state.queue.insert(at, claim);
            drop(state);
            self.pool.schedule(lane);
        }
    }

    fn may_accept(&self, lane: &Lane, trigger: &Trigger) -> Result<(), Error> {
        if self.is_stopping() {
            return Err(Error::Stopping);
        }
        if !self.room.has_some() {
            return Err(StoreError::Full.into());
        }
        trigger.check()?;
        if lane.was_miscounted() {
            let waiting = self.store.reader().waiting(lane.key)?;
            lane.recount(waiting.waiting + waiting.claimed, waiting.bytes);
        }
        lane.reserve(trigger.content_bytes(), &self.quotas).map_err(|waiting| Error::QueueFull {
            app: lane.app().record.id.clone(),
            waiting,
            retry_after: RETRY_AFTER,
        })
    }
}
