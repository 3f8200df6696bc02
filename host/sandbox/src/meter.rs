use std::fmt;

use bugle_task::{LimitName, Limits, Usage};
use wasmtime::StoreContextMut;

use crate::state::State;

/// How many units of fuel are a nanosecond of the run's own time. One: a unit is about one simple
/// operation, and machines do about one in a nanosecond.
const FUEL_PER_NS: u64 = 1;

/// What a call to the host costs beside its bytes. A call that only logs an empty line takes the host
/// about as long as 200 simple operations take the guest.
const FUEL_PER_HOST_CALL: u64 = 200;
/// Fuel for an element of a list, which the host makes a value of its own: measured, one that is empty
/// takes up to 200 ns.
const FUEL_PER_ELEMENT: u64 = 200;

const NS_PER_MS: u64 = 1_000_000;

/// Why the host stops a guest in the middle of a call to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    OutOfFuel,
    TimedOut,
    Limit(LimitName),
    /// The guest did something that has no answer; what it did.
    Misuse(&'static str),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfFuel => f.write_str("all fuel was used"),
            Self::TimedOut => f.write_str("the run's own time was used up"),
            Self::Limit(limit) => write!(f, "the limit `{limit}` was reached"),
            Self::Misuse(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Stop {}

/// Fuel and the run's own time, which are one thing: both clocks advance with fuel, and with sleeps.
///
/// The store never holds more fuel than there is time for, so that a guest which computes runs out
/// of time by running out of fuel.
#[derive(Debug)]
pub(crate) struct Meter {
    fuel_max: u64,
    time_max_ns: u64,
    /// After it the run is told to end.
    time_soft_ns: u64,
    slept_ns: u64,
    host_calls: u64,
    host_calls_max: u64,
    /// The most bytes that one call handed the host.
    host_call_bytes: u64,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let soft = limits.time_ms.saturating_mul(NS_PER_MS);
        Self {
            fuel_max: limits.fuel,
            time_max_ns: soft.saturating_add(limits.grace_ms.saturating_mul(NS_PER_MS)),
            time_soft_ns: soft,
            slept_ns: 0,
            host_calls: 0,
            host_calls_max: limits.host_calls,
            host_call_bytes: 0,
        }
    }

    /// All fuel that the run may use, given how long it has slept.
    pub(crate) fn fuel_granted(&self) -> u64 {
        let time_left = self.time_max_ns.saturating_sub(self.slept_ns);
        self.fuel_max.min(time_left.saturating_mul(FUEL_PER_NS))
    }

    /// Whether it is the time limit, not the fuel limit, that the fuel ran into.
    pub(crate) fn is_bound_by_time(&self) -> bool {
        self.fuel_granted() < self.fuel_max
    }

    /// Adds what was counted here to a usage that has the fuel already. The run's own time is split
    /// where the grace period begins.
    pub(crate) fn write_usage(&self, usage: &mut Usage) {
        let elapsed_ns = self.elapsed_ns(usage.fuel);
        usage.time_ms = elapsed_ns.min(self.time_soft_ns) / NS_PER_MS;
        usage.grace_ms = elapsed_ns.saturating_sub(self.time_soft_ns) / NS_PER_MS;
        usage.host_calls = self.host_calls;
        usage.host_call_bytes = self.host_call_bytes;
    }

    /// The run's own time, given the fuel that was used.
    pub(crate) fn elapsed_ns(&self, fuel_used: u64) -> u64 {
        (fuel_used / FUEL_PER_NS).saturating_add(self.slept_ns)
    }

    fn count_host_call(&mut self, bytes: u64) -> Result<(), Stop> {
        if self.host_calls >= self.host_calls_max {
            return Err(Stop::Limit(LimitName::HostCalls));
        }
        self.host_calls = self.host_calls.saturating_add(1);
        self.host_call_bytes = self.host_call_bytes.max(bytes);
        Ok(())
    }
}

/// Counts a call to the host and takes fuel for it and for the bytes it hands over. Every host
/// function that the contract and WASI name begins with it: to wasmtime, a call that makes the host
/// copy a megabyte costs four units.
pub(crate) fn charge(store: &mut StoreContextMut<'_, State>, bytes: usize) -> wasmtime::Result<()> {
    store.data_mut().limiter.goes_on();
    charge_words(store, bytes)
}

/// The same for a call that only says something: it may be the guest's last word about what it was
/// refused.
pub(crate) fn charge_words(
    store: &mut StoreContextMut<'_, State>,
    bytes: usize,
) -> wasmtime::Result<()> {
    store.data_mut().meter.count_host_call(bytes as u64)?;
    charge_work(store, FUEL_PER_HOST_CALL.saturating_add(bytes as u64))
}

/// Takes fuel for the elements of lists that a call hands over.
pub(crate) fn charge_elements(
    store: &mut StoreContextMut<'_, State>,
    elements: usize,
) -> wasmtime::Result<()> {
    charge_work(store, FUEL_PER_ELEMENT.saturating_mul(elements as u64))
}

/// Takes fuel for work that a call turns out to need beside its bytes.
pub(crate) fn charge_work(
    store: &mut StoreContextMut<'_, State>,
    cost: u64,
) -> wasmtime::Result<()> {
    let fuel = store.get_fuel()?;
    if let Some(left) = fuel.checked_sub(cost) {
        return store.set_fuel(left);
    }
    store.set_fuel(0)?;
    let is_bound_by_time = store.data().meter.is_bound_by_time();
    Err(if is_bound_by_time { Stop::TimedOut } else { Stop::OutOfFuel }.into())
}

/// The fuel that was used so far.
pub(crate) fn fuel_used(store: &StoreContextMut<'_, State>) -> u64 {
    let left = store.get_fuel().expect("fuel is on in every engine of ours");
    store.data().meter.fuel_granted().saturating_sub(left)
}

/// The run's own time, in nanoseconds since its start.
pub(crate) fn elapsed_ns(store: &StoreContextMut<'_, State>) -> u64 {
    store.data().meter.elapsed_ns(fuel_used(store))
}

/// The run's own wall clock, in nanoseconds since 1970.
pub(crate) fn wall_ns(store: &StoreContextMut<'_, State>) -> u128 {
    let start_ns = u128::from(store.data().started_at) * u128::from(NS_PER_MS);
    start_ns + u128::from(elapsed_ns(store))
}

/// What is left of the run's own time before it is told to end, in milliseconds.
pub(crate) fn time_left_ms(store: &StoreContextMut<'_, State>) -> u64 {
    store.data().meter.time_soft_ns.saturating_sub(elapsed_ns(store)) / NS_PER_MS
}

/// Whether the run has entered its grace period.
pub(crate) fn is_in_grace(store: &StoreContextMut<'_, State>) -> bool {
    elapsed_ns(store) >= store.data().meter.time_soft_ns
}

/// Advances the run's own time, at no cost to the host.
pub(crate) fn sleep(store: &mut StoreContextMut<'_, State>, ns: u64) -> wasmtime::Result<()> {
    let used = fuel_used(store);
    let meter = &mut store.data_mut().meter;
    let elapsed = meter.elapsed_ns(used);
    if ns >= meter.time_max_ns.saturating_sub(elapsed) {
        meter.slept_ns = meter.slept_ns.saturating_add(meter.time_max_ns.saturating_sub(elapsed));
        store.set_fuel(0)?;
        return Err(Stop::TimedOut.into());
    }
    meter.slept_ns = meter.slept_ns.saturating_add(ns);
    let left = meter.fuel_granted().saturating_sub(used);
    store.set_fuel(left)
}
