use bugle_task::{Name, RunId, Timestamp, Trigger, TriggerId};
use rusqlite::{Row, params};

use crate::conduct::NEVER;
use crate::queue::{self, Head, at, count};
use crate::state::OpenClaim;
use crate::writer::Tx;
use crate::{AppKey, ChannelKey, Result, StoreError};

/// The most claims that an app has open at once: a turn commits them together, and a failed commit
/// loses no more work than that.
pub const TURN_MAX: usize = 32;

/// A trigger that is somebody's to run. It counts as an attempt from here on.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The run to come.
    pub run: RunId,
    /// Whose it is.
    pub app: AppKey,
    /// The channel that it came over, if it is a push.
    pub channel: Option<ChannelKey>,
    /// The task that it wakes.
    pub task: Name,
    /// What wakes it.
    pub trigger: Trigger,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// From when on it is not worth an attempt.
    pub expires_at: Option<Timestamp>,
    /// 1 at first. Claims that were given back do not count.
    pub attempt: u32,
    /// After this one there is no other.
    pub attempts_max: u32,
    /// Whether it ran when the host died: it must run alone.
    pub suspect: bool,
    /// A later trigger of the same topic takes its place as long as its run has not begun.
    pub topic: Option<String>,
}

/// What an app may run next.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claimed {
    /// In accept order.
    pub claims: Vec<Claim>,
    /// Triggers whose time was up before they could run. They are gone.
    pub expired: Vec<TriggerId>,
    /// When the first of what is still waiting is due: 0 if it is already; none if nothing waits.
    pub next_due: Option<Timestamp>,
    /// How many suspects there are, in all apps. Until there are none, only
    /// [`Store::claim_suspect`](crate::Store::claim_suspect) gives anything.
    pub suspects: u64,
}

/// Claims what is due, as far as the app has room for it.
///
/// Half of the places go to triggers that are due again, if there are that many: neither a flood of
/// new ones nor one of failing ones keeps the others out.
pub(crate) fn claim(
    tx: &mut Tx<'_>,
    app: AppKey,
    at_most: usize,
    now: Timestamp,
) -> Result<Claimed> {
    let mut claimed = Claimed::default();
    let held_until = tx.state.app(app)?.conduct.held_until(&tx.state.quotas, now);
    if tx.state.suspects.is_empty() && held_until.is_none() {
        loop {
            let room = TURN_MAX.saturating_sub(tx.state.app(app)?.open);
            let places = room.min(at_most.saturating_sub(claimed.claims.len()));
            let expired = claimed.expired.len();
            if places > 0 {
                claim_due(tx, app, places, now, &mut claimed)?;
            }
            // Expired ones took places that others may have. Bounded, as each round removes some.
            if claimed.expired.len() == expired || claimed.expired.len() >= 8 * TURN_MAX {
                break;
            }
        }
        claimed.claims.sort_unstable_by_key(|claim| claim.run);
    }
    claimed.next_due = next_due(tx, app)?.map(|due| due.max(held_until.unwrap_or(0)));
    claimed.suspects = tx.state.suspects.len() as u64;
    Ok(claimed)
}

fn claim_due(
    tx: &mut Tx<'_>,
    app: AppKey,
    places: usize,
    now: Timestamp,
    claimed: &mut Claimed,
) -> Result<()> {
    let counts = tx.state.app(app)?;
    let fresh = usize::try_from(counts.fresh).unwrap_or(usize::MAX);
    let for_retries = places.saturating_sub(fresh).max(places.div_ceil(2));
    let mut ids = Vec::with_capacity(places);
    if counts.retrying > 0 {
        let mut due = tx.conn.prepare_cached(
            "SELECT id FROM queue WHERE app = ?1 AND state = 0 AND ready_at BETWEEN 1 AND ?2
             ORDER BY ready_at, id LIMIT ?3",
        )?;
        let mut rows = due.query(params![app.0, at(now), count(for_retries)])?;
        while let Some(row) = rows.next()? {
            ids.push(row.get::<_, i64>(0)?);
        }
    }
    if fresh > 0 {
        let mut first = tx.conn.prepare_cached(
            "SELECT id FROM queue WHERE app = ?1 AND state = 0 AND ready_at = 0
             ORDER BY id LIMIT ?2",
        )?;
        let mut rows = first.query(params![app.0, count(places.saturating_sub(ids.len()))])?;
        while let Some(row) = rows.next()? {
            ids.push(row.get::<_, i64>(0)?);
        }
    }
    for id in ids {
        match claim_one(tx, TriggerId(id.cast_unsigned()), now)? {
            Some(claim) => claimed.claims.push(claim),
            None => claimed.expired.push(TriggerId(id.cast_unsigned())),
        }
    }
    Ok(())
}

