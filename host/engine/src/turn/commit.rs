//! The end of a turn: one transaction, and then everybody is told.

use std::sync::Arc;

use bugle_store::{Claim, Committed, DeadReason, End, Ended, TURN_MAX, Turn};
use bugle_task::{RunReport, Timestamp, TriggerId};
use tracing::Level;

use crate::foreground::ForegroundEvent;
use crate::inner::Inner;
use crate::lane::{Lane, Overlay};
use crate::pool::Open;
use crate::receipt::Ending;
use crate::tally::Ran;
use crate::trace_context::{TraceContext, TraceId};
use crate::way;

use super::{Done, finish, stumble};

/// What is told about a claim once its turn is committed.
struct Told {
    claim: Claim,
    end: EndKind,
    /// To be counted, if it ran.
    ran: Option<Ran>,
    /// A copy, if somebody has a receipt, or the app is in the foreground.
    report: Option<RunReport>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EndKind {
    Completed,
    Taken,
    /// It stays in the queue, unless the store found that this was the last attempt.
    Again,
    Dead(DeadReason),
    Expired,
}

/// Commits what a turn has come to, and goes on with the lane. With an overlay the next turn need not
/// read the app's settings.
pub(super) fn commit(
    inner: &Arc<Inner>,
    lane: &Arc<Lane>,
    overlay: Option<Overlay>,
    done: Vec<Done>,
    open: Open,
) {
    let mut runs = Vec::with_capacity(done.len());
    let mut told = Vec::with_capacity(done.len());
    for Done { claim, end, record } in done {
        let kind = match &end {
            End::Completed => EndKind::Completed,
            End::Taken => EndKind::Taken,
            End::RetryAt(_) | End::Released => EndKind::Again,
            End::Dead { reason, .. } => EndKind::Dead(*reason),
            End::Expired => EndKind::Expired,
        };
        let is_watched = inner.watches.is_watched(claim.run.trigger) || lane.lock().seat.is_some();
        let report = record.as_ref().filter(|_| is_watched).map(|record| record.report.clone());
        let ran = record.as_ref().map(|record| Ran::of(record, claim.accepted_at));
        if let Some(ran) = ran {
            say(lane, &claim, ran);
        }
        runs.push(Ended { run: claim.run, end, record });
        told.push(Told { claim, end: kind, ran, report });
    }
    let claim_next = TURN_MAX.saturating_sub(lane.lock().queue.len());
    // A host that stops claims nothing more.
    let claim_next = if inner.is_stopping() { 0 } else { claim_next };
    let now = inner.clock.now();
    let turn = Turn { app: lane.key, runs, now, claim_next };
    let (store, inner, lane) = (inner.store.clone(), Arc::clone(inner), Arc::clone(lane));
    way::commit(turn.runs.len());
    store.commit(turn, move |answer| {
        match answer {
            Ok(committed) => committed_turn(&inner, &lane, overlay, told, committed, now),
            Err(error) => {
                let app = lane.app();
                tracing::error!(%error, app = %app.record.id, "a turn was not committed; it runs again");
                stumble(&inner, &lane, told.into_iter().map(|told| told.claim).collect());
            }
        }
        drop(open);
    });
}

/// The turn is durable: whoever waits is told, and the lane goes on with what was claimed next.
fn committed_turn(
    inner: &Arc<Inner>,
    lane: &Arc<Lane>,
    overlay: Option<Overlay>,
    told: Vec<Told>,
    committed: Committed,
    now: Timestamp,
) {
    let was_suspect = told.iter().any(|told| told.claim.suspect);
    for told in told {
        if let Some(ran) = told.ran.filter(|_| !committed.stale.contains(&told.claim.run)) {
            inner.tally.ran(ran);
        }
        tell(inner, lane, &told, &committed.dead);
    }
    for id in &committed.expired {
        lane.miscounts();
        inner.watches.ended(*id, |_| Ending::Expired);
    }
    for run in &committed.stale {
        tracing::warn!(%run, "a run was not committed: its claim had gone to another");
    }
    if let Some(event) = committed.events.last() {
        inner.deliveries.committed(event.seq);
    }
    if was_suspect || committed.suspects > 0 {
        inner.timers.next_suspect();
    }
    committed.claims.iter().for_each(|claim| way::claim(claim.run));
    lane.take_claims(committed.claims);
    inner.claim_later(lane, committed.next_due, now);
    // Every run of the turn counted its change as the store did.
    finish(inner, lane, overlay.filter(|overlay| overlay.change == committed.change));
}

/// Says in the log what a run came to, with the ids of its trace: one that did not complete always, the
/// others to who wants to know of each. Before it is committed, by the thread that ran it: the one that
/// commits has the least time of all.
fn say(lane: &Lane, claim: &Claim, ran: Ran) {
    let (outcome, is_good) = (ran.outcome(), ran.is_completed());
    let is_wanted =
        if is_good { tracing::enabled!(Level::DEBUG) } else { tracing::enabled!(Level::INFO) };
    if !is_wanted {
        return;
    }
    let (app, id) = (&lane.app().record.id, claim.run.trigger);
    let trace_id = TraceId::of(TraceContext::of(&claim.trigger), app, id, claim.accepted_at);
    let Claim { run, task, attempt, .. } = claim;
    if is_good {
        tracing::debug!(%app, %task, trigger = %id, %run, attempt, outcome, %trace_id, "ran");
    } else {
        tracing::info!(%app, %task, trigger = %id, %run, attempt, outcome, %trace_id, "ran");
    }
}

fn tell(inner: &Inner, lane: &Lane, told: &Told, dead: &[TriggerId]) {
    let id = told.claim.run.trigger;
    if let Some(report) = &told.report {
        inner.watches.ran(id, report);
    }
    let last_attempt = dead.contains(&id).then_some(EndKind::Dead(DeadReason::AttemptsUsed));
    let end = if told.end == EndKind::Again { last_attempt.unwrap_or(told.end) } else { told.end };
    if end == EndKind::Again {
        return;
    }
    lane.give_back(1, told.claim.trigger.content_bytes() as u64);
    if end == EndKind::Completed
        && let Some(report) = &told.report
        && let Some(seat) = &lane.lock().seat
    {
        let effects = Box::new(report.result.effects.clone());
        seat.tell(ForegroundEvent::Committed { trigger: id, effects });
    }
    inner.watches.ended(id, |report| match (end, report) {
        (EndKind::Completed, Some(report)) => Ending::Completed(report),
        (EndKind::Taken, _) => Ending::Taken,
        (EndKind::Dead(reason), report) => Ending::Dead { reason, report },
        _ => Ending::Expired,
    });
}
