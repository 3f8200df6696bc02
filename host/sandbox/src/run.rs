use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use bugle_task::{
    Effects, Level, LimitName, Log, Measured, Outcome, RunInput, RunReport, RunResult, Usage,
};
use wasmtime::{Store, UpdateDeadline};

use crate::engine::{Prepared, Sandbox};
use crate::log::cut;
use crate::outcome::{Ending, MESSAGE_BYTES_MAX, outcome_of};
use crate::state::State;
use crate::{RunControl, interfaces, wasi};

impl Sandbox {
    /// Runs a task once, on a fresh instance in a fresh store, and drops both.
    ///
    /// Blocks for as long as the run takes, at most its watchdog's time and a tick; waits first if
    /// the pool is full. The calling thread needs about 1 MiB of free stack. Whatever the guest does
    /// is in the report; there is no error.
    #[must_use]
    pub fn run(&self, prepared: &Prepared, input: &RunInput, control: &RunControl) -> RunReport {
        self.run_watched(prepared, input, control, watch_by_time)
    }

    /// A run in a store that `watch` has set up to be looked at.
    pub(crate) fn run_watched(
        &self,
        prepared: &Prepared,
        input: &RunInput,
        control: &RunControl,
        watch: impl FnOnce(&mut Store<State>),
    ) -> RunReport {
        let _permit = self.permits.as_ref().map(|permits| permits.acquire(&input.limits));
        let _running = self.ticker.running();
        let started = Instant::now();
        let run = AssertUnwindSafe(|| self.run_in_fresh_store(prepared, input, control, watch));
        catch_unwind(run).unwrap_or_else(|panic| panicked(input, &*panic, started))
    }

    fn run_in_fresh_store(
        &self,
        prepared: &Prepared,
        input: &RunInput,
        control: &RunControl,
        watch: impl FnOnce(&mut Store<State>),
    ) -> RunReport {
        let started = Instant::now();
        let mut store = self.store(input, control);
        watch(&mut store);
        let mut instantiated = started;
        let call = (|| {
            let task = prepared.pre.instantiate(&mut store)?;
            instantiated = Instant::now();
            let trigger = interfaces::to_wit(&input.trigger);
            task.bugle_task_entry().call_run(&mut store, &trigger)
        })();
        let wall_us = micros(started.elapsed());
        let fuel_left = store.get_fuel().expect("fuel is on in every engine of ours");
        let mut state = store.into_data();
        wasi::flush(&mut state);
        let outcome = outcome_of(call, &Ending::new(&state, control));
        let measured = Measured {
            wall_us,
            instantiate_us: micros(instantiated - started),
            cpu_us: 0,
            grace_us: micros(state.watchdog.grace_used()),
            cancellation_seen: state.cancellation_seen,
        };
        RunReport { result: result(state, prepared, fuel_left, outcome), measured }
    }

    /// A store with every limit set, before anything of the guest is in it.
    fn store(&self, input: &RunInput, control: &RunControl) -> Store<State> {
        let limits = &input.limits;
        let size = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let mut store = Store::new(&self.engine, State::new(input, control.clone()));
        store.limiter(|state| &mut state.limiter);
        let fuel = store.data().meter.fuel_granted();
        store.set_fuel(fuel).expect("fuel is on in every engine of ours");
        store.set_hostcall_fuel(size(limits.host_call_bytes));
        store.set_max_component_handles(size(limits.handles));
        store
    }
}

/// Looks at a run at every tick of the engine, so that it ends in real time too.
fn watch_by_time(store: &mut Store<State>) {
    store.epoch_deadline_callback(|mut store| -> wasmtime::Result<UpdateDeadline> {
        Ok(store.data_mut().watchdog.tick())
    });
    store.set_epoch_deadline(1);
}

fn result(state: State, prepared: &Prepared, fuel_left: u64, outcome: Outcome) -> RunResult {
    let usage = usage(&state, prepared, fuel_left, &outcome);
    let effects =
        if outcome.is_completed() { state.buffer.into_effects() } else { Effects::default() };
    RunResult {
        outcome,
        effects,
        log: state.log.into_log(),
        progress: state.progress,
        usage,
        limits: state.limits,
    }
}

/// What was used of every limit but those of real time.
fn usage(state: &State, prepared: &Prepared, fuel_left: u64, outcome: &Outcome) -> Usage {
    let mut usage = prepared.built.clone();
    usage.fuel = state.meter.fuel_granted().saturating_sub(fuel_left);
    state.meter.write_usage(&mut usage);
    state.limiter.write_usage(&mut usage);
    state.wasi.write_usage(&mut usage);
    state.log.write_usage(&mut usage);
    state.buffer.write_usage(&mut usage);
    // What the engine counts it does not tell, but where it stopped the run all was used.
    if let Outcome::LimitExceeded { limit } = outcome
        && matches!(limit, LimitName::HostCallBytes | LimitName::Handles)
    {
        usage.raise(*limit, state.limits.get(*limit));
    }
    usage
}

/// The report of a run in which the host went wrong: nothing that the run did can be trusted.
fn panicked(input: &RunInput, panic: &(dyn Any + Send), started: Instant) -> RunReport {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("the panic has no message");
    let message = cut(message, MESSAGE_BYTES_MAX).to_owned();
    let line = format!("the host went wrong during this run: {message}");
    let mut log = Log::default();
    log.lines.push(bugle_task::LogLine { level: Level::Error, message: line });
    RunReport {
        result: RunResult {
            outcome: Outcome::HostPanicked { message },
            effects: Effects::default(),
            log,
            progress: None,
            usage: Usage::default(),
            limits: input.limits.clone(),
        },
        measured: Measured { wall_us: micros(started.elapsed()), ..Measured::default() },
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
