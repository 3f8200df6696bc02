use std::collections::BTreeMap;

use bugle_store::*;
use bugle_task::*;
use proptest::prelude::*;

use crate::scene::{Scene, record};

#[test]
fn the_last_attempt_and_a_rejection_make_dead_letters() {
    let scene = Scene::in_memory();
    let once = Accept { once: true, ..scene.accept_of() };
    let claim = wait(|reply| scene.store.accept(once, reply)).expect("accepted").claim;
    let run = claim.expect("rides").run;
    assert_eq!(scene.end(run, End::RetryAt(200)).dead, [run.trigger]);
    let rejected = scene.claim().run;
    let end = End::Dead { reason: DeadReason::Rejected, message: "bad".into() };
    assert_eq!(scene.end(rejected, end).dead, [rejected.trigger]);
    let dead = scene.store.reader().dead(Some(scene.app), None).expect("readable");
    let reasons: Vec<_> = dead.iter().map(|letter| letter.reason).collect();
    assert_eq!(reasons, [DeadReason::Rejected, DeadReason::AttemptsUsed]);
    wait(|reply| scene.store.drop_dead(run.trigger, reply)).expect("a dead letter");
    scene.check();
}

#[test]
fn a_turn_has_room_for_32_claims() {
    let scene = Scene::in_memory();
    let claims: Vec<_> = (0..TURN_MAX).map(|_| scene.claim()).collect();
    assert!(scene.accept().claim.is_none());
    assert_eq!(scene.claim_due(8).claims, []);
    scene.end(claims[0].run, End::Taken);
    assert_eq!(scene.claim_due(8).claims.len(), 1);
    scene.check();
}

#[derive(Debug, Clone)]
enum Step {
    Accept {
        ttl: Option<u64>,
    },
    Claim(usize),
    Complete(usize),
    Retry(usize, u64),
    Release,
    Wait(u64),
    Expire,
    /// One that waits, or one that is claimed and has not begun.
    Cancel(usize, bool),
    /// A run whose claim went to another, or ended long ago.
    Stale(usize),
    /// The clock is set, by hours, either way.
    Jump(i64),
    Restart(bool),
}

const HOUR_MS: i64 = 60 * 60 * 1_000;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::option::of(1..50_u64).prop_map(|ttl| Step::Accept { ttl }),
        2 => (1..5_usize).prop_map(Step::Claim),
        3 => any::<usize>().prop_map(Step::Complete),
        2 => (any::<usize>(), 0..40_u64).prop_map(|(pick, delay)| Step::Retry(pick, delay)),
        1 => Just(Step::Release),
        1 => (1..30_u64).prop_map(Step::Wait),
        1 => Just(Step::Expire),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(pick, held)| Step::Cancel(pick, held)),
        1 => any::<usize>().prop_map(Step::Stale),
        1 => (-5..=5_i64).prop_map(Step::Jump),
        1 => any::<bool>().prop_map(Step::Restart),
    ]
}

/// What the store should have of a trigger that is neither done nor expired.
#[derive(Debug, Clone, PartialEq)]
struct Expected {
    attempts: u32,
    ready_at: u64,
    expires_at: Option<u64>,
    claim: Option<RunId>,
    is_dead: bool,
}

/// The queue as a plain map, and how often each trigger's effects count.
struct Model {
    scene: Scene,
    queue: BTreeMap<TriggerId, Expected>,
    completed: u64,
    /// Runs that were claimed once.
    claimed_once: Vec<RunId>,
}

impl Model {
    fn held(&self, pick: usize) -> Option<RunId> {
        let held: Vec<RunId> = self.queue.values().filter_map(|e| e.claim).collect();
        (!held.is_empty()).then(|| held[pick % held.len()])
    }

    fn claimed(&mut self, claims: &[Claim]) {
        for claim in claims {
            let expected = self.queue.get_mut(&claim.run.trigger).expect("is in the queue");
            assert!(expected.claim.is_none() && !expected.is_dead, "claimed twice: {claim:?}");
            assert!(expected.ready_at <= self.scene.now, "claimed early: {claim:?}");
            assert!(expected.expires_at.is_none_or(|at| at > self.scene.now), "late: {claim:?}");
            expected.attempts += 1;
            assert_eq!(claim.attempt, expected.attempts);
            expected.claim = Some(claim.run);
            self.claimed_once.push(claim.run);
        }
    }

    fn cancel(&mut self, pick: usize, held: bool) {
        let of_kind = |expected: &Expected| expected.claim.is_some() == held && !expected.is_dead;
        let ids = self.queue.iter().filter(|(_, expected)| of_kind(expected));
        let ids: Vec<_> = ids.map(|(id, expected)| (*id, expected.claim)).collect();
        let Some((id, claim)) = ids.get(pick % ids.len().max(1)).copied() else { return };
        let held = claim.map(|run| (self.scene.app, run));
        let gone = wait(|reply| self.scene.store.cancel(id, held, reply)).expect("cancelled");
        assert_eq!(gone.map(|gone| gone.id), Some(id));
        self.queue.remove(&id);
        let again = wait(|reply| self.scene.store.cancel(id, held, reply)).expect("answered");
        assert_eq!(again, None, "once is all there is");
    }

    fn stale(&mut self, pick: usize) {
        let is_open = |run: &RunId| self.queue.values().any(|e| e.claim == Some(*run));
        let stale: Vec<_> = self.claimed_once.iter().filter(|run| !is_open(run)).collect();
        let Some(run) = stale.get(pick % stale.len().max(1)).copied().copied() else { return };
        let settings = [("count".to_owned(), Some(Value::Integer(-1)))].into();
        let effects = Effects { settings, ..Effects::default() };
        let record = Some(record(self.completed, Outcome::Completed, effects));
        let committed = self.scene.commit(vec![Ended { run, end: End::Completed, record }]);
        assert_eq!(committed.expect("committed").stale, [run], "nothing of it counts");
    }

