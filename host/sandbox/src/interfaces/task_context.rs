use bugle_task::{Bytes, CancellationReason, Identity, ResumeWork};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::bindings::bugle::task::task_context as wit;
use crate::effects::ResumeError;
use crate::meter::{charge, charge_work, is_in_grace, time_left_ms, wall_ns};
use crate::state::State;

/// The most random bytes that one call gives: more than any key or nonce needs.
const RANDOM_BYTES_MAX: u32 = 4_096;

pub(super) fn add(instance: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    fact(instance, "app", |identity| identity.app.to_string())?;
    fact(instance, "app-version", |identity| identity.app_version.clone())?;
    fact(instance, "task", |identity| identity.task.to_string())?;
    fact(instance, "trigger-id", |identity| identity.trigger_id.to_string())?;
    fact(instance, "run-id", |identity| identity.run_id.to_string())?;
    fact(instance, "attempt", |identity| identity.attempt)?;
    fact(instance, "attempts-max", |identity| identity.attempts_max)?;
    instance.func_wrap("now", |mut store: StoreContextMut<'_, State>, (): ()| {
        charge(&mut store, 0)?;
        Ok((u64::try_from(wall_ns(&store) / 1_000_000).unwrap_or(u64::MAX),))
    })?;
    instance.func_wrap("random", random)?;
    instance.func_wrap("remaining-fuel", |mut store: StoreContextMut<'_, State>, (): ()| {
        charge(&mut store, 0)?;
        Ok((store.get_fuel()?,))
    })?;
    instance.func_wrap("remaining-time", |mut store: StoreContextMut<'_, State>, (): ()| {
        charge(&mut store, 0)?;
        Ok((u32::try_from(time_left_ms(&store)).unwrap_or(u32::MAX),))
    })?;
    instance.func_wrap("cancellation", cancellation)?;
    instance.func_wrap("report-progress", report_progress)?;
    instance.func_wrap("on-resume", on_resume)
}

/// A function that gives one fact about the run.
fn fact<T>(
    instance: &mut LinkerInstance<'_, State>,
    name: &str,
    read: fn(&Identity) -> T,
) -> wasmtime::Result<()>
where
    T: 'static,
    (T,): wasmtime::component::ComponentNamedList + wasmtime::component::Lower,
{
    instance.func_wrap(name, move |mut store: StoreContextMut<'_, State>, (): ()| {
        charge(&mut store, 0)?;
        Ok((read(&store.data().identity),))
    })
}

fn random(mut store: StoreContextMut<'_, State>, (count,): (u32,)) -> wasmtime::Result<(Vec<u8>,)> {
    let count = count.min(RANDOM_BYTES_MAX) as usize;
    charge(&mut store, 0)?;
    charge_work(&mut store, count as u64)?;
    Ok((store.data_mut().random_bytes(count),))
}

/// The outside is asked first; what it said is kept with the run, which is then not replayable.
fn cancellation(
    mut store: StoreContextMut<'_, State>,
    (): (),
) -> wasmtime::Result<(Option<wit::CancellationReason>,)> {
    charge(&mut store, 0)?;
    if let Some(reason) = store.data().control.cancellation() {
        store.data_mut().cancellation_seen = Some(reason);
        return Ok((Some(reason.into()),));
    }
    let reason = is_in_grace(&store).then_some(wit::CancellationReason::TimeLimit);
    Ok((reason,))
}

fn report_progress(
    mut store: StoreContextMut<'_, State>,
    (percent,): (u32,),
) -> wasmtime::Result<()> {
    charge(&mut store, 0)?;
    let percent = percent.min(100);
    let state = store.data_mut();
    if state.progress != Some(percent) {
        state.progress = Some(percent);
        state.control.hear_progress(percent);
    }
    Ok(())
}

fn on_resume(
    mut store: StoreContextMut<'_, State>,
    (work,): (wit::ResumeWork,),
) -> wasmtime::Result<(Result<(), wit::ContextError>,)> {
    charge(&mut store, work.key.len() + work.content.len())?;
    let work = ResumeWork { key: work.key, content: Bytes(work.content) };
    let left = store.data_mut().buffer.on_resume(work);
    Ok((left.map_err(Into::into),))
}

impl From<ResumeError> for wit::ContextError {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::TooLarge(max) => Self::TooLarge(max),
            ResumeError::TooMany(max) => Self::TooMany(max),
            ResumeError::Invalid(why) => Self::Invalid(why.to_owned()),
        }
    }
}

impl From<CancellationReason> for wit::CancellationReason {
    fn from(reason: CancellationReason) -> Self {
        match reason {
            CancellationReason::Uninstall => Self::Uninstall,
            CancellationReason::Update => Self::Update,
            CancellationReason::Terminating => Self::Terminating,
            CancellationReason::TimeLimit => Self::TimeLimit,
            CancellationReason::Quota => Self::Quota,
            CancellationReason::ConditionLost => Self::ConditionLost,
            CancellationReason::Requested => Self::Requested,
        }
    }
}
