use std::collections::{BTreeMap, HashMap};

use bugle_task::{AppId, Quotas, TriggerId};
use rusqlite::Connection;

use crate::channels::Taken;
use crate::conduct::{self, Known};
use crate::setups::Setups;
use crate::sweep::{Progress, Unswept};
use crate::{AppKey, ChannelKey, Result, StoreError};

/// What the writer knows by heart, so that the frequent transactions read nothing. [`State::load`] makes it
/// again from the tables whenever something was rolled back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// Which opening of the store this is: what it claims carries the number.
    pub incarnation: i64,
    /// What each app is held to.
    pub quotas: Quotas,
    pub apps: HashMap<AppKey, AppState>,
    /// What this incarnation has claimed.
    pub open: HashMap<TriggerId, OpenClaim>,
    /// What an unclean stop may have been the fault of, waiting or claimed.
    pub suspects: BTreeMap<TriggerId, AppKey>,
    pub setups: HashMap<AppKey, Setups>,
    /// Apps of which something may be more than is kept.
    pub unswept: BTreeMap<AppKey, Unswept>,
    /// What a round through them has not come to; none between rounds.
    pub round: Option<BTreeMap<AppKey, Progress>>,
    /// The number of each channel's address, unless it was closed.
    pub addresses: HashMap<ChannelKey, u32>,
    /// How many pushes are remembered by their names, of each channel that has some.
    pub names: HashMap<ChannelKey, u64>,
    /// Something was erased that must not stay in the log either.
    pub erased: bool,
    /// What channels took in this transaction.
    pub taken: HashMap<ChannelKey, Taken>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AppState {
    pub id: AppId,
    /// The number of the app's last change of settings.
    pub change: u64,
    /// Claims that are open.
    pub open: usize,
    /// Waiting for a first attempt, or for one that was given back.
    pub fresh: u64,
    /// Waiting for another attempt.
    pub retrying: u64,
    pub conduct: Known,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenClaim {
    pub app: AppKey,
    pub claim: u32,
    pub attempt: u32,
    pub attempts_max: u32,
    pub is_suspect: bool,
}

impl State {
    pub(crate) fn load(conn: &Connection) -> Result<Self> {
        let (incarnation, quotas) =
            conn.query_row("SELECT incarnation, quotas FROM meta", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })?;
        let mut state = Self {
            incarnation,
            quotas: crate::runs::parse(&quotas)?,
            apps: HashMap::new(),
            open: HashMap::new(),
            suspects: BTreeMap::new(),
            setups: crate::setups::load(conn)?,
            unswept: BTreeMap::new(),
            round: None,
            addresses: crate::channels::addresses(conn)?,
            names: crate::repeat::names(conn)?,
            erased: false,
            taken: HashMap::new(),
        };
        state.load_apps(conn)?;
        state.load_claims(conn)?;
        Ok(state)
    }

    /// With what was noted beside the tables, when one request was undone: it is of others.
    pub(crate) fn after(self, before: &mut Self) -> Self {
        let (mut unswept, mut round) = (std::mem::take(&mut before.unswept), before.round.take());
        // An app may have come with the request.
        unswept.retain(|app, _| self.apps.contains_key(app));
        if let Some(round) = &mut round {
            round.retain(|app, _| self.apps.contains_key(app));
        }
        Self { erased: before.erased, unswept, round, ..self }
    }

    fn load_apps(&mut self, conn: &Connection) -> Result<()> {
        let mut apps = conn.prepare(
            "SELECT key, id, coalesce(change, 0) FROM apps LEFT JOIN changes ON app = key",
        )?;
        let mut conduct = conduct::load(conn)?;
        let mut rows = apps.query([])?;
        while let Some(row) = rows.next()? {
            let key = AppKey(row.get(0)?);
            let id: String = row.get(1)?;
            let id = id.parse().map_err(StoreError::corrupt)?;
            let change = row.get::<_, i64>(2)?.cast_unsigned();
            let conduct = conduct.remove(&key).unwrap_or_default();
            let app = AppState { id, change, open: 0, fresh: 0, retrying: 0, conduct };
            self.apps.insert(key, app);
            self.unswept.insert(key, Unswept::default());
        }
        let mut waiting = conn.prepare(
            "SELECT app, sum(ready_at = 0), sum(ready_at > 0) FROM queue WHERE state = 0 GROUP BY app",
        )?;
        let mut rows = waiting.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(app) = self.apps.get_mut(&AppKey(row.get(0)?)) {
                app.fresh = row.get::<_, i64>(1)?.cast_unsigned();
                app.retrying = row.get::<_, i64>(2)?.cast_unsigned();
            }
        }
        Ok(())
    }

    fn load_claims(&mut self, conn: &Connection) -> Result<()> {
        let mut claims = conn.prepare(
            "SELECT id, q.app, state, claims, pardons, attempts_max, suspect
             FROM queue q JOIN triggers USING (id) WHERE state = 1 OR suspect = 1",
        )?;
        let mut rows = claims.query([])?;
        while let Some(row) = rows.next()? {
            let id = TriggerId(row.get::<_, i64>(0)?.cast_unsigned());
            let (app, is_suspect) = (AppKey(row.get(1)?), row.get(6)?);
            let claim: u32 = row.get(3)?;
            let attempt = claim.saturating_sub(row.get(4)?);
            if is_suspect {
                self.suspects.insert(id, app);
            }
            if row.get::<_, i64>(2)? == 1 {
                let attempts_max = row.get(5)?;
                self.claimed(id, OpenClaim { app, claim, attempt, attempts_max, is_suspect });
            }
        }
        Ok(())
    }

    pub(crate) fn app(&self, app: AppKey) -> Result<&AppState> {
        self.apps.get(&app).ok_or(StoreError::NoApp { app })
    }

    pub(crate) fn app_mut(&mut self, app: AppKey) -> Result<&mut AppState> {
        self.apps.get_mut(&app).ok_or(StoreError::NoApp { app })
    }

    /// Notes a claim.
    pub(crate) fn claimed(&mut self, id: TriggerId, claim: OpenClaim) {
        if let Some(app) = self.apps.get_mut(&claim.app) {
            app.open += 1;
        }
        self.open.insert(id, claim);
    }

    /// Notes the end of a claim. A suspect that is not released has shown that it kills no host.
    pub(crate) fn ended(&mut self, id: TriggerId, was_released: bool) {
        if let Some(claim) = self.open.remove(&id)
            && let Some(app) = self.apps.get_mut(&claim.app)
        {
            app.open -= 1;
        }
        if !was_released {
            self.suspects.remove(&id);
        }
    }

    /// Notes that a trigger left the waiting ones, or joined them.
    pub(crate) fn count_waiting(&mut self, app: AppKey, ready_at: i64, is_more: bool) {
        if let Some(app) = self.apps.get_mut(&app) {
            let count = if ready_at == 0 { &mut app.fresh } else { &mut app.retrying };
            *count = if is_more { *count + 1 } else { count.saturating_sub(1) };
        }
    }

    /// Counts anew what waits for an app.
    pub(crate) fn recount(&mut self, conn: &Connection, key: AppKey) -> Result<()> {
        let app = self.app_mut(key)?;
        let mut count = conn.prepare_cached(
            "SELECT coalesce(sum(ready_at = 0), 0), coalesce(sum(ready_at > 0), 0)
             FROM queue WHERE app = ?1 AND state = 0",
        )?;
        (app.fresh, app.retrying) = count.query_row([key.0], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
        })?;
        Ok(())
    }

    /// Forgets an app that was removed.
    pub(crate) fn forget(&mut self, app: AppKey) {
        self.apps.remove(&app);
        self.unswept.remove(&app);
        if let Some(round) = &mut self.round {
            round.remove(&app);
        }
        self.open.retain(|_, claim| claim.app != app);
        self.suspects.retain(|_, of| *of != app);
        self.setups.remove(&app);
    }
}
