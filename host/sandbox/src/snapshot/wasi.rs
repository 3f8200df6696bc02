//! As much of WASI preview 1 as programs use while they start. Whatever is not here traps.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use wasmtime::{Caller, Extern, Linker, Memory};

const MODULE: &str = "wasi_snapshot_preview1";

/// Numbers of the specification.
const SUCCESS: i32 = 0;
const BAD_DESCRIPTOR: i32 = 8;
const REAL_TIME: i32 = 0;
const CHARACTER_DEVICE: u8 = 2;
const DESCRIPTOR_STATE_BYTES: usize = 24;

/// A program's start prints little; more is dropped.
const PRINTED_BYTES_MAX: usize = 64 * 1024;

/// What a start has drawn and printed.
pub(super) struct Start {
    random: ChaCha12Rng,
    printed: Vec<u8>,
}

impl Default for Start {
    /// The same bytes for every build.
    fn default() -> Self {
        Self { random: ChaCha12Rng::from_seed([0; 32]), printed: Vec::new() }
    }
}

impl Start {
    pub(super) fn printed(&self) -> String {
        String::from_utf8_lossy(&self.printed).into_owned()
    }

    fn print(&mut self, bytes: &[u8]) {
        let room = PRINTED_BYTES_MAX.saturating_sub(self.printed.len());
        self.printed.extend(bytes.iter().take(room));
    }
}

/// Where a host keeps the start.
type Get<T> = fn(&mut T) -> &mut Start;

pub(super) fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: Get<T>,
) -> wasmtime::Result<()> {
    for name in ["args_sizes_get", "environ_sizes_get"] {
        linker.func_wrap(MODULE, name, |mut caller: Caller<'_, T>, count: u32, bytes: u32| {
            write(&mut caller, count, &0_u32.to_le_bytes())?;
            write(&mut caller, bytes, &0_u32.to_le_bytes())
        })?;
    }
    for name in ["args_get", "environ_get"] {
        linker.func_wrap(MODULE, name, |_: u32, _: u32| SUCCESS)?;
    }
    linker.func_wrap(MODULE, "sched_yield", || SUCCESS)?;
    linker.func_wrap(MODULE, "fd_prestat_get", |_: i32, _: u32| BAD_DESCRIPTOR)?;
    linker.func_wrap(MODULE, "fd_fdstat_set_flags", |_: i32, _: i32| SUCCESS)?;
    linker.func_wrap(MODULE, "fd_fdstat_get", |mut caller: Caller<'_, T>, _: i32, at: u32| {
        let mut state = [0; DESCRIPTOR_STATE_BYTES];
        state[0] = CHARACTER_DEVICE;
        write(&mut caller, at, &state)
    })?;
    linker.func_wrap(
        MODULE,
        "clock_time_get",
        |mut caller: Caller<'_, T>, clock: i32, _: i64, at: u32| {
            // Go takes a monotonic clock at 0 for one that is not there.
            let now = if clock == REAL_TIME { 0_u64 } else { 1 };
            write(&mut caller, at, &now.to_le_bytes())
        },
    )?;
    linker.func_wrap(
        MODULE,
        "random_get",
        move |mut caller: Caller<'_, T>, at: u32, count: u32| -> wasmtime::Result<i32> {
            let memory = memory(&mut caller)?;
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            get(host).random.fill_bytes(part(bytes, at, count)?);
            Ok(SUCCESS)
        },
    )?;
    define_write(linker, get)
}

fn define_write<T: 'static>(linker: &mut Linker<T>, get: Get<T>) -> wasmtime::Result<()> {
    linker.func_wrap(
        MODULE,
        "fd_write",
        move |mut caller: Caller<'_, T>, _: i32, parts: u32, count: u32, written: u32| {
            let memory = memory(&mut caller)?;
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            let mut total = 0_u32;
            for index in 0..count {
                let at = parts.saturating_add(index.saturating_mul(8));
                let (from, len) = (word(bytes, at)?, word(bytes, at.saturating_add(4))?);
                get(host).print(part(bytes, from, len)?);
                total = total.saturating_add(len);
            }
            write(&mut caller, written, &total.to_le_bytes())
        },
    )?;
    Ok(())
}

fn memory<T: 'static>(caller: &mut Caller<'_, T>) -> wasmtime::Result<Memory> {
    match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => Ok(memory),
        _ => Err(wasmtime::Error::msg("the module exports no memory of the name `memory`")),
    }
}

fn write<T: 'static>(caller: &mut Caller<'_, T>, at: u32, bytes: &[u8]) -> wasmtime::Result<i32> {
    memory(caller)?.write(caller, at as usize, bytes)?;
    Ok(SUCCESS)
}

fn part(bytes: &mut [u8], at: u32, count: u32) -> wasmtime::Result<&mut [u8]> {
    let end = (at as usize).saturating_add(count as usize);
    bytes
        .get_mut(at as usize..end)
        .ok_or_else(|| wasmtime::Error::msg("the program named memory that it does not have"))
}

fn word(bytes: &mut [u8], at: u32) -> wasmtime::Result<u32> {
    let mut word = [0; 4];
    word.copy_from_slice(part(bytes, at, 4)?);
    Ok(u32::from_le_bytes(word))
}
