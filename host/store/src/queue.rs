use bugle_task::{Bytes, Dismissal, Name, RunId, Timestamp, Trigger, TriggerId};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::claim::{self, Claim, TURN_MAX};
use crate::repeat::{self, PushName, Repeat};
use crate::state::OpenClaim;
use crate::withdraw::{self, Withdrawn};
use crate::writer::Tx;
use crate::{
    AppKey, ChannelKey, Result, StoreError, ToastEvent, ToastId, channels, conduct, toasts,
};

/// The most triggers that one call expires, so that a flood of them does not hold the writer.
const EXPIRE_MAX: usize = 256;

/// A trigger to make durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Accept {
    /// Whose it is.
    pub app: AppKey,
    /// The channel that it came over, if it is a push.
    pub channel: Option<ChannelKey>,
    /// The number of the channel's address that it came by, which must be the open one; none if it came
    /// by none.
    pub generation: Option<u32>,
    /// How its sender calls it; what a channel took under the same name before is not taken again.
    pub name: Option<PushName>,
    /// The task that it wakes.
    pub task: Name,
    /// Checked by whoever accepts it: the store takes any size.
    pub trigger: Trigger,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// From when on it is not worth an attempt; none if it keeps.
    pub expires_at: Option<Timestamp>,
    /// How many attempts it has; at least 1.
    pub attempts_max: u32,
    /// Whether one attempt is all it has (TTL 0), whatever `attempts_max` says.
    pub once: bool,
    /// A trigger of the app's with the same topic that still waits is replaced; none for no topic.
    pub topic: Option<String>,
    /// A claim of the same topic that is held and whose run has not begun; it is given up.
    pub replaces: Option<RunId>,
    /// Who sent it, as far as the channel's protocol tells.
    pub sender: Option<String>,
    /// It tells the app that the channel's address of this number ends; once is enough.
    pub tells_expiry: Option<u32>,
    /// The toast that goes with it, and why. If that is not there any more, nothing is accepted.
    pub ends_toast: Option<(ToastId, Dismissal)>,
}

/// A trigger that is durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// Its number, in accept order.
    pub id: TriggerId,
    /// Set if it was claimed in the same transaction: the app has room in its turn, nothing older
    /// waits, and the store has no suspects.
    pub claim: Option<Claim>,
    /// What waited of the same topic, and is gone.
    pub replaced: Vec<Withdrawn>,
    /// When it can be claimed, if the app has used up what it may use for now.
    pub held_until: Option<Timestamp>,
    /// What became so far of the trigger, if it was there already and nothing was done now.
    pub repeats: Option<TriggerState>,
    /// That a toast is gone, if one went with it.
    pub hidden: Option<ToastEvent>,
}

/// Triggers whose time was up before they could run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expired {
    /// They are gone.
    pub triggers: Vec<(AppKey, TriggerId)>,
    /// Whether there are more.
    pub more: bool,
}

/// A moment as the tables have it.
pub(crate) fn at(timestamp: Timestamp) -> i64 {
    i64::try_from(timestamp).unwrap_or(i64::MAX)
}

/// A number of things as the tables have it.
pub(crate) fn count(things: usize) -> i64 {
    i64::try_from(things).unwrap_or(i64::MAX)
}

/// A trigger as the tables have it: its content as it is, the rest as JSON.
pub(crate) struct Head(String);

impl Head {
    pub(crate) fn of(trigger: &mut Trigger) -> Result<Self> {
        let content = content_mut(trigger).map(std::mem::take);
        let head = serde_json::to_string(trigger);
        if let (Some(place), Some(content)) = (content_mut(trigger), content) {
            *place = content;
        }
        head.map(Self).map_err(|error| StoreError::invalid(format!("the trigger: {error}")))
    }

    /// The trigger again.
    pub(crate) fn join(head: &str, content: Option<Vec<u8>>) -> Result<Trigger> {
        let mut trigger = serde_json::from_str(head).map_err(StoreError::corrupt)?;
        if let (Some(place), Some(content)) = (content_mut(&mut trigger), content) {
            *place = Bytes(content);
        }
        Ok(trigger)
    }
}

fn content_mut(trigger: &mut Trigger) -> Option<&mut Bytes> {
    match trigger {
        Trigger::RawNotification(push) => Some(&mut push.content),
        Trigger::Application(request) => Some(&mut request.content),
        Trigger::Custom(event) => Some(&mut event.content),
        Trigger::ToastActivated(_)
        | Trigger::ToastDismissed(_)
        | Trigger::Timer(_)
        | Trigger::ChannelExpiring(_)
        | Trigger::System(_) => None,
    }
}

