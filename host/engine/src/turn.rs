use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bugle_sandbox::{Prepared, RunControl};
use bugle_store::{
    Claim, Committed, DeadReason, Digest, End, Ended, RunRecord, StoreError, TURN_MAX, Turn,
};
use bugle_task::{
    CancellationReason, Identity, RunInput, RunReport, Seed, Snapshot, Timestamp, ToastEffect,
    Trigger, TriggerId,
};

use crate::Error;
use crate::foreground::ForegroundEvent;
use crate::inner::Inner;
use crate::keys;
use crate::lane::{InstalledApp, Lane, Overlay};
use crate::pool::{Open, Worker};
use crate::receipt::Ending;
use crate::retry::end_of;
use crate::way;

/// How long a turn begins new runs before it commits: a few milliseconds of runs share one
/// transaction. What ended early in a turn waits for the run after it, at most once.
const TURN_TIME: Duration = Duration::from_millis(5);

/// A run that has gone on for so long no longer counts as one of the workers: quick tasks take
/// microseconds, so what takes this long is another kind of work.
const LONG_AFTER: Duration = Duration::from_millis(10);

/// How long an app waits after its turn could not be committed, or not be begun.
const STUMBLE_PAUSE_MS: u64 = 1_000;

/// What a turn has come to for one claim, as its commit will need it.
struct Done {
    claim: Claim,
    end: End,
    record: Option<RunRecord>,
}

/// What is told about a claim once its turn is committed.
struct Told {
    claim: Claim,
    end: EndKind,
    /// A copy, if somebody has a receipt.
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

/// Takes one turn of a lane: its errands, then what it has claimed, one run after another on one
/// overlay, and one commit.
pub(crate) fn take(inner: &Arc<Inner>, lane: &Arc<Lane>, worker: &Worker, open: Open) {
    let (errands, mut overlay) = {
        let mut state = lane.lock();
        (std::mem::take(&mut state.errands), state.overlay.take())
    };
    for errand in errands {
        errand(&mut overlay);
    }
    let (app, has_claims) = {
        let state = lane.lock();
        (Arc::clone(&state.app), !state.queue.is_empty())
    };
    if !has_claims {
        finish(inner, lane, overlay);
        return;
    }
    let mut overlay = match overlay.map_or_else(|| inner.load_overlay(lane.key), Ok) {
        Ok(overlay) => overlay,
        Err(error) => {
            tracing::error!(%error, app = %app.record.id, "the app's settings cannot be read");
            stumble(inner, lane, VecDeque::new());
            return;
        }
    };
    let done = run_all(inner, lane, &app, &mut overlay, worker);
    if done.is_empty() {
        stumble(inner, lane, VecDeque::new());
        return;
    }
    commit(inner, lane, overlay, done, open);
}

/// Runs what the lane has claimed, and what is claimed in the meantime.
fn run_all(
    inner: &Arc<Inner>,
    lane: &Arc<Lane>,
    app: &Arc<InstalledApp>,
    overlay: &mut Overlay,
    worker: &Worker,
) -> Vec<Done> {
    let started = Instant::now();
    let mut done = Vec::with_capacity(TURN_MAX);
    while done.len() < TURN_MAX {
        let is_over = started.elapsed() >= TURN_TIME || worker.is_long();
        if is_over && !done.is_empty() {
            break;
        }
        let Some(claim) = lane.lock().queue.pop_front() else { break };
        let ended = if inner.is_stopping() {
            Some((End::Released, None))
        } else {
            run_one(inner, lane, app, &claim, overlay, worker)
        };
        let Some((end, record)) = ended else {
            lane.lock().queue.push_front(claim);
            break;
        };
        done.push(Done { claim, end, record });
    }
    done
}

/// Runs a claim; none if the host cannot run it now.
fn run_one(
    inner: &Arc<Inner>,
    lane: &Arc<Lane>,
    app: &Arc<InstalledApp>,
    claim: &Claim,
    overlay: &mut Overlay,
    worker: &Worker,
) -> Option<(End, Option<RunRecord>)> {
    let now = inner.clock.now();
    if claim.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Some((End::Expired, None));
    }
    if is_taken_in_foreground(lane, claim, worker) {
        return Some((End::Taken, None));
    }
    let task = app.manifest.task(&claim.task);
    let (Some(task), Some(component)) = (task, app.component(&claim.task)) else {
        let message =
            format!("version {} of the app has no task `{}`", app.manifest.version, claim.task);
        return Some((End::Dead { reason: DeadReason::TaskMissing, message }, None));
    };
    let prepared = match prepare(inner, component, worker) {
        Ok(prepared) => prepared,
        // The component's own fault: it will not be better tomorrow.
        Err(error) if error.is_usage() => {
            let end = End::Dead { reason: DeadReason::TaskMissing, message: error.to_string() };
            return Some((end, None));
        }
        // The host's fault costs no attempt.
        Err(error) => {
            tracing::error!(%error, app = %app.record.id, task = %claim.task, "the task cannot be made ready");
            return None;
        }
    };
    let random = keys::random().unwrap_or_else(|error| {
        tracing::warn!(%error, "the system gives no randomness; this run's is that of its trigger");
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&claim.run.trigger.0.to_be_bytes());
        seed
    });
    let input = RunInput {
        trigger: claim.trigger.clone(),
        identity: identity(app, claim),
        snapshot: Snapshot {
            settings: Arc::clone(&overlay.settings),
            badge: overlay.badge,
            allowances: overlay.allowances(now),
            permissions: app.manifest.permissions.clone(),
        },
        started_at: now,
        seed: Seed(random),
        limits: task.limits.clone(),
    };
    let control = control(lane, claim.run.trigger, worker);
    if inner.is_stopping() {
        // Whoever stops the host may have looked for running tasks before this one was there.
        control.cancel(CancellationReason::Terminating);
    }
    way::run(claim.run);
    let report = inner.components.sandbox().run(&prepared, &input, &control);
    lane.lock().control = None;
    let is_last = claim.attempt >= claim.attempts_max;
    let end = end_of(&report.result.outcome, claim.attempt, is_last, now, random[31]);
    let record = record(inner, app, component, input, overlay.change, report);
    apply(overlay, &record.report, now);
    Some((end, Some(record)))
}

