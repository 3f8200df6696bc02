use bugle_task::{RunId, Timestamp, TriggerId};
use rusqlite::params;

use crate::dead::DeadReason;
use crate::queue::{at, erase, put_back, ready_again};
use crate::runs::{Record, RunRecord};
use crate::state::OpenClaim;
use crate::toasts::{ToastEvent, ToastId};
use crate::waiting::Share;
use crate::writer::Tx;
use crate::{
    AppKey, Result, StoreError, claim, conduct, resume, runs, settings, setups, sweep, toasts,
};

/// What came of some of an app's claims, to be committed together.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Whose turn it was.
    pub app: AppKey,
    /// In the order in which they ran.
    pub runs: Vec<Ended>,
    /// The moment of the commit.
    pub now: Timestamp,
    /// How many more to claim in the same transaction; 0 for none.
    pub claim_next: usize,
}

/// The end of one claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// The claim's run.
    pub run: RunId,
    /// What becomes of the trigger.
    pub end: End,
    /// What is kept of the run; none if the task did not run.
    pub record: Option<RunRecord>,
}

/// What becomes of a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The run completed: its effects count, and the trigger is done. Needs a record.
    Completed,
    /// The app took it in the foreground: done, without a run.
    Taken,
    /// To be tried again at this moment; after its last attempt it is dead.
    RetryAt(Timestamp),
    /// Not to be tried again by itself.
    Dead {
        /// Why.
        reason: DeadReason,
        /// What there is to say about it; kept as it is.
        message: String,
    },
    /// The attempt does not count: the host shuts down, the app is updated, a quota is used up.
    Released,
    /// Its time was up. It is gone.
    Expired,
}

/// What a commit did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Committed {
    /// The number of the app's last change of settings.
    pub change: u64,
    /// What the app may run next, in accept order.
    pub claims: Vec<claim::Claim>,
    /// Waiting triggers whose time was up when they would have been claimed.
    pub expired: Vec<TriggerId>,
    /// What the app's toasts and badge did.
    pub events: Vec<ToastEvent>,
    /// Triggers that will not be tried again by themselves.
    pub dead: Vec<TriggerId>,
    /// Runs whose claim is not this incarnation's any more: nothing of them was committed.
    pub stale: Vec<RunId>,
    /// When the first of what is still waiting is due: 0 if it is already; none if nothing waits.
    pub next_due: Option<Timestamp>,
    /// How many suspects there are, in all apps.
    pub suspects: u64,
}

/// A turn whose records are in the form of the tables: made by the caller's thread, so that the
/// writer's does little else than write.
pub(crate) struct EncodedTurn {
    app: AppKey,
    runs: Vec<(RunId, End, Option<Record>)>,
    now: Timestamp,
    claim_next: usize,
}

impl EncodedTurn {
    pub(crate) fn of(turn: Turn) -> Result<Self> {
        let encode = |ended: Ended| -> Result<_> {
            let Ended { run, end, record } = ended;
            let is_completed = record.as_ref().map(|r| r.report.result.outcome.is_completed());
            if end == End::Completed && is_completed != Some(true) {
                let what = format!("`{run}` has no record of a completed run to commit");
                return Err(StoreError::Invalid { what });
            }
            let counts = end == End::Completed;
            Ok((run, end, record.map(|record| Record::of(record, counts)).transpose()?))
        };
        let runs = turn.runs.into_iter().map(encode).collect::<Result<_>>()?;
        Ok(Self { app: turn.app, runs, now: turn.now, claim_next: turn.claim_next })
    }

    pub(crate) fn share(&self) -> Share {
        let records = self.runs.iter().filter_map(|(_, _, record)| record.as_ref());
        Share::of(self.app, self.runs.len(), records.map(Record::bytes).sum())
    }
}

/// Commits a turn: effects, history and the ends of its triggers, and claims what is next.
pub(crate) fn commit(tx: &mut Tx<'_>, turn: EncodedTurn) -> Result<Committed> {
    check(tx, &turn)?;
    let mut committed = Committed::default();
    let before = tx.state.app(turn.app)?.change;
    let mut cpu_us = 0;
    let (mut kept, mut bytes) = (0, 0);
    for (run, end, record) in turn.runs {
        let Some(open) = held(tx, turn.app, run) else {
            committed.stale.push(run);
            continue;
        };
        let mut record = record;
        if let Some(record) = &mut record {
            runs::insert(tx, turn.app, run, open.attempt, turn.now, record)?;
            cpu_us += record.cpu_us;
            kept += 1;
            bytes += record.bytes();
            if end == End::Completed {
                apply(tx, turn.app, run, record, turn.now, &mut committed)?;
            }
        }
        settle(tx, turn.app, run.trigger, open, end, turn.now, &mut committed)?;
        if let Some(record) = &record {
            // Its trigger is where it goes: what is paused holds it back with the others.
            let told = conduct::judge(tx, turn.app, run.trigger, record, turn.now)?;
            committed.events.extend(told);
        }
    }
    if cpu_us > 0 {
        conduct::charge(tx, turn.app, cpu_us, turn.now)?;
    }
    if kept > 0 {
        sweep::added(tx, turn.app, kept, bytes)?;
    }
    committed.change = tx.state.app(turn.app)?.change;
    if committed.change != before {
        settings::keep_change(tx, turn.app)?;
    }
    let claimed = claim::claim(tx, turn.app, turn.claim_next, turn.now)?;
    committed.claims = claimed.claims;
    committed.expired = claimed.expired;
    committed.next_due = claimed.next_due;
    committed.suspects = claimed.suspects;
    Ok(committed)
}