/// Makes a trigger durable, and claims it at once if it is its turn.
pub(crate) fn accept(tx: &mut Tx<'_>, mut accept: Accept, head: &Head) -> Result<Accepted> {
    let app = tx.state.app(accept.app)?;
    let has_time = accept.expires_at.is_none_or(|expires_at| expires_at > accept.accepted_at);
    let ready_at = app.conduct.ready_at(&accept.task);
    let held_until = app.conduct.held_until(&tx.state.quotas, accept.accepted_at);
    let rides = has_time
        && app.open < TURN_MAX
        && app.fresh == 0
        && tx.state.suspects.is_empty()
        && ready_at == 0
        && held_until.is_none();
    accept.attempts_max = if accept.once { 1 } else { accept.attempts_max.max(1) };
    if let Some(repeat) = check_push(tx, &accept)? {
        let Repeat { id, state } = repeat;
        let (replaced, repeats) = (Vec::new(), Some(state));
        return Ok(Accepted { id, claim: None, replaced, held_until, repeats, hidden: None });
    }
    let hidden = end_toast(tx, &accept)?;
    let replaced = withdraw::replace(tx, &accept)?;
    if let (Some(channel), Some(generation)) = (accept.channel, accept.tells_expiry) {
        channels::expiry_is_told(tx, channel, generation)?;
    }
    let id = enqueue(tx, &mut accept, head, rides, ready_at)?;
    if let (Some(channel), Some(name)) = (accept.channel, &accept.name) {
        repeat::remember(tx, channel, name, id, accept.accepted_at)?;
    }
    note(tx, &mut accept);
    if !rides {
        tx.state.count_waiting(accept.app, ready_at, true);
        return Ok(Accepted { id, claim: None, replaced, held_until, repeats: None, hidden });
    }
    let Accept {
        app, channel, task, trigger, accepted_at, expires_at, attempts_max, topic, ..
    } = accept;
    let open = OpenClaim { app, claim: 1, attempt: 1, attempts_max, is_suspect: false };
    tx.state.claimed(id, open);
    let claim = Claim {
        run: RunId { trigger: id, claim: 1 },
        app,
        channel,
        task,
        trigger,
        accepted_at,
        expires_at,
        attempt: 1,
        attempts_max,
        suspect: false,
        topic,
    };
    Ok(Accepted { id, claim: Some(claim), replaced, held_until, repeats: None, hidden })
}

/// Takes the toast away that goes with a trigger, before anything else is written.
fn end_toast(tx: &Tx<'_>, accept: &Accept) -> Result<Option<ToastEvent>> {
    let Some((toast, reason)) = accept.ends_toast else { return Ok(None) };
    let hidden = toasts::hide_one(tx, toast, reason, accept.accepted_at)?;
    hidden.ok_or(StoreError::NoToast { toast }).map(Some)
}

/// Checks what may have changed since the push's address was looked up, before anything is written.
fn check_push(tx: &Tx<'_>, accept: &Accept) -> Result<Option<Repeat>> {
    let (Some(channel), Some(generation)) = (accept.channel, accept.generation) else {
        return Ok(None);
    };
    if tx.state.addresses.get(&channel) != Some(&generation) {
        return Err(StoreError::ChannelClosed);
    }
    match &accept.name {
        Some(name) => repeat::find(tx, channel, name),
        None => Ok(None),
    }
}

/// Counts a push on its channel.
fn note(tx: &mut Tx<'_>, accept: &mut Accept) {
    if let (Some(channel), None) = (accept.channel, accept.tells_expiry) {
        let taken = tx.state.taken.entry(channel).or_default();
        taken.pushes += 1;
        taken.last_at = accept.accepted_at;
        taken.last_by = accept.sender.take();
    }
}

/// What became of a trigger so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerState {
    /// It waits for an attempt, or is being run.
    Queued,
    /// It will not be tried again by itself.
    Dead,
    /// A run of it completed.
    Completed,
    /// It left the queue otherwise, or so long ago that nothing of it is kept.
    Gone,
}

pub(crate) fn state_of(conn: &Connection, id: TriggerId) -> Result<TriggerState> {
    let id = id.0.cast_signed();
    let mut queued = conn.prepare_cached("SELECT state FROM queue WHERE id = ?1")?;
    if let Some(state) = queued.query_row([id], |row| row.get::<_, i64>(0)).optional()? {
        return Ok(if state == 2 { TriggerState::Dead } else { TriggerState::Queued });
    }
    let completed = "SELECT 1 FROM runs WHERE trigger = ?1 AND outcome = 'completed'";
    let completed = conn.prepare_cached(completed)?.exists([id])?;
    Ok(if completed { TriggerState::Completed } else { TriggerState::Gone })
}

