use bugle_task::{Bytes, Value};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::bindings::bugle::task::local_settings as wit;
use crate::effects::SettingsError;
use crate::meter::{charge, charge_work};
use crate::state::State;

/// The most names that one page of a container has.
const PAGE_NAMES_MAX: u32 = 256;

/// What going through one setting costs, when a container is listed or cleared: about what it takes.
const FUEL_PER_SETTING: u64 = 1_000;

pub(super) fn add(instance: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    instance.func_wrap("get", get)?;
    instance.func_wrap("set", set)?;
    instance.func_wrap("remove", remove)?;
    instance.func_wrap("clear", clear)?;
    instance.func_wrap("items", items)?;
    instance.func_wrap("version", |mut store: StoreContextMut<'_, State>, (): ()| {
        charge(&mut store, 0)?;
        Ok((store.data().buffer.version(),))
    })?;
    instance.func_wrap("set-version", |mut store: StoreContextMut<'_, State>, (version,)| {
        charge(&mut store, 0)?;
        store.data_mut().buffer.set_version(version);
        Ok(())
    })
}

type Answer<T> = wasmtime::Result<(Result<T, wit::SettingsError>,)>;

fn get(mut store: StoreContextMut<'_, State>, (path,): (String,)) -> Answer<Option<wit::Value>> {
    charge(&mut store, path.len())?;
    let value = match store.data().buffer.get(&path) {
        Ok(value) => value.map(to_wit),
        Err(error) => return Ok((Err(error.into()),)),
    };
    // What is handed to the guest is work as well.
    let bytes = value.as_ref().map_or(0, size);
    charge_work(&mut store, bytes as u64)?;
    Ok((Ok(value),))
}

fn set(mut store: StoreContextMut<'_, State>, (path, value): (String, wit::Value)) -> Answer<()> {
    charge(&mut store, path.len() + size(&value))?;
    let set = store.data_mut().buffer.set(&path, from_wit(value));
    Ok((set.map_err(Into::into),))
}

fn remove(mut store: StoreContextMut<'_, State>, (path,): (String,)) -> Answer<bool> {
    charge(&mut store, path.len())?;
    let removed = store.data_mut().buffer.remove(&path);
    Ok((removed.map_err(Into::into),))
}

fn clear(mut store: StoreContextMut<'_, State>, (container,): (String,)) -> Answer<u32> {
    charge_scan(&mut store, container.len())?;
    let cleared = store.data_mut().buffer.clear(&container);
    Ok((cleared.map_err(Into::into),))
}

fn items(
    mut store: StoreContextMut<'_, State>,
    (container, after, limit): (String, Option<String>, u32),
) -> Answer<wit::Page> {
    let after = after.unwrap_or_default();
    charge_scan(&mut store, container.len() + after.len())?;
    let names = match store.data().buffer.names(&container) {
        Ok(names) => names,
        Err(error) => return Ok((Err(error.into()),)),
    };
    let mut items: Vec<wit::Item> = Vec::new();
    let mut next = None;
    let mut left = limit.clamp(1, PAGE_NAMES_MAX);
    for (name, is_container) in names.into_iter().filter(|(name, _)| *name > after.as_str()) {
        let is_same = items.last().is_some_and(|last| last.name == name);
        if !is_same && left == 0 {
            next = items.last().map(|last| last.name.clone());
            break;
        }
        left -= u32::from(!is_same);
        items.push(wit::Item { name: name.to_owned(), is_container });
    }
    Ok((Ok(wit::Page { items, next }),))
}

/// Listing and clearing go through the container; the app's whole count bounds that from above.
fn charge_scan(store: &mut StoreContextMut<'_, State>, bytes: usize) -> wasmtime::Result<()> {
    charge(store, bytes)?;
    let count = store.data().buffer.count();
    charge_work(store, count.saturating_mul(FUEL_PER_SETTING))
}

/// What moving a value between guest and host copies.
fn size(value: &wit::Value) -> usize {
    match value {
        wit::Value::Text(text) => text.len(),
        wit::Value::Bytes(bytes) => bytes.len(),
        wit::Value::Boolean(_)
        | wit::Value::Integer(_)
        | wit::Value::Float(_)
        | wit::Value::Timestamp(_) => 8,
    }
}

fn from_wit(value: wit::Value) -> Value {
    match value {
        wit::Value::Boolean(value) => Value::Boolean(value),
        wit::Value::Integer(value) => Value::Integer(value),
        // One NaN, so that equal runs leave equal bytes.
        wit::Value::Float(value) => Value::Float(if value.is_nan() { f64::NAN } else { value }),
        wit::Value::Text(value) => Value::Text(value),
        wit::Value::Bytes(value) => Value::Bytes(Bytes(value)),
        wit::Value::Timestamp(value) => Value::Timestamp(value),
    }
}

fn to_wit(value: &Value) -> wit::Value {
    match value {
        Value::Boolean(value) => wit::Value::Boolean(*value),
        Value::Integer(value) => wit::Value::Integer(*value),
        Value::Float(value) => wit::Value::Float(*value),
        Value::Text(value) => wit::Value::Text(value.clone()),
        Value::Bytes(value) => wit::Value::Bytes(value.0.clone()),
        Value::Timestamp(value) => wit::Value::Timestamp(*value),
    }
}

impl From<SettingsError> for wit::SettingsError {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::InvalidPath(why) => Self::InvalidPath(why),
            SettingsError::ValueTooLarge(max) => Self::ValueTooLarge(max),
            SettingsError::QuotaExceeded(max) => Self::QuotaExceeded(max),
            SettingsError::TooMany(max) => Self::TooMany(max),
        }
    }
}
