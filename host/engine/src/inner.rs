use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bugle_store::{AppKey, ChannelKey, ChannelRecord, Store};
use bugle_task::{AppId, Limits, Name, Quotas, Timestamp, TriggerKind};

use crate::channel::Address;
use crate::clock::Clock;
use crate::components::SharedComponents;
use crate::delivery::Deliveries;
use crate::keys::Keys;
use crate::lane::{InstalledApp, Lane, Overlay, Spent};
use crate::pool::Pool;
use crate::receipt::Watches;
use crate::room::Room;
use crate::tally::Tally;
use crate::timers::Timers;
use crate::{ChannelId, Error, Protocol, Reader, Topic};

/// How many addresses are remembered, so that a push need not ask the store whose channel it is for.
/// 100 bytes each.
const ADDRESSES_MAX: usize = 65_536;

/// How many apps are kept in memory while nothing happens to them. A lane has the app's settings, at
/// most 1 MiB and mostly far less.
const LANES_IDLE_MAX: usize = 1_024;

/// Everything that the host's parts share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) reader: Reader,
    pub(crate) components: SharedComponents,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    /// What the operator lets each run use.
    pub(crate) limits: Limits,
    /// What the operator lets each app use over time.
    pub(crate) quotas: Quotas,
    pub(crate) room: Room,
    /// Held while there may be pictures that the store does not name yet.
    pub(crate) picturing: Mutex<()>,
    lanes: Mutex<HashMap<AppKey, Arc<Lane>>>,
    addresses: Mutex<Addresses>,
    pub(crate) watches: Watches,
    pub(crate) pool: Pool,
    pub(crate) timers: Timers,
    pub(crate) deliveries: Arc<Deliveries>,
    pub(crate) tally: Arc<Tally>,
    is_stopping: AtomicBool,
}

/// What was looked up of addresses.
#[derive(Debug, Default)]
struct Addresses {
    known: HashMap<[u8; 32], Arc<Addressed>>,
    /// The number of each app's credentials.
    credentials: HashMap<AppId, u32>,
    /// How often all of it was forgotten: what was looked up before must not be kept after.
    forgotten: u64,
}

/// What an address leads to.
#[derive(Debug)]
pub(crate) struct Addressed {
    pub(crate) app: AppKey,
    pub(crate) channel: ChannelKey,
    pub(crate) id: ChannelId,
    pub(crate) generation: u32,
    pub(crate) protocol: Protocol,
    pub(crate) expires_at: Timestamp,
}

/// What [`HostBuilder`] has put together.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) reader: Reader,
    pub(crate) components: SharedComponents,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) quotas: Quotas,
}

impl Inner {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            store: parts.store,
            room: Room::of(parts.reader.data_dir().map(Path::to_owned)),
            reader: parts.reader,
            components: parts.components,
            keys: parts.keys,
            clock: parts.clock,
            limits: parts.limits,
            quotas: parts.quotas,
            picturing: Mutex::default(),
            lanes: Mutex::default(),
            addresses: Mutex::default(),
            watches: Watches::default(),
            pool: Pool::new(),
            timers: Timers::default(),
            deliveries: Arc::default(),
            tally: Arc::default(),
            is_stopping: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// Begins to stop: nothing more is accepted. Whether it had begun before.
    pub(crate) fn begin_to_stop(&self) -> bool {
        self.is_stopping.swap(true, Ordering::SeqCst)
    }

    /// The task of an app for a trigger of a kind: the one that is named, or the first that takes it.
    pub(crate) fn task_for(
        app: &InstalledApp,
        task: Option<&Name>,
        kind: TriggerKind,
    ) -> Result<Name, Error> {
        let id = || app.record.id.clone();
        let entry = match task {
            Some(name) => app
                .manifest
                .task(name)
                .ok_or_else(|| Error::UnknownTask { app: id(), task: name.clone() })
                .map(|entry| Some(entry).filter(|entry| entry.triggers.contains(&kind)))?,
            None => app.manifest.task_for(kind),
        };
        let entry = entry.ok_or_else(|| Error::NoTaskFor { app: id(), kind: kind.as_str() })?;
        Ok(entry.name.clone())
    }

    /// Sees to what is left unclaimed: what is due later, and what is due but that no turn will claim.
    /// `now` is the moment that the store claimed by.
    pub(crate) fn claim_later(&self, lane: &Lane, next_due: Option<Timestamp>, now: Timestamp) {
        match next_due {
            Some(due) if due > now => self.timers.claim_at(due, lane.key),
            Some(_) if lane.lock().queue.is_empty() => self.timers.was_left(now, lane.key),
            // The commit of the next turn claims more.
            Some(_) | None => {}
        }
    }

