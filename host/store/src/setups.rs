use std::collections::HashMap;

use bugle_task::{Limits, Permissions};
use rusqlite::{Connection, params};

use crate::runs::json;
use crate::writer::Tx;
use crate::{AppKey, Digest, Result, StoreError};

/// What many runs have in common, so that it is kept once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    pub component: Digest,
    pub engine_hash: String,
    pub app_version: String,
    pub permissions: Permissions,
    pub limits: Limits,
}

/// An app's setups by their ids: few, so they are compared one by one. One that another version of
/// this crate wrote and this one cannot read is none; no run of this one has it.
pub(crate) type Setups = Vec<(i64, Option<Setup>)>;

pub(crate) fn load(conn: &Connection) -> Result<HashMap<AppKey, Setups>> {
    let mut select = conn.prepare(
        "SELECT app, component, engine_hash, app_version, permissions, limits, id FROM setups",
    )?;
    let mut rows = select.query([])?;
    let mut setups: HashMap<_, Setups> = HashMap::new();
    while let Some(row) = rows.next()? {
        let text = |at| row.get_ref(at)?.as_str().map_err(StoreError::corrupt);
        let permissions = serde_json::from_str(text(4)?).ok();
        let limits = serde_json::from_str(text(5)?).ok();
        let (component, engine_hash, app_version) = (Digest(row.get(1)?), row.get(2)?, row.get(3)?);
        let setup = permissions.zip(limits).map(|(permissions, limits)| Setup {
            component,
            engine_hash,
            app_version,
            permissions,
            limits,
        });
        setups.entry(AppKey(row.get(0)?)).or_default().push((row.get(6)?, setup));
    }
    Ok(setups)
}

pub(crate) fn id_of(tx: &Tx<'_>, app: AppKey, setup: &Setup) -> Option<i64> {
    let known = tx.state.setups.get(&app)?;
    known.iter().find(|(_, known)| known.as_ref() == Some(setup)).map(|(id, _)| *id)
}

/// Makes sure that a run's setup is kept. Refuses one whose component the store does not have.
pub(crate) fn check(tx: &mut Tx<'_>, app: AppKey, setup: &Setup) -> Result<()> {
    if id_of(tx, app, setup).is_some() {
        return Ok(());
    }
    let component = setup.component;
    let mut select = tx.conn.prepare_cached("SELECT 1 FROM components WHERE digest = ?1")?;
    if !select.exists([component.0])? {
        return Err(StoreError::NoComponent { component });
    }
    let mut insert = tx.conn.prepare_cached(
        "INSERT INTO setups (app, component, engine_hash, app_version, permissions, limits)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let id = insert.insert(params![
        app.0,
        component.0,
        setup.engine_hash,
        setup.app_version,
        json(&setup.permissions)?,
        json(&setup.limits)?
    ])?;
    tx.state.setups.entry(app).or_default().push((id, Some(setup.clone())));
    Ok(())
}
