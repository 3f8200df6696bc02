use wasmtime::component::{ComponentType, LinkerInstance, Lower};

use super::poll;
use crate::meter::{charge, elapsed_ns, wall_ns};
use crate::state::State;

const NS_PER_S: u32 = 1_000_000_000;

/// Both clocks tell the run's own time, which is exact.
const RESOLUTION_NS: u32 = 1;

#[derive(ComponentType, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

impl Datetime {
    fn from_ns(since_1970_ns: u128) -> Self {
        let (seconds, nanoseconds) =
            (since_1970_ns / u128::from(NS_PER_S), since_1970_ns % u128::from(NS_PER_S));
        Self {
            seconds: u64::try_from(seconds).unwrap_or(u64::MAX),
            nanoseconds: u32::try_from(nanoseconds).expect("a remainder is below its divisor"),
        }
    }
}

pub(super) fn define_wall_clock(clock: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    clock.func_wrap("now", |mut store, (): ()| {
        charge(&mut store, 0)?;
        Ok((Datetime::from_ns(wall_ns(&store)),))
    })?;
    clock.func_wrap("resolution", |mut store, (): ()| {
        charge(&mut store, 0)?;
        Ok((Datetime { seconds: 0, nanoseconds: RESOLUTION_NS },))
    })
}

pub(super) fn define_monotonic_clock(
    clock: &mut LinkerInstance<'_, State>,
) -> wasmtime::Result<()> {
    clock.func_wrap("now", |mut store, (): ()| {
        charge(&mut store, 0)?;
        Ok((elapsed_ns(&store),))
    })?;
    clock.func_wrap("resolution", |mut store, (): ()| {
        charge(&mut store, 0)?;
        Ok((u64::from(RESOLUTION_NS),))
    })?;
    clock.func_wrap("subscribe-instant", |mut store, (when,): (u64,)| {
        charge(&mut store, 0)?;
        Ok((poll::push(&mut store, when)?,))
    })?;
    clock.func_wrap("subscribe-duration", |mut store, (duration,): (u64,)| {
        charge(&mut store, 0)?;
        let when = elapsed_ns(&store).saturating_add(duration);
        Ok((poll::push(&mut store, when)?,))
    })
}
