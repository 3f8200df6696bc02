use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use bugle_store::{
    AppKey, Claim, DeadReason, DuePlace, End, Ended, StoreError, TURN_MAX, Turn, wait,
};
use bugle_task::Timestamp;

use crate::Error;
use crate::clock::Clock;
use crate::housekeeping;
use crate::inner::Inner;
use crate::pool::Pool;
use crate::receipt::Ending;
use crate::way;

/// How often what has run out is looked for. A minute: times to live and retention are in minutes and
/// more, and a claim looks by itself.
const HOUSEKEEPING_MS: u64 = 60_000;

/// How long to wait after something that was due could not be done: the store says no, and may say
/// yes in a second.
const AGAIN_MS: u64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A trigger of the app may be due again.
    Claim(AppKey),
    /// The app may go on after a turn that came to nothing.
    Resume(AppKey),
    /// The next trigger that was running when the host died.
    Suspect,
    Housekeeping,
    /// Toasts whose time is up, from behind this place on.
    Toasts(DuePlace),
}

/// The thread of everything that happens by the clock.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    due: BinaryHeap<Reverse<(Timestamp, Due)>>,
    /// When each app's next claim is due: an earlier one takes the place of a later one, so that the
    /// heap has one for an app that counts.
    claims: HashMap<AppKey, Timestamp>,
    /// Apps that have triggers nobody has claimed, while suspects run alone.
    unclaimed: HashSet<AppKey>,
    is_recovering: bool,
    /// Something that was due is happening.
    is_busy: bool,
    is_stopping: bool,
}

impl State {
    fn claim_at(&mut self, due: Timestamp, app: AppKey) {
        if self.claims.get(&app).is_none_or(|earlier| due < *earlier) {
            self.claims.insert(app, due);
            self.due.push(Reverse((due, Due::Claim(app))));
        }
    }

    /// Takes the first that is due; none if an earlier one has taken its place.
    fn take(&mut self) -> Option<Due> {
        let Reverse((at, due)) = self.due.pop()?;
        match due {
            Due::Claim(app) if self.claims.get(&app) != Some(&at) => None,
            Due::Claim(app) => {
                self.claims.remove(&app);
                Some(due)
            }
            Due::Resume(_) | Due::Suspect | Due::Housekeeping | Due::Toasts(_) => Some(due),
        }
    }

    fn is_idle(&self, clock: &Clock) -> bool {
        let first = self.due.peek().map(|Reverse((at, _))| *at);
        !self.is_busy && first.is_none_or(|at| at > clock.now())
    }
}