fn identity(app: &InstalledApp, claim: &Claim) -> Identity {
    Identity {
        app: app.record.id.clone(),
        app_version: app.manifest.version.clone(),
        task: claim.task.clone(),
        trigger_id: claim.run.trigger,
        run_id: claim.run,
        attempt: claim.attempt,
        attempts_max: claim.attempts_max,
    }
}

/// Everything that is needed to run it again. The input's snapshot is given up: the store rebuilds
/// the settings from their versions.
fn record(
    inner: &Inner,
    app: &InstalledApp,
    component: Digest,
    input: RunInput,
    change_before: u64,
    report: RunReport,
) -> RunRecord {
    RunRecord {
        started_at: input.started_at,
        seed: input.seed,
        change_before,
        badge: input.snapshot.badge,
        allowances: input.snapshot.allowances,
        permissions: input.snapshot.permissions,
        app_version: app.manifest.version.clone(),
        component,
        engine_hash: inner.components.sandbox().engine_hash().to_string(),
        report,
    }
}

/// What the next run of the turn sees. A run that did not complete has no effects.
pub(crate) fn apply(overlay: &mut Overlay, report: &RunReport, now: Timestamp) {
    let effects = &report.result.effects;
    if !effects.settings.is_empty() || effects.settings_version.is_some() {
        // The only other holder of the settings was the run's input.
        let settings = Arc::make_mut(&mut overlay.settings);
        for (path, value) in &effects.settings {
            settings.apply(path, value.clone());
        }
        settings.version = effects.settings_version.unwrap_or(settings.version);
        overlay.change += 1;
    }
    overlay.badge = effects.badge.unwrap_or(overlay.badge);
    let shown = effects.toasts.iter().filter(|effect| matches!(effect, ToastEffect::Show { .. }));
    overlay.toast_times.extend(shown.map(|_| now));
}

