mod commit;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bugle_sandbox::{Prepared, RunControl};
use bugle_store::{Claim, DeadReason, Digest, End, RunRecord, StoreError, TURN_MAX};
use bugle_task::{
    CancellationReason, Identity, RunInput, RunReport, Seed, Snapshot, Timestamp, ToastEffect,
    Trigger, TriggerId,
};

use crate::Error;
use crate::cpu;
use crate::foreground::ForegroundEvent;
use crate::inner::Inner;
use crate::keys;
use crate::lane::{InstalledApp, Lane, Overlay};
use crate::pool::Taken;
use crate::retry::end_of;
use crate::way;
use crate::worker::Worker;

use self::commit::commit;

/// How long a turn begins new runs before it commits: a few milliseconds of runs share one
/// transaction. What ended early in a turn waits for the run after it, at most once.
const TURN_TIME: Duration = Duration::from_millis(5);

/// Runs in a turn of a lane that does much while others do little: others wait for less than a millisecond
/// of the store's time.
const HEAVY_TURN_MAX: usize = 4;

/// What the runs of a turn may have written before it commits: what a full log is. Without this, a turn
/// of a task that fills its log is 2 MiB, and others wait for all of it.
const TURN_BYTES: u64 = 64 * 1024;

/// A run that has gone on for so long no longer counts as one of the workers: quick tasks take
/// microseconds, so what takes this long is another kind of work.
const LONG_AFTER: Duration = Duration::from_millis(10);

/// What a run takes beside what its guest does, in microseconds; measured, 50 to 100.
const RUN_US: u64 = 100;

/// How long an app waits after its turn could not be committed, or not be begun.
const STUMBLE_PAUSE_MS: u64 = 1_000;

/// What a turn has come to for one claim, as its commit will need it.
struct Done {
    claim: Claim,
    end: End,
    record: Option<RunRecord>,
}

/// Takes one turn of a lane: its errands, then what it has claimed, one run after another on one
/// overlay, and one commit.
pub(crate) fn take(inner: &Arc<Inner>, taken: Taken, worker: &Worker) {
    let runs_max = if taken.gives_way() { HEAVY_TURN_MAX } else { TURN_MAX };
    let Taken { lane, open, .. } = taken;
    let lane = &lane;
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
            match take_suspect(lane) {
                Some(claim) => {
                    let (end, record) = cannot_run(&error);
                    commit(inner, lane, None, vec![Done { claim, end, record }], open);
                }
                None => stumble(inner, lane, VecDeque::new()),
            }
            return;
        }
    };
    let done = run_all(inner, lane, &app, &mut overlay, worker, runs_max);
    lane.load.add(weight_us(&done));
    if done.is_empty() {
        stumble(inner, lane, VecDeque::new());
        return;
    }
    // The store's count may be of another window, if the clock was set meanwhile.
    let is_held = done.iter().any(|done| done.end == End::Released && done.record.is_none());
    commit(inner, lane, Some(overlay).filter(|_| !is_held), done, open);
}

/// How much a turn did: by what its runs are charged with, since on a busy machine anything may take
/// long.
fn weight_us(done: &[Done]) -> u64 {
    let records = done.iter().filter_map(|done| done.record.as_ref());
    records.map(|record| RUN_US.saturating_add(record.report.cpu_us())).sum()
}

/// The suspect that a lane has claimed. It has nothing else then.
fn take_suspect(lane: &Lane) -> Option<Claim> {
    let mut state = lane.lock();
    state.queue.pop_front_if(|claim| claim.suspect)
}

/// The end of what cannot be run here, and would not be if it were tried again soon.
fn cannot_run(error: &Error) -> (End, Option<RunRecord>) {
    let message = error.to_string();
    (End::Dead { reason: DeadReason::TaskMissing, message }, None)
}