    fn expired(&mut self, ids: impl IntoIterator<Item = TriggerId>) {
        for id in ids {
            let expected = self.queue.remove(&id).expect("was in the queue");
            assert!(expected.claim.is_none() && !expected.is_dead);
            assert!(expected.expires_at.is_some_and(|at| at <= self.scene.now));
        }
    }

    fn accept(&mut self, ttl: Option<u64>) {
        let expires_at = ttl.map(|ttl| self.scene.now + ttl);
        let accept = Accept { expires_at, ..self.scene.accept_of() };
        let accepted = wait(|reply| self.scene.store.accept(accept, reply)).expect("accepted");
        let last = self.queue.last_key_value().map(|(id, _)| *id);
        assert!(last < Some(accepted.id), "numbers rise");
        let expected =
            Expected { attempts: 0, ready_at: 0, expires_at, claim: None, is_dead: false };
        self.queue.insert(accepted.id, expected);
        self.claimed(accepted.claim.as_slice());
    }

    fn claim(&mut self, at_most: usize) {
        let due = if self.scene.claim_due(0).suspects > 0 {
            self.scene.claim_suspect()
        } else {
            self.scene.claim_due(at_most)
        };
        assert!(due.claims.windows(2).all(|pair| pair[0].run < pair[1].run));
        self.expired(due.expired);
        self.claimed(&due.claims);
    }

    fn complete(&mut self, run: RunId) {
        let value = Some(Value::Integer(i64::try_from(self.completed).expect("small") + 1));
        let settings = [("count".to_owned(), value)].into();
        let effects = Effects { settings, ..Effects::default() };
        let record = Some(record(self.completed, Outcome::Completed, effects));
        let committed =
            self.scene.commit(vec![Ended { run, end: End::Completed, record }]).expect("committed");
        self.completed += 1;
        assert_eq!(committed.change, self.completed);
        self.queue.remove(&run.trigger);
    }

    fn retry(&mut self, run: RunId, delay: u64) {
        let ready_at = self.scene.now + delay;
        let dead = self.scene.end(run, End::RetryAt(ready_at)).dead;
        let expected = self.queue.get_mut(&run.trigger).expect("was claimed");
        expected.claim = None;
        expected.ready_at = ready_at;
        expected.is_dead = expected.attempts == 3;
        assert_eq!(!dead.is_empty(), expected.is_dead);
    }

    fn give_back(&mut self) {
        for expected in self.queue.values_mut().filter(|e| e.claim.is_some()) {
            expected.claim = None;
            expected.attempts -= 1;
            expected.ready_at = 0;
        }
    }

    fn run(mut self, step: &Step) -> Self {
        match *step {
            Step::Accept { ttl } => self.accept(ttl),
            Step::Claim(at_most) => self.claim(at_most),
            Step::Complete(pick) => {
                self.held(pick).into_iter().for_each(|run| self.complete(run));
            }
            Step::Retry(pick, delay) => {
                self.held(pick).into_iter().for_each(|run| self.retry(run, delay));
            }
            Step::Release => {
                let runs: Vec<RunId> = self.queue.values().filter_map(|e| e.claim).collect();
                let count = runs.len() as u64;
                let (store, app) = (&self.scene.store, self.scene.app);
                assert_eq!(wait(|reply| store.release(app, runs, reply)), Ok(count));
                self.give_back();
            }
            Step::Wait(time) => self.scene.now += time,
            Step::Cancel(pick, held) => self.cancel(pick, held),
            Step::Stale(pick) => self.stale(pick),
            Step::Jump(hours) => {
                self.scene.now = self.scene.now.saturating_add_signed(hours * HOUR_MS);
            }
            Step::Expire => {
                let (store, now) = (&self.scene.store, self.scene.now);
                let expired = wait(|reply| store.expire(now, reply)).expect("expired");
                self.expired(expired.triggers.into_iter().map(|(_, id)| id));
            }
            Step::Restart(is_clean) => {
                self.scene = self.scene.restart(is_clean);
                let dead = self.scene.recovery.dead.clone();
                self.give_back();
                for id in dead {
                    self.queue.get_mut(&id).expect("was claimed").is_dead = true;
                }
            }
        }
        self
    }

    fn compare(&self) {
        let waiting = self.scene.store.reader().waiting(self.scene.app).expect("readable");
        let count =
            |which: fn(&Expected) -> bool| self.queue.values().filter(|e| which(e)).count() as u64;
        assert_eq!(waiting.claimed, count(|e| e.claim.is_some()));
        assert_eq!(waiting.dead, count(|e| e.is_dead));
        assert_eq!(waiting.waiting, count(|e| e.claim.is_none() && !e.is_dead));
        let done = i64::try_from(self.completed).expect("small");
        let value = self.scene.values().remove("count");
        assert_eq!(value.unwrap_or(Value::Integer(0)), Value::Integer(done));
    }
}

proptest! {
    // 48 stories of up to 40 steps restart about a hundred hosts: a few seconds.
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_is_what_a_plain_map_would_be(steps in proptest::collection::vec(step(), 1..40)) {
        // Room for the clock to go back.
        let mut scene = Scene::in_a_folder();
        scene.now = 1_700_000_000_000;
        let (queue, claimed_once) = (BTreeMap::new(), Vec::new());
        let mut model = Model { scene, queue, completed: 0, claimed_once };
        for step in &steps {
            model = model.run(step);
            model.compare();
        }
        model.scene.check();
    }
}
