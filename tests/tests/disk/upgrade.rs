//! Stores that earlier versions wrote, as `tests/stores` has them, and one that a later version did.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use bugle::{Clock, Host, Reader, TriggerId, TriggerState, Value};
use bugle_store::{Digest, Location, Store};
use bugle_tests::program::Place;
use bugle_tests::puppet;
use rusqlite::Connection;

const APP: &str = "com.example.puppet";

/// A minute after the host of the stores was killed.
const NOW: u64 = 1_700_000_060_000;

/// Every schema that there was, and the one that there is.
const SCHEMAS: [u32; 6] = [1, 2, 3, 4, 5, 6];

/// What waited, was running, or was to be tried again.
const LEFT: [u64; 3] = [3, 4, 5];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a store of a schema into a data folder, which it makes.
fn write_store(data: &Path, schema: u32) -> anyhow::Result<PathBuf> {
    let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("stores/schema-{schema}.sql"));
    let puppet = puppet(APP);
    let (_, component) = puppet.files.first().context("an app has a component")?;
    let sql = fs::read_to_string(sql)?
        .replace("{digest}", &hex(&Digest::of(component).0))
        .replace("{component}", &hex(component));
    fs::DirBuilder::new().mode(0o700).create(data)?;
    let path = data.join("bugle.db");
    let conn = Connection::open(&path)?;
    // As every version leaves it.
    conn.query_row("PRAGMA journal_mode = wal", [], |_| Ok(()))?;
    conn.execute_batch(&sql)?;
    conn.close().map_err(|(_, error)| error)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(path)
}

#[test]
fn a_store_of_every_earlier_schema_opens_and_what_waits_there_runs() -> anyhow::Result<()> {
    for schema in SCHEMAS {
        let place = Place::new()?;
        write_store(&place.data(), schema)?;
        went_on(&place.data()).with_context(|| format!("schema {schema}"))?;
    }
    Ok(())
}

/// Starts a host on the store, and looks whether all is there and was done.
fn went_on(data: &Path) -> anyhow::Result<()> {
    let host = Host::builder().data_dir(data).clock(Clock::manual(NOW)).build().wait()?;
    host.settled().wait()?;
    let reader = host.reader();
    let app = APP.parse()?;
    let violations = reader.check()?;
    ensure!(violations.is_empty(), "the store is not sound: {violations:?}");
    let settings = reader.settings(&app)?;
    let runs = 1 + i64::try_from(LEFT.len())?;
    assert_eq!(settings.get("n"), Some(&Value::Integer(runs)), "each run counted once");
    assert_eq!(settings.get("kept/word"), Some(&Value::Text("kept".into())));
    for id in LEFT {
        assert_eq!(reader.trigger_state(TriggerId(id))?, TriggerState::Completed, "{id}");
    }
    let dead: Vec<_> = reader.dead(None)?.iter().map(|letter| letter.id).collect();
    assert_eq!(dead, [TriggerId(2)]);
    let mut titles: Vec<_> = reader.toasts(None)?.into_iter().map(|t| t.toast.title).collect();
    titles.sort();
    assert_eq!(titles, ["kept", "tried before", "waited", "was running"]);
    let old = reader.run("run-1.1".parse()?)?;
    assert_eq!(old.report.result.effects.settings.len(), 1, "what it did can be read");
    assert_eq!(reader.resume_work(&app)?.len(), 1);
    assert_eq!(reader.channels(None)?.len(), 2);
    host.shutdown().wait()?;
    Ok(())
}

#[test]
fn a_store_of_an_earlier_schema_is_not_read_before_a_host_has_opened_it() -> anyhow::Result<()> {
    let place = Place::new()?;
    write_store(&place.data(), 1)?;
    let refused = Reader::open(&place.data()).err().context("it was read")?;
    assert_eq!(refused.code(), "store-too-old");
    Ok(())
}

#[test]
fn a_store_of_a_later_schema_is_refused_and_left_alone() -> anyhow::Result<()> {
    let place = Place::new()?;
    let path = write_store(&place.data(), 5)?;
    let conn = Connection::open(&path)?;
    conn.pragma_update(None, "user_version", 99)?;
    conn.close().map_err(|(_, error)| error)?;
    let before = fs::read(&path)?;
    let refused =
        Store::open(Location::Folder(place.data()), NOW).err().context("it was opened")?;
    assert_eq!(refused.code(), "store-too-new");
    let said = place.bugle(["serve", "--listen", "127.0.0.1:0"])?.refused(3)?;
    let sentence = "the store has schema version 99, and this bugle knows 6: use a newer bugle";
    ensure!(said.contains(sentence) && said.lines().count() == 1, "it says: {said}");
    ensure!(fs::read(&path)? == before, "it was written to");
    Ok(())
}