/// Runs what the lane has claimed, and what is claimed in the meantime.
fn run_all(
    inner: &Arc<Inner>,
    lane: &Arc<Lane>,
    app: &Arc<InstalledApp>,
    overlay: &mut Overlay,
    worker: &Worker,
    runs_max: usize,
) -> Vec<Done> {
    let started = Instant::now();
    let mut done = Vec::with_capacity(TURN_MAX);
    let mut bytes = 0;
    while done.len() < runs_max {
        let is_over = started.elapsed() >= TURN_TIME || bytes >= TURN_BYTES || worker.is_long();
        if is_over && !done.is_empty() {
            break;
        }
        let Some(claim) = lane.lock().queue.pop_front() else { break };
        // What runs for an app that has used its time up waits for the next window; the store, which
        // counts the same, claims nothing for it until then. All others wait for a suspect.
        let is_spent = overlay.spent.left(&inner.quotas, inner.clock.now()).0.is_zero();
        let ended = if inner.is_stopping() || (is_spent && !claim.suspect) {
            Some((End::Released, None))
        } else {
            run_one(inner, lane, app, &claim, overlay, worker)
        };
        let Some((end, record)) = ended else {
            lane.lock().queue.push_front(claim);
            break;
        };
        // The app was told that it has it: that is to be durable before anything else takes its time.
        let is_taken = end == End::Taken;
        bytes += record.as_ref().map_or(0, written);
        done.push(Done { claim, end, record });
        if is_taken {
            break;
        }
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
    if is_taken_in_foreground(inner, lane, claim, worker) {
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
        // The component's own fault will not be better tomorrow, and all others wait for a suspect.
        Err(error) if error.is_usage() || claim.suspect => return Some(cannot_run(&error)),
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
            allowances: overlay.allowances(inner.quotas.toasts, now),
            permissions: app.manifest.permissions.clone(),
        },
        started_at: now,
        seed: Seed(random),
        limits: task.limits.clone(),
    };
    let control = control(lane, claim.run.trigger, worker);
    let control = match overlay.spent.left(&inner.quotas, now) {
        // One that has the whole of a window to itself, or runs alone, has bounds of its own.
        (left, false) if !claim.suspect => control.cancelled_after(left, CancellationReason::Quota),
        _ => control,
    };
    lane.lock().running = Some((claim.run, control.clone()));
    if inner.is_stopping() {
        // Whoever stops the host may have looked for running tasks before this one was there.
        control.cancel(CancellationReason::Terminating);
    }
    way::run(claim.run);
    let cpu_before_us = cpu::of_this_thread_us();
    let mut report = inner.components.sandbox().run(&prepared, &input, &control);
    report.measured.cpu_us = cpu::of_this_thread_us().saturating_sub(cpu_before_us);
    lane.lock().running = None;
    let is_last = claim.attempt >= claim.attempts_max;
    let end = end_of(&report.result.outcome, claim.attempt, is_last, now, random[31]);
    let record = record(inner, app, component, input, overlay.change, report);
    overlay.spent.add(record.report.cpu_us(), now);
    apply(overlay, &record.report, now);
    Some((end, Some(record)))
}

/// What a run has written, in bytes, as it is charged with it.
fn written(record: &RunRecord) -> u64 {
    let usage = &record.report.result.usage;
    usage.log_bytes + usage.settings_delta_bytes
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
    worker.goes_compiling();
    let bytes = inner.store.reader().component(component)?;
    let bytes = bytes.ok_or(StoreError::NoComponent { component })?;
    let path = format!("component {component}");
    let prepared = components.prepare(Path::new(&path), component, &bytes);
    worker.has_compiled();
    Ok(prepared?.0)
}

fn control(lane: &Arc<Lane>, trigger: TriggerId, worker: &Worker) -> RunControl {
    let (lane_of_progress, worker) = (Arc::clone(lane), worker.clone());
    RunControl::new().on_long(LONG_AFTER, move || worker.goes_long()).on_progress(move |percent| {
        if let Some(seat) = &lane_of_progress.lock().seat {
            seat.tell(ForegroundEvent::Progress { trigger, percent });
        }
    })
}

fn is_taken_in_foreground(inner: &Inner, lane: &Lane, claim: &Claim, worker: &Worker) -> bool {
    let Trigger::RawNotification(push) = &claim.trigger else { return false };
    let offered = {
        let state = lane.lock();
        let Some(seat) = &state.seat else { return false };
        let watch = inner.watches.share(lane.key, claim.run.trigger);
        seat.offer(claim.run.trigger, push, watch)
    };
    offered.is_taken_within(LONG_AFTER).unwrap_or_else(|| {
        worker.goes_long();
        offered.is_taken()
    })
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