/// The claim behind a run, if this incarnation holds it.
fn held(tx: &Tx<'_>, app: AppKey, run: RunId) -> Option<OpenClaim> {
    let open = tx.state.open.get(&run.trigger).copied();
    open.filter(|open| open.app == app && open.claim == run.claim)
}

/// Refuses a turn of which a part could not be committed, before anything is written.
fn check(tx: &mut Tx<'_>, turn: &EncodedTurn) -> Result<()> {
    let app = tx.state.app(turn.app)?;
    let mut change = app.change;
    for (run, end, record) in &turn.runs {
        let Some(record) = record else { continue };
        if held(tx, turn.app, *run).is_none() {
            continue;
        }
        let is_as_read = match end {
            End::Completed => record.change_before == change,
            _ => record.change_before <= change,
        };
        if !is_as_read {
            let (app, read) = (app.id.clone(), record.change_before);
            return Err(StoreError::Overtaken { run: *run, app, read, now: change });
        }
        if *end == End::Completed && record.changes_settings() {
            change += 1;
        }
    }
    for (_, _, record) in &turn.runs {
        if let Some(record) = record {
            setups::check(tx, turn.app, &record.setup)?;
        }
    }
    Ok(())
}

/// Makes a completed run's effects count.
fn apply(
    tx: &mut Tx<'_>,
    app: AppKey,
    run: RunId,
    record: &mut Record,
    now: Timestamp,
    committed: &mut Committed,
) -> Result<()> {
    if record.changes_settings() {
        settings::write(tx, app, &record.settings, record.settings_version)?;
    }
    for (index, effect) in std::mem::take(&mut record.toasts).into_iter().enumerate() {
        let id = ToastId { run, index: u32::try_from(index).unwrap_or(u32::MAX) };
        toasts::apply(tx, app, id, effect, now, &mut committed.events)?;
    }
    if let Some(mark) = record.badge_after.take() {
        toasts::set_badge(tx, app, mark, now, &mut committed.events)?;
    }
    resume::leave(tx, app, &record.resume_work, now)
}

/// Brings a trigger to what becomes of it.
fn settle(
    tx: &mut Tx<'_>,
    app: AppKey,
    id: TriggerId,
    open: OpenClaim,
    end: End,
    now: Timestamp,
    committed: &mut Committed,
) -> Result<()> {
    match end {
        End::Released => return put_back(tx, app, id),
        End::Completed => {
            let mut done = tx.conn.prepare_cached("DELETE FROM queue WHERE id = ?1")?;
            done.execute([id.0.cast_signed()])?;
        }
        End::Taken | End::Expired => erase(tx, id, true)?,
        End::RetryAt(ready_at) if open.attempt < open.attempts_max => {
            // 0 is for what was not tried yet.
            let ready_at = at(ready_at).max(1).max(ready_again(tx, app, id)?);
            let mut update = tx.conn.prepare_cached(
                "UPDATE queue SET state = 0, ready_at = ?2, suspect = 0, claimed_by = NULL
                 WHERE id = ?1",
            )?;
            update.execute(params![id.0.cast_signed(), ready_at])?;
            tx.state.count_waiting(app, ready_at, true);
        }
        End::RetryAt(_) => {
            let message = format!("attempt {} of {} failed", open.attempt, open.attempts_max);
            bury(tx, id, DeadReason::AttemptsUsed, &message, now)?;
            committed.dead.push(id);
        }
        End::Dead { reason, message } => {
            bury(tx, id, reason, &message, now)?;
            committed.dead.push(id);
        }
    }
    tx.state.ended(id, false);
    Ok(())
}

fn bury(
    tx: &Tx<'_>,
    id: TriggerId,
    reason: DeadReason,
    message: &str,
    now: Timestamp,
) -> Result<()> {
    let mut update = tx.conn.prepare_cached(
        "UPDATE queue SET state = 2, ready_at = 0, suspect = 0, claimed_by = NULL,
           dead_reason = ?2, dead_message = ?3, dead_at = ?4 WHERE id = ?1",
    )?;
    update.execute(params![id.0.cast_signed(), reason.code(), message, at(now)])?;
    Ok(())
}
