use bugle_task::Level;
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::bindings::bugle::task::log as wit;
use crate::meter::charge_words;
use crate::state::State;

pub(super) fn add(instance: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    instance.func_wrap("write", write)
}

fn write(
    mut store: StoreContextMut<'_, State>,
    (level, message): (wit::Level, String),
) -> wasmtime::Result<()> {
    charge_words(&mut store, message.len())?;
    let level = match level {
        wit::Level::Trace => Level::Trace,
        wit::Level::Debug => Level::Debug,
        wit::Level::Info => Level::Info,
        wit::Level::Warn => Level::Warn,
        wit::Level::Error => Level::Error,
    };
    store.data_mut().log.write(level, &message);
    Ok(())
}
