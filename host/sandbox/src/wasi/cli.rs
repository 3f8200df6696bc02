use wasmtime::StoreContextMut;
use wasmtime::component::{LinkerInstance, Resource, ResourceType};

use crate::meter::{Stop, charge};
use crate::state::State;

/// There is no terminal, so that these have no values and no guest can hold a handle to one.
enum TerminalInput {}
enum TerminalOutput {}

pub(super) fn define_environment(
    environment: &mut LinkerInstance<'_, State>,
) -> wasmtime::Result<()> {
    environment.func_wrap("get-environment", |mut store, (): ()| {
        charge(&mut store, 0)?;
        Ok((Vec::<(String, String)>::new(),))
    })?;
    environment.func_wrap("get-arguments", |mut store, (): ()| {
        charge(&mut store, 0)?;
        Ok((Vec::<String>::new(),))
    })?;
    environment.func_wrap("initial-cwd", |mut store, (): ()| {
        charge(&mut store, 0)?;
        Ok((None::<String>,))
    })
}

/// A task ends by returning from `run`: that is how it says how it went. An exit, with whatever
/// status, says nothing, so that it counts as a trap.
fn exit(store: &mut StoreContextMut<'_, State>) -> wasmtime::Result<()> {
    charge(store, 0)?;
    Err(Stop::Misuse("the guest called exit").into())
}

pub(super) fn define_exit(cli: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    cli.func_wrap("exit", |mut store, (_status,): (Result<(), ()>,)| exit(&mut store))?;
    cli.func_wrap("exit-with-code", |mut store, (_code,): (u8,)| exit(&mut store))
}

pub(super) fn define_terminal_input(cli: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    cli.resource("terminal-input", ResourceType::host::<TerminalInput>(), |_, _| Ok(()))
}

pub(super) fn define_terminal_output(cli: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    cli.resource("terminal-output", ResourceType::host::<TerminalOutput>(), |_, _| Ok(()))
}

fn no_terminal<T: 'static>(
    mut store: StoreContextMut<'_, State>,
    (): (),
) -> wasmtime::Result<(Option<Resource<T>>,)> {
    charge(&mut store, 0)?;
    Ok((None,))
}

pub(super) fn define_terminal_stdin(cli: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    cli.func_wrap("get-terminal-stdin", no_terminal::<TerminalInput>)
}

pub(super) fn define_terminal_stdout(cli: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    cli.func_wrap("get-terminal-stdout", no_terminal::<TerminalOutput>)
}

pub(super) fn define_terminal_stderr(cli: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    cli.func_wrap("get-terminal-stderr", no_terminal::<TerminalOutput>)
}