/// Claims the oldest suspect, unless anything at all is claimed.
pub(crate) fn claim_suspect(tx: &mut Tx<'_>, now: Timestamp) -> Result<Claimed> {
    let mut claimed = Claimed::default();
    while tx.state.open.is_empty() {
        let Some((&id, _)) = tx.state.suspects.first_key_value() else { break };
        match claim_one(tx, id, now)? {
            Some(claim) => claimed.claims.push(claim),
            None => claimed.expired.push(id),
        }
    }
    claimed.suspects = tx.state.suspects.len() as u64;
    Ok(claimed)
}

/// Claims a waiting trigger; none if its time is up, in which case it is gone.
fn claim_one(tx: &mut Tx<'_>, id: TriggerId, now: Timestamp) -> Result<Option<Claim>> {
    let mut select = tx.conn.prepare_cached(
        "SELECT q.app, channel, task, head, content, accepted_at, expires_at, claims, pardons,
           attempts_max, suspect, ready_at, topic
         FROM queue q JOIN triggers USING (id) WHERE id = ?1",
    )?;
    let (claim, ready_at) = select.query_row([id.0.cast_signed()], |row| {
        let ready_at: i64 = row.get(11)?;
        Ok(read_claim(id, row).map(|claim| (claim, ready_at)))
    })??;
    if claim.expires_at.is_some_and(|expires_at| expires_at <= now) {
        expire_one(tx, claim.app, id, ready_at)?;
        return Ok(None);
    }
    let mut update = tx.conn.prepare_cached(
        "UPDATE queue SET state = 1, ready_at = 0, claims = claims + 1, claimed_by = ?2
         WHERE id = ?1",
    )?;
    update.execute(params![id.0.cast_signed(), tx.state.incarnation])?;
    tx.state.count_waiting(claim.app, ready_at, false);
    let open = OpenClaim {
        app: claim.app,
        claim: claim.run.claim,
        attempt: claim.attempt,
        attempts_max: claim.attempts_max,
        is_suspect: claim.suspect,
    };
    tx.state.claimed(id, open);
    Ok(Some(claim))
}

/// The claim that a row of the query above becomes.
fn read_claim(id: TriggerId, row: &Row<'_>) -> Result<Claim> {
    let claim = row.get::<_, u32>(7)? + 1;
    let task: String = row.get(2)?;
    let head = row.get_ref(3)?.as_str().map_err(StoreError::corrupt)?;
    Ok(Claim {
        run: RunId { trigger: id, claim },
        app: AppKey(row.get(0)?),
        channel: row.get::<_, Option<i64>>(1)?.map(ChannelKey),
        task: task.parse().map_err(StoreError::corrupt)?,
        trigger: Head::join(head, row.get(4)?)?,
        accepted_at: row.get::<_, i64>(5)?.cast_unsigned(),
        expires_at: row.get::<_, Option<i64>>(6)?.map(i64::cast_unsigned),
        attempt: claim.saturating_sub(row.get(8)?),
        attempts_max: row.get(9)?,
        suspect: row.get(10)?,
        topic: row.get(12)?,
    })
}

/// Removes a waiting trigger whose time is up.
pub(crate) fn expire_one(tx: &mut Tx<'_>, app: AppKey, id: TriggerId, ready_at: i64) -> Result<()> {
    queue::erase(tx, id, true)?;
    tx.state.suspects.remove(&id);
    tx.state.count_waiting(app, ready_at, false);
    Ok(())
}

/// When the first waiting trigger of an app is due.
pub(crate) fn next_due(tx: &Tx<'_>, app: AppKey) -> Result<Option<Timestamp>> {
    let counts = tx.state.app(app)?;
    if counts.fresh > 0 {
        return Ok(Some(0));
    }
    if counts.retrying == 0 {
        return Ok(None);
    }
    let mut select =
        tx.conn.prepare_cached("SELECT min(ready_at) FROM queue WHERE app = ?1 AND state = 0")?;
    let due: Option<i64> = select.query_row([app.0], |row| row.get(0))?;
    Ok(due.filter(|due| *due < NEVER).map(i64::cast_unsigned))
}
