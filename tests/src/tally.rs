//! The task that counts: what it was pushed shows in what it keeps, so that a push whose effects are
//! lost, doubled or halved shows too. See `crash/tally.wat`.

use std::fs;
use std::path::Path;

use crate::{AppSource, World, fixtures};

/// Where the example manifest has the app's id.
const ID: &str = "com.example.tally";

/// The app, with an id and a channel `inbox`.
///
/// # Errors
///
/// Its guest cannot be read.
pub fn app(id: &str) -> anyhow::Result<AppSource> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crash");
    let manifest = fs::read_to_string(folder.join(bugle::MANIFEST_FILE))?.replace(ID, id);
    let component = World::load()?.encode_file(Path::new(fixtures::TALLY))?;
    Ok(AppSource { manifest, files: vec![("tally.wasm".to_owned(), component)] })
}

/// What to push: a number that is added to a setting, whose path has 8 bytes, and the title of a
/// toast, none if it is empty.
#[must_use]
pub fn push(setting: &str, number: u32, title: &str) -> Vec<u8> {
    [setting.as_bytes(), &number.to_le_bytes(), title.as_bytes()].concat()
}

/// The numbers that a setting has, in the order in which they were committed.
#[must_use]
pub fn numbers(setting: &[u8]) -> Vec<u32> {
    let (numbers, _) = setting.as_chunks::<4>();
    numbers.iter().map(|number| u32::from_le_bytes(*number)).collect()
}