    /// What the next run of an app starts from.
    pub(crate) fn load_overlay(&self, app: AppKey) -> Result<Overlay, Error> {
        let reader = self.store.reader();
        let (settings, change) = reader.settings(app)?;
        let since = Overlay::window_start(self.clock.now());
        let (window, us) = reader.spent(app)?;
        Ok(Overlay {
            settings: Arc::new(settings),
            change,
            badge: reader.badge(app)?,
            toast_times: reader.toast_times_since(app, since)?.into(),
            spent: Spent { window, us },
        })
    }

    pub(crate) fn lane_of(&self, id: &AppId) -> Result<Arc<Lane>, Error> {
        let unknown = || Error::UnknownApp { app: id.clone() };
        let record = self.store.reader().app(id)?.ok_or_else(unknown)?;
        self.lane(record.key)?.ok_or_else(unknown)
    }

    /// The lane of an app, made if there is none yet; none if there is no such app.
    pub(crate) fn lane(&self, key: AppKey) -> Result<Option<Arc<Lane>>, Error> {
        if let Some(lane) = self.known_lane(key) {
            return Ok(Some(lane));
        }
        let reader = self.store.reader();
        let Some(record) = reader.app_by_key(key)? else { return Ok(None) };
        let waiting = reader.waiting(key)?;
        let (triggers, bytes) = (waiting.waiting + waiting.claimed, waiting.bytes);
        let lane = Arc::new(Lane::new(InstalledApp::new(record)?, triggers, bytes));
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.len() >= LANES_IDLE_MAX {
            // Whoever else holds an idle lane may be about to use it.
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1 || !lane.is_idle());
        }
        Ok(Some(Arc::clone(lanes.entry(key).or_insert(lane))))
    }

    pub(crate) fn known_lane(&self, key: AppKey) -> Option<Arc<Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    pub(crate) fn known_lanes(&self) -> Vec<Arc<Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn forget_lane(&self, key: AppKey) {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        self.forget_addresses();
    }

    pub(crate) fn forget_addresses(&self) {
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.known.clear();
        addresses.credentials.clear();
        addresses.forgotten += 1;
    }

    pub(crate) fn addressed(&self, address: &Address) -> Result<Arc<Addressed>, Error> {
        let hash = address.hash();
        let (known, forgotten) = {
            let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
            (addresses.known.get(&hash).cloned(), addresses.forgotten)
        };
        match known {
            Some(addressed) => Ok(addressed),
            None => self.look_up(hash, forgotten),
        }
    }

    /// The number of an app's credentials; 0 if there are none.
    pub(crate) fn credentials(&self, app: &AppId) -> Result<u32, Error> {
        let forgotten = {
            let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(number) = addresses.credentials.get(app) {
                return Ok(*number);
            }
            addresses.forgotten
        };
        let Some(record) = self.store.reader().app(app)? else { return Ok(0) };
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        // As for addresses: what was changed meanwhile must not be kept. There are no more than apps.
        if addresses.forgotten == forgotten {
            addresses.credentials.insert(app.clone(), record.credentials);
        }
        Ok(record.credentials)
    }

    /// The channel of a topic.
    pub(crate) fn addressed_by_topic(&self, topic: &Topic) -> Result<Addressed, Error> {
        let record = self.store.reader().channel_by_topic(topic.as_str().to_owned())?;
        self.addressed_of(record)
    }

    fn addressed_of(&self, record: Option<ChannelRecord>) -> Result<Addressed, Error> {
        let record = record.filter(|record| record.closed_at.is_none());
        let record = record.ok_or(Error::UnknownAddress)?;
        let app = self.store.reader().app_by_key(record.app)?.ok_or(Error::UnknownAddress)?;
        Ok(Addressed {
            app: record.app,
            channel: record.key,
            id: ChannelId { app: app.id, name: record.name },
            generation: record.generation,
            protocol: Protocol::of(&record.setup)?,
            expires_at: record.expires_at,
        })
    }

    fn look_up(&self, hash: [u8; 32], forgotten: u64) -> Result<Arc<Addressed>, Error> {
        let record = self.store.reader().channel_by_hash(hash)?;
        let addressed = Arc::new(self.addressed_of(record)?);
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.forgotten != forgotten {
            // A channel was closed meanwhile, and may be this one.
            return Ok(addressed);
        }
        if addresses.known.len() >= ADDRESSES_MAX {
            addresses.known.clear();
        }
        addresses.known.insert(hash, Arc::clone(&addressed));
        Ok(addressed)
    }
}
