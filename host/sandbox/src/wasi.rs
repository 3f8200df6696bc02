//! The part of WASI 0.2 that language runtimes need, without the world that WASI is about.
//!
//! A task's own world has no WASI in it; the runtimes of most languages import some all the same.
//! What they get is closed and repeatable: clocks that are the run's own time, randomness that is
//! the run's own, a standard input at its end, standard output and error into the run's log, an
//! empty environment, and a filesystem without one folder. There are no sockets and no HTTP, and
//! nothing is stubbed: an interface that is not in [`INTERFACES`] is refused when the task is
//! installed.
//!
//! Nothing here waits for the real world, touches it, or reads it. A sleep only advances the run's
//! own time. Streams have no state of their own, so that a handle to one is only a number; the one
//! thing that is kept for a guest is the deadline of a pollable, in a table as large as the run's
//! limit of handles.

mod cli;
mod clocks;
mod filesystem;
mod poll;
mod random;
mod stdio;
mod streams;

use bugle_task::{Limits, Usage};
use wasmtime::component::{Linker, LinkerInstance, ResourceTable};

use crate::meter::{Stop, charge};
use crate::state::State;
use stdio::LineBuffer;

pub(crate) use stdio::flush;

/// The newest WASI 0.2 known here. A linker takes a component's import for any 0.2.x, older or
/// newer, as this one, then checks that each function the component wants is there and has its
/// type.
const VERSION: &str = "0.2.12";

/// Defines one interface.
type Define = fn(&mut LinkerInstance<'_, State>) -> wasmtime::Result<()>;

const DEFINITIONS: &[(&str, Define)] = &[
    ("wasi:cli/environment", cli::define_environment),
    ("wasi:cli/exit", cli::define_exit),
    ("wasi:cli/stderr", stdio::define_stderr),
    ("wasi:cli/stdin", stdio::define_stdin),
    ("wasi:cli/stdout", stdio::define_stdout),
    ("wasi:cli/terminal-input", cli::define_terminal_input),
    ("wasi:cli/terminal-output", cli::define_terminal_output),
    ("wasi:cli/terminal-stderr", cli::define_terminal_stderr),
    ("wasi:cli/terminal-stdin", cli::define_terminal_stdin),
    ("wasi:cli/terminal-stdout", cli::define_terminal_stdout),
    ("wasi:clocks/monotonic-clock", clocks::define_monotonic_clock),
    ("wasi:clocks/wall-clock", clocks::define_wall_clock),
    ("wasi:filesystem/preopens", filesystem::define_preopens),
    ("wasi:filesystem/types", filesystem::define_types),
    ("wasi:io/error", streams::define_error),
    ("wasi:io/poll", poll::define),
    ("wasi:io/streams", streams::define),
    ("wasi:random/insecure", random::define_insecure),
    ("wasi:random/insecure-seed", random::define_insecure_seed),
    ("wasi:random/random", random::define_random),
];

/// The interfaces that a task may import, without their version: any 0.2.x will do.
pub(crate) const INTERFACES: &[&str] = &{
    let mut names = [""; DEFINITIONS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = DEFINITIONS[at].0;
        at += 1;
    }
    names
};

/// What a run keeps for the WASI of its guest.
pub(crate) struct Wasi {
    /// Pollables, by the number behind their handles.
    table: ResourceTable,
    handles: Handles,
    stdout: LineBuffer,
    stderr: LineBuffer,
}

impl Wasi {
    pub(crate) fn new(limits: &Limits) -> Self {
        let mut table = ResourceTable::new();
        // A count beyond `usize` cannot be reached, so the largest `usize` is as good.
        table.set_max_capacity(usize::try_from(limits.handles).unwrap_or(usize::MAX));
        let (stdout, stderr) = (LineBuffer::default(), LineBuffer::default());
        let handles = Handles { max: limits.handles, ..Handles::default() };
        Self { table, handles, stdout, stderr }
    }

    pub(crate) fn write_usage(&self, usage: &mut Usage) {
        usage.handles = self.handles.most;
    }
}

/// The handles that the guest has from here: the contract gives it none, and what it makes for
/// itself only the engine counts, which does not tell.
#[derive(Debug, Default)]
struct Handles {
    alive: u64,
    most: u64,
    /// The engine refuses one beyond it after it was given.
    max: u64,
}

impl Handles {
    fn give(&mut self) {
        self.alive = self.alive.saturating_add(1);
        self.most = self.most.max(self.alive).min(self.max);
    }

    fn take_back(&mut self) {
        self.alive = self.alive.saturating_sub(1);
    }
}

/// Defines every interface of [`INTERFACES`].
///
/// # Errors
///
/// Only where a name is defined twice.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    for (name, define) in DEFINITIONS {
        define(&mut linker.instance(&format!("{name}@{VERSION}"))?)?;
    }
    Ok(())
}

/// Defines functions that no guest can reach, so that the libraries of languages link: each takes a
/// handle of a kind that no guest can have, and the canonical ABI traps on a handle that is not
/// there before it calls the host.
fn define_out_of_reach(
    interface: &mut LinkerInstance<'_, State>,
    names: &[&str],
) -> wasmtime::Result<()> {
    for name in names {
        interface.func_new(name, |mut store, _, _, _| {
            charge(&mut store, 0)?;
            Err(Stop::Misuse("the guest used a handle that cannot be").into())
        })?;
    }
    Ok(())
}
