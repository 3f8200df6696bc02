use bugle_task::LimitName;
use wasmtime::StoreContextMut;
use wasmtime::component::{LinkerInstance, Resource, ResourceType};

use crate::meter::{Stop, charge, charge_work, elapsed_ns, sleep};
use crate::state::State;

/// What looking at one pollable costs beside its handle: finding it in two tables.
const FUEL_PER_POLLABLE: u64 = 28;

/// Something that a guest can wait for. Every one is a moment of the run's own time, and streams
/// are ready from the start, so that no wait is without an end: at the latest the run's time is
/// used up.
pub(super) struct Pollable {
    /// In nanoseconds since the run's start.
    ready_at: u64,
}

/// Keeps a pollable for the guest.
pub(super) fn push(
    store: &mut StoreContextMut<'_, State>,
    ready_at: u64,
) -> wasmtime::Result<Resource<Pollable>> {
    let wasi = &mut store.data_mut().wasi;
    wasi.handles.give();
    wasi.table.push(Pollable { ready_at }).map_err(|_full| Stop::Limit(LimitName::Handles).into())
}

/// Advances the run's own time to the first moment that one of the pollables is ready, unless one
/// is already; gives the places of all that are ready then.
fn wait(
    store: &mut StoreContextMut<'_, State>,
    pollables: &[Resource<Pollable>],
) -> wasmtime::Result<Vec<u32>> {
    let table = &store.data().wasi.table;
    let moments = pollables.iter().map(|pollable| table.get(pollable).map(|one| one.ready_at));
    let moments = moments.collect::<Result<Vec<u64>, _>>()?;
    let Some(&first) = moments.iter().min() else {
        return Err(Stop::Misuse("the guest polled an empty list").into());
    };
    let mut now = elapsed_ns(store);
    if first > now {
        sleep(store, first - now)?;
        now = first;
    }
    let ready = (0_u32..).zip(moments).filter(|(_, ready_at)| *ready_at <= now);
    Ok(ready.map(|(place, _)| place).collect())
}

pub(super) fn define(poll: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    poll.resource("pollable", ResourceType::host::<Pollable>(), |mut store, rep| {
        let wasi = &mut store.data_mut().wasi;
        wasi.handles.take_back();
        wasi.table.delete(Resource::<Pollable>::new_own(rep))?;
        Ok(())
    })?;
    poll.func_wrap("[method]pollable.ready", |mut store, (pollable,): (Resource<Pollable>,)| {
        charge(&mut store, 0)?;
        let ready_at = store.data().wasi.table.get(&pollable)?.ready_at;
        Ok((ready_at <= elapsed_ns(&store),))
    })?;
    poll.func_wrap("[method]pollable.block", |mut store, (pollable,): (Resource<Pollable>,)| {
        charge(&mut store, 0)?;
        wait(&mut store, &[pollable])?;
        Ok(())
    })?;
    poll.func_wrap("poll", |mut store, (pollables,): (Vec<Resource<Pollable>>,)| {
        charge(&mut store, pollables.len().saturating_mul(size_of::<u32>()))?;
        charge_work(&mut store, (pollables.len() as u64).saturating_mul(FUEL_PER_POLLABLE))?;
        Ok((wait(&mut store, &pollables)?,))
    })
}