impl Timers {
    pub(crate) fn claim_at(&self, due: Timestamp, app: AppKey) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.claim_at(due, app);
        self.changed.notify_all();
    }

    pub(crate) fn resume_at(&self, due: Timestamp, app: AppKey) {
        self.add(due, Due::Resume(app));
    }

    pub(crate) fn next_suspect(&self) {
        self.add(0, Due::Suspect);
    }

    /// A trigger was accepted and not claimed. Outside of recovery the app's turn claims it.
    pub(crate) fn was_not_claimed(&self, app: AppKey) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_recovering {
            state.unclaimed.insert(app);
        }
    }

    /// Something is due, nothing of it was claimed, and no turn will: it is claimed after recovery,
    /// or else by the next thing that this thread does.
    pub(crate) fn was_left(&self, now: Timestamp, app: AppKey) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_recovering {
            state.unclaimed.insert(app);
        } else {
            state.claim_at(now, app);
            self.changed.notify_all();
        }
    }

    /// An app is gone, perhaps with the suspect that was running.
    pub(crate) fn was_removed(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_recovering {
            state.due.push(Reverse((0, Due::Suspect)));
            self.changed.notify_all();
        }
    }

    /// Begins with what the store found at its opening: suspects alone, then everything else.
    pub(crate) fn recover(&self, apps: impl Iterator<Item = (AppKey, Timestamp)>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_recovering = true;
        for (app, due) in apps {
            state.unclaimed.insert(app);
            state.claim_at(due, app);
        }
        state.due.push(Reverse((0, Due::Suspect)));
        state.due.push(Reverse((0, Due::Housekeeping)));
        state.due.push(Reverse((0, Due::Toasts(DuePlace::default()))));
    }

    fn add(&self, at: Timestamp, due: Due) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).due.push(Reverse((at, due)));
        self.changed.notify_all();
    }

    /// The clock was moved.
    pub(crate) fn wake(&self) {
        // Whoever has looked at the clock before it moved is waiting when the lock is free.
        drop(self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Whether nothing is due, and nothing that was is still happening.
    pub(crate) fn is_idle(&self, clock: &Clock) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_idle(clock)
    }

    pub(crate) fn wait_until_idle(&self, clock: &Clock) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_busy = |state: &mut State| !state.is_stopping && !state.is_idle(clock);
        drop(self.changed.wait_while(state, is_busy).unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_stopping = true;
        self.changed.notify_all();
    }

    pub(crate) fn start(inner: &Arc<Inner>) -> Result<JoinHandle<()>, Error> {
        let inner = Arc::clone(inner);
        let thread = thread::Builder::new().name("bugle-timers".to_owned());
        let run = move || {
            while let Some(due) = inner.timers.wait_for_due(&inner) {
                if let Err(error) = happen(&inner, due) {
                    tracing::error!(%error, "something that was due did not happen; it is tried again");
                    let again = inner.clock.now().saturating_add(AGAIN_MS);
                    match due {
                        Due::Claim(app) => inner.timers.claim_at(again, app),
                        Due::Housekeeping | Due::Toasts(_) => {}
                        due => inner.timers.add(again, due),
                    }
                }
            }
        };
        thread.spawn(run).map_err(|source| Error::Thread { source })
    }

    fn wait_for_due(&self, inner: &Inner) -> Option<Due> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_busy = false;
        self.changed.notify_all();
        loop {
            if state.is_stopping {
                return None;
            }
            let first = state.due.peek().map(|Reverse((at, _))| *at);
            match first {
                Some(at) if at <= inner.clock.now() => {
                    if let Some(due) = state.take() {
                        state.is_busy = true;
                        return Some(due);
                    }
                }
                Some(at) => {
                    let time = inner.clock.until(at);
                    let waited = self.changed.wait_timeout(state, time);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

fn happen(inner: &Arc<Inner>, due: Due) -> Result<(), Error> {
    // A clock that is set forward meanwhile has made more due, for the next round.
    let next_round = inner.clock.now().saturating_add(HOUSEKEEPING_MS);
    match due {
        Due::Claim(app) => claim(inner, app),
        Due::Resume(app) => {
            if let Some(lane) = inner.known_lane(app) {
                lane.lock().is_busy = false;
                inner.pool.schedule(&lane);
            }
            Ok(())
        }
        Due::Suspect => suspect(inner),
        Due::Housekeeping => {
            let kept = housekeeping::keep(inner);
            inner.timers.add(next_round, due);
            kept
        }
        Due::Toasts(after) => {
            let (gone, next) = housekeeping::expire_toasts(inner, after);
            // In steps, between which other things are done that are due.
            let at = if next.is_some() { inner.clock.now() } else { next_round };
            inner.timers.add(at, Due::Toasts(next.unwrap_or_default()));
            gone
        }
    }
}

fn claim(inner: &Arc<Inner>, app: AppKey) -> Result<(), Error> {
    // What a host that stops gives back is due at once: claimed again it would be given back without end.
    if inner.is_stopping() {
        return Ok(());
    }
    let Some(lane) = inner.lane(app)? else { return Ok(()) };
    let open = Pool::open(inner);
    let (now, store, inner) = (inner.clock.now(), inner.store.clone(), Arc::clone(inner));
    store.claim(app, TURN_MAX, now, move |answer| {
        match answer {
            Ok(claimed) => {
                for id in claimed.expired {
                    lane.miscounts();
                    inner.watches.ended(id, |_| Ending::Expired);
                }
                claimed.claims.iter().for_each(|claim| way::claim(claim.run));
                lane.take_claims(claimed.claims);
                // A turn that is running has what the app may have open; its commit claims more.
                let is_running = lane.lock().is_busy;
                inner.claim_later(
                    &lane,
                    claimed.next_due.filter(|due| !is_running || *due > now),
                    now,
                );
                inner.pool.schedule(&lane);
            }
            Err(StoreError::NoApp { .. }) => {}
            Err(error) => {
                tracing::error!(%error, "an app's triggers cannot be claimed; it is tried again");
                inner.timers.claim_at(now.saturating_add(AGAIN_MS), app);
            }
        }
        drop(open);
    });
    Ok(())
}

/// Runs the next suspect with nothing beside it, or, after the last, lets everything else go on.
fn suspect(inner: &Arc<Inner>) -> Result<(), Error> {
    let now = inner.clock.now();
    let open = Pool::open(inner);
    let claimed = wait(|reply| inner.store.claim_suspect(now, reply))?;
    for id in claimed.expired {
        inner.watches.ended(id, |_| Ending::Expired);
    }
    for claim in claimed.claims {
        way::claim(claim.run);
        match inner.lane(claim.app) {
            Ok(Some(lane)) => {
                lane.lock().queue.push_back(claim);
                inner.pool.schedule(&lane);
            }
            // The app went meanwhile, and the claim with it.
            Ok(None) => inner.timers.next_suspect(),
            Err(error) => give_up(inner, &claim, &error)?,
        }
    }
    if claimed.suspects > 0 {
        // The commit of the one that is running asks for the next.
        return Ok(());
    }
    let unclaimed = {
        let mut state = inner.timers.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_recovering = false;
        std::mem::take(&mut state.unclaimed)
    };
    for app in unclaimed {
        if let Err(error) = claim(inner, app) {
            tracing::error!(%error, "an app's triggers cannot be claimed; it is tried again");
            inner.timers.claim_at(now.saturating_add(AGAIN_MS), app);
        }
    }
    drop(open);
    Ok(())
}

/// A suspect of an app that cannot be read must not keep the others waiting.
fn give_up(inner: &Arc<Inner>, claim: &Claim, error: &Error) -> Result<(), Error> {
    tracing::error!(%error, trigger = %claim.run.trigger, "a trigger cannot be run");
    let end = End::Dead { reason: DeadReason::TaskMissing, message: error.to_string() };
    let ended = Ended { run: claim.run, end, record: None };
    let turn = Turn { app: claim.app, runs: vec![ended], now: inner.clock.now(), claim_next: 0 };
    wait(|reply| inner.store.commit(turn, reply))?;
    inner.timers.next_suspect();
    Ok(())
}
