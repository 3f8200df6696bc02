//! The contract's imports, one file an interface. Each function charges for itself first, then does
//! a few lines of work on the run's buffer; none waits, none touches the world.

mod badge;
mod local_settings;
mod log;
mod task_context;
mod toasts;
mod trigger;

use wasmtime::component::Linker;

use crate::state::State;

/// The interfaces that a task may import from the contract, without package and version.
pub(crate) const INTERFACES: &[&str] =
    &["types", "trigger-details", "local-settings", "toasts", "badge", "task-context", "log"];

/// The version of the contract that this host has.
pub(crate) const VERSION: &str = "0.1.0";

pub(crate) use trigger::to_wit;

pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    local_settings::add(&mut linker.instance("bugle:task/local-settings@0.1.0")?)?;
    toasts::add(&mut linker.instance("bugle:task/toasts@0.1.0")?)?;
    badge::add(&mut linker.instance("bugle:task/badge@0.1.0")?)?;
    task_context::add(&mut linker.instance("bugle:task/task-context@0.1.0")?)?;
    log::add(&mut linker.instance("bugle:task/log@0.1.0")?)?;
    // Types only; a component imports them where its functions use them.
    linker.instance("bugle:task/types@0.1.0")?;
    linker.instance("bugle:task/trigger-details@0.1.0")?;
    Ok(())
}
