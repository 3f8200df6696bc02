use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::meter::{Stop, charge, charge_work};
use crate::state::State;

/// The most bytes that one call gives. WASI has no way to give fewer than were asked for, so that
/// more has to trap; runtimes ask for 32 to seed a generator of their own.
const BYTES_MAX: u64 = 64 * 1024;

fn bytes(mut store: StoreContextMut<'_, State>, (count,): (u64,)) -> wasmtime::Result<(Vec<u8>,)> {
    charge(&mut store, 0)?;
    if count > BYTES_MAX {
        let what = "the guest asked for more than 65,536 random bytes in one call";
        return Err(Stop::Misuse(what).into());
    }
    charge_work(&mut store, count)?;
    let count = usize::try_from(count).expect("it is at most 65,536");
    Ok((store.data_mut().random_bytes(count),))
}

fn number(state: &mut State) -> u64 {
    let bytes = state.random_bytes(size_of::<u64>());
    u64::from_le_bytes(bytes.try_into().expect("as many bytes as were asked for"))
}

fn one_number(mut store: StoreContextMut<'_, State>, (): ()) -> wasmtime::Result<(u64,)> {
    charge(&mut store, 0)?;
    charge_work(&mut store, size_of::<u64>() as u64)?;
    Ok((number(store.data_mut()),))
}

pub(super) fn define_random(random: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    random.func_wrap("get-random-bytes", bytes)?;
    random.func_wrap("get-random-u64", one_number)
}

/// The same source: what is good enough for the one is for the other.
pub(super) fn define_insecure(random: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    random.func_wrap("get-insecure-random-bytes", bytes)?;
    random.func_wrap("get-insecure-random-u64", one_number)
}

pub(super) fn define_insecure_seed(random: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    random.func_wrap("insecure-seed", |mut store, (): ()| {
        charge(&mut store, 0)?;
        charge_work(&mut store, 2 * size_of::<u64>() as u64)?;
        let state = store.data_mut();
        Ok(((number(state), number(state)),))
    })
}