fn enqueue(
    tx: &Tx<'_>,
    accept: &mut Accept,
    head: &Head,
    rides: bool,
    ready_at: i64,
) -> Result<TriggerId> {
    let content = content_mut(&mut accept.trigger).map(|content| content.0.as_slice());
    let bytes = count(content.map_or(0, <[u8]>::len));
    let mut keep = tx.conn.prepare_cached(
        "INSERT INTO triggers (app, channel, task, head, content, accepted_at, attempts_max)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let id = keep.insert(params![
        accept.app.0,
        accept.channel.map(|key| key.0),
        accept.task.as_str(),
        head.0,
        content,
        at(accept.accepted_at),
        accept.attempts_max
    ])?;
    let mut wait = tx.conn.prepare_cached(
        "INSERT INTO queue (id, app, state, ready_at, expires_at, bytes, claims, pardons, crashes,
           suspect, claimed_by, topic) VALUES (?1, ?2, ?3, ?8, ?4, ?5, ?3, 0, 0, 0, ?6, ?7)",
    )?;
    let claimed_by = rides.then_some(tx.state.incarnation);
    let expires_at = accept.expires_at.map(at);
    let (app, topic) = (accept.app.0, &accept.topic);
    wait.execute(params![id, app, rides, expires_at, bytes, claimed_by, topic, ready_at])?;
    Ok(TriggerId(id.cast_unsigned()))
}

/// Takes a trigger out of the queue. What it carries stays as long as a run names it.
pub(crate) fn erase(tx: &Tx<'_>, id: TriggerId, may_have_runs: bool) -> Result<()> {
    let id = id.0.cast_signed();
    tx.conn.prepare_cached("DELETE FROM queue WHERE id = ?1")?.execute([id])?;
    let orphan = if may_have_runs {
        "DELETE FROM triggers WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM runs WHERE trigger = ?1)"
    } else {
        "DELETE FROM triggers WHERE id = ?1"
    };
    tx.conn.prepare_cached(orphan)?.execute([id])?;
    Ok(())
}

/// Removes waiting triggers whose time is up.
pub(crate) fn expire(tx: &mut Tx<'_>, now: Timestamp) -> Result<Expired> {
    let mut select = tx.conn.prepare_cached(
        "SELECT id, app, ready_at FROM queue
         WHERE state = 0 AND expires_at IS NOT NULL AND expires_at <= ?1 LIMIT ?2",
    )?;
    let rows = select.query_map(params![at(now), count(EXPIRE_MAX)], |row| {
        let id = TriggerId(row.get::<_, i64>(0)?.cast_unsigned());
        Ok((id, AppKey(row.get(1)?), row.get::<_, i64>(2)?))
    })?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut expired = Expired { more: rows.len() == EXPIRE_MAX, ..Expired::default() };
    for (id, app, ready_at) in rows {
        claim::expire_one(tx, app, id, ready_at)?;
        expired.triggers.push((app, id));
    }
    Ok(expired)
}

/// Gives claims back, with the attempts they counted. Gives how many were this incarnation's.
pub(crate) fn release(tx: &mut Tx<'_>, app: AppKey, claims: &[RunId]) -> Result<u64> {
    let mut released = 0;
    for run in claims {
        let open = tx.state.open.get(&run.trigger);
        if open.is_some_and(|open| open.app == app && open.claim == run.claim) {
            put_back(tx, app, run.trigger)?;
            released += 1;
        }
    }
    Ok(released)
}

/// Makes a claimed trigger wait again, its attempt not counted.
pub(crate) fn put_back(tx: &mut Tx<'_>, app: AppKey, id: TriggerId) -> Result<()> {
    let ready_at = ready_again(tx, app, id)?;
    let mut update = tx.conn.prepare_cached(
        "UPDATE queue SET state = 0, ready_at = ?2, pardons = pardons + 1, claimed_by = NULL
         WHERE id = ?1",
    )?;
    update.execute(params![id.0.cast_signed(), ready_at])?;
    tx.state.ended(id, true);
    tx.state.count_waiting(app, ready_at, true);
    Ok(())
}

/// When a trigger that was claimed, or dead, is ready again at the earliest: at once, unless its task
/// is paused.
pub(crate) fn ready_again(tx: &Tx<'_>, app: AppKey, id: TriggerId) -> Result<i64> {
    let conduct = &tx.state.app(app)?.conduct;
    if !conduct.has_paused() {
        return Ok(0);
    }
    Ok(conduct.ready_at(&conduct::task_of(tx.conn, id)?))
}