/// Compiling again, after an upgrade of the host or a lost cache, is long work.
fn prepare(inner: &Inner, component: Digest, worker: &Worker) -> Result<Prepared, Error> {
    let components = &inner.components;
    if let Some(prepared) = components.loaded(component).or_else(|| components.cached(component)) {
        return Ok(prepared);
    }
    worker.goes_long();
    let bytes = inner.store.reader().component(component)?;
    let bytes = bytes.ok_or(StoreError::NoComponent { component })?;
    let path = format!("component {component}");
    Ok(components.prepare(Path::new(&path), component, &bytes)?.0)
}

fn control(lane: &Arc<Lane>, trigger: TriggerId, worker: &Worker) -> RunControl {
    let (lane_of_progress, worker) = (Arc::clone(lane), worker.clone());
    let control = RunControl::new().on_long(LONG_AFTER, move || worker.goes_long()).on_progress(
        move |percent| {
            if let Some(seat) = &lane_of_progress.lock().seat {
                seat.tell(ForegroundEvent::Progress { trigger, percent });
            }
        },
    );
    lane.lock().control = Some(control.clone());
    control
}

fn is_taken_in_foreground(lane: &Lane, claim: &Claim, worker: &Worker) -> bool {
    let Trigger::RawNotification(push) = &claim.trigger else { return false };
    let offered = {
        let state = lane.lock();
        let Some(seat) = &state.seat else { return false };
        seat.offer(claim.run.trigger, push)
    };
    offered.is_taken_within(LONG_AFTER).unwrap_or_else(|| {
        worker.goes_long();
        offered.is_taken()
    })
}

fn commit(inner: &Arc<Inner>, lane: &Arc<Lane>, overlay: Overlay, done: Vec<Done>, open: Open) {
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
        let is_watched = inner.watches.is_watched(claim.run.trigger);
        let report = record.as_ref().filter(|_| is_watched).map(|record| record.report.clone());
        runs.push(Ended { run: claim.run, end, record });
        told.push(Told { claim, end: kind, report });
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
    overlay: Overlay,
    told: Vec<Told>,
    committed: Committed,
    now: Timestamp,
) {
    let was_suspect = told.iter().any(|told| told.claim.suspect);
    for told in told {
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
    lane.lock().queue.extend(committed.claims);
    inner.claim_later(lane, committed.next_due, now);
    // Every run of the turn counted its change as the store did.
    let is_same = overlay.change == committed.change;
    finish(inner, lane, is_same.then_some(overlay));
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
        && let Some(seat) = &lane.lock().seat
    {
        seat.tell(ForegroundEvent::Committed { trigger: id });
    }
    inner.watches.ended(id, |report| match (end, report) {
        (EndKind::Completed, Some(report)) => Ending::Completed(report),
        (EndKind::Taken, _) => Ending::Taken,
        (EndKind::Dead(reason), report) => Ending::Dead { reason, report },
        _ => Ending::Expired,
    });
}

/// The lane is free; if it has more to do, it goes to the end of the ready queue.
pub(crate) fn finish(inner: &Inner, lane: &Arc<Lane>, overlay: Option<Overlay>) {
    {
        let mut state = lane.lock();
        state.is_busy = false;
        state.overlay = overlay;
    }
    inner.pool.schedule(lane);
}

/// A turn came to nothing: its claims stay with the lane and run again after a pause.
fn stumble(inner: &Inner, lane: &Lane, claims: VecDeque<Claim>) {
    let mut state = lane.lock();
    claims.into_iter().rev().for_each(|claim| state.queue.push_front(claim));
    state.overlay = None;
    drop(state);
    inner.timers.resume_at(inner.clock.now().saturating_add(STUMBLE_PAUSE_MS), lane.key);
}
