use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bugle_store::{Accept, AppKey, ChannelKey, OpenChannel, Store, StoreError, wait};
use bugle_task::{
    AppId, Limits, Name, RawNotification, RunId, Timestamp, Trigger, TriggerId, TriggerKind, Value,
};

use crate::builder::HostBuilder;
use crate::channel::{Address, CHANNEL_LIFE_MS, Channel, ChannelId};
use crate::clock::Clock;
use crate::components::SharedComponents;
use crate::delivery::Deliveries;
use crate::keys::Keys;
use crate::lane::{InstalledApp, Lane, Overlay};
use crate::pending::{Pending, Promise, spawn};
use crate::pool::Pool;
use crate::push::Push;
use crate::receipt::{Receipt, Watch, Watches};
use crate::retry::ATTEMPTS_MAX;
use crate::timers::Timers;
use crate::{App, Error, Reader, Replay, install, replay, way};

/// How many addresses are remembered, so that a push need not ask the store whose channel it is for.
/// 100 bytes each.
const ADDRESSES_MAX: usize = 65_536;

/// How many apps are kept in memory while nothing happens to them. A lane has the app's settings, at
/// most 1 MiB and mostly far less.
const LANES_IDLE_MAX: usize = 1_024;

/// How long a sender should wait when an app's queue is full: a turn or two.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// A running host. Cheap to clone; it stops with [`shutdown`](Self::shutdown), or when the last clone
/// is dropped (which waits for running tasks to end, at most their grace time).
#[derive(Debug, Clone)]
pub struct Host {
    pub(crate) inner: Arc<Inner>,
    life: Arc<Life>,
}

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
    lanes: Mutex<HashMap<AppKey, Arc<Lane>>>,
    addresses: Mutex<HashMap<[u8; 32], Arc<Addressed>>>,
    pub(crate) watches: Watches,
    pub(crate) pool: Pool,
    pub(crate) timers: Timers,
    pub(crate) deliveries: Arc<Deliveries>,
    is_stopping: AtomicBool,
}

/// What an address leads to.
#[derive(Debug)]
struct Addressed {
    app: AppKey,
    channel: ChannelKey,
    name: Name,
    expires_at: Timestamp,
}

/// Stops the host when nobody has it any more.
#[derive(Debug)]
struct Life {
    inner: Arc<Inner>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What [`HostBuilder`] has put together.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) reader: Reader,
    pub(crate) components: SharedComponents,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
}

impl Host {
    /// Begins to set a host up.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    pub(crate) fn new(parts: Parts) -> Self {
        let inner = Arc::new(Inner {
            store: parts.store,
            reader: parts.reader,
            components: parts.components,
            keys: parts.keys,
            clock: parts.clock,
            limits: parts.limits,
            lanes: Mutex::default(),
            addresses: Mutex::default(),
            watches: Watches::default(),
            pool: Pool::default(),
            timers: Timers::default(),
            deliveries: Arc::default(),
            is_stopping: AtomicBool::new(false),
        });
        let life = Arc::new(Life { inner: Arc::clone(&inner), threads: Mutex::default() });
        Self { inner, life }
    }

    /// A thread that ends with the host.
    pub(crate) fn has_thread(&self, thread: JoinHandle<()>) {
        self.life.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
    }

    /// Installs the app in a folder: checks its manifest and components, compiles them, and puts them
    /// in place of an earlier version, whose settings, channels and history stay.
    ///
    /// # Errors
    ///
    /// The manifest, or a component, is not as it must be; nothing is installed then.
    pub fn install(&self, folder: impl AsRef<Path>) -> Pending<App> {
        let (host, folder) = (self.clone(), folder.as_ref().to_owned());
        spawn("bugle-install", move || install::install(&host, &folder))
    }

    /// Removes an app with everything that is its own. A running task is asked to end, then cut.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn remove(&self, app: &AppId) -> Pending<()> {
        let (host, app) = (self.clone(), app.clone());
        spawn("bugle-remove", move || install::remove(&host, &app))
    }

    /// An installed app.
    ///
    /// # Errors
    ///
    /// There is no such app, or the store cannot be read.
    pub fn app(&self, id: &AppId) -> Result<App, Error> {
        let lane = self.inner.lane_of(id)?;
        Ok(App::new(self.clone(), id.clone(), lane))
    }

    /// Opens a channel of an app's manifest, or gives the one that is open: the same address until it
    /// is closed or 30 days have passed.
    ///
    /// # Errors
    ///
    /// The app's manifest has no such channel.
    pub fn open_channel(&self, id: &ChannelId) -> Pending<Channel> {
        match self.begin_open_channel(id) {
            Ok(pending) => pending,
            Err(error) => Pending::ready(Err(error)),
        }
    }

    fn begin_open_channel(&self, id: &ChannelId) -> Result<Pending<Channel>, Error> {
        let lane = self.inner.lane_of(&id.app)?;
        if lane.app().manifest.channel(&id.name).is_none() {
            return Err(Error::UnknownChannel { channel: id.clone() });
        }
        let (promise, pending) = Promise::new();
        let (keys, id, now) = (self.inner.keys.clone(), id.clone(), self.inner.clock.now());
        let (keys_of_hash, id_of_hash) = (keys.clone(), id.clone());
        let open = OpenChannel {
            app: lane.key,
            name: id.name.clone(),
            now,
            expires_at: now.saturating_add(CHANNEL_LIFE_MS),
            hash_of: Box::new(move |generation| {
                keys_of_hash.address(&id_of_hash, generation).hash()
            }),
        };
        self.inner.store.open_channel(open, move |answer| {
            promise.keep(answer.map_err(Error::from).map(|record| Channel {
                address: keys.address(&id, record.generation),
                id,
                opened_at: record.opened_at,
                expires_at: record.expires_at,
            }));
        });
        Ok(pending)
    }

    /// Closes a channel: its address leads nowhere from now on, and never again. Whether it was open.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn close_channel(&self, id: &ChannelId) -> Pending<bool> {
        let lane = match self.inner.lane_of(&id.app) {
            Ok(lane) => lane,
            Err(error) => return Pending::ready(Err(error)),
        };
        let (promise, pending) = Promise::new();
        let (inner, now) = (Arc::clone(&self.inner), self.inner.clock.now());
        self.inner.store.close_channel(lane.key, id.name.clone(), now, move |answer| {
            inner.forget_addresses();
            promise.keep(answer.map_err(Error::from));
        });
        pending
    }

    /// Accepts a push to a channel. Once the receipt is there, the push is durable.
    ///
    /// # Errors
    ///
    /// The channel is not open, the push is empty or too large, the queue is full, or the store
    /// cannot keep it.
    pub fn push(&self, channel: &ChannelId, push: Push) -> Pending<Receipt> {
        let open = || {
            let lane = self.inner.lane_of(&channel.app)?;
            let record = self.inner.reader.open_channel(lane.key, &channel.name)?;
            let record = record.filter(|record| record.expires_at > self.inner.clock.now());
            let not_open = || Error::ChannelNotOpen { channel: channel.clone() };
            Ok((lane, record.ok_or_else(not_open)?))
        };
        match open() {
            Ok((lane, record)) => self.accept_push(&lane, record.key, channel.name.clone(), push),
            Err(error) => Pending::ready(Err(error)),
        }
    }

    /// Accepts a push to an address, as it came through a door.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push). An address that was never given out, one of a closed channel and one
    /// of an expired channel are all [`Error::UnknownAddress`].
    pub fn push_to(&self, address: &Address, push: Push) -> Pending<Receipt> {
        let open = || {
            let addressed = self.inner.addressed(address)?;
            let lane = self.inner.lane(addressed.app)?.ok_or(Error::UnknownAddress)?;
            Ok((lane, addressed))
        };
        match open() {
            Ok((lane, to)) => self.accept_push(&lane, to.channel, to.name.clone(), push),
            Err(error) => Pending::ready(Err(error)),
        }
    }

    fn accept_push(
        &self,
        lane: &Arc<Lane>,
        channel: ChannelKey,
        name: Name,
        push: Push,
    ) -> Pending<Receipt> {
        if push.content.is_empty() {
            return Pending::ready(Err(Error::ContentEmpty));
        }
        let app = lane.app();
        let Some(entry) = app.manifest.channel(&name) else {
            // The installed version has given the channel up.
            return Pending::ready(Err(Error::UnknownAddress));
        };
        let now = self.inner.clock.now();
        let trigger = Trigger::RawNotification(RawNotification {
            channel: name,
            content: push.content,
            content_type: push.content_type,
            headers: push.headers,
            received_at: now,
        });
        self.inner.accept(lane, Some(channel), entry.task.clone(), trigger, push.ttl)
    }

    /// Sets a setting of an app, or removes it (`None`), between two runs. Whether there was one.
    ///
    /// # Errors
    ///
    /// There is no such app, or the path or the value is not what a setting may have.
    pub fn set_setting(&self, app: &AppId, path: &str, value: Option<Value>) -> Pending<bool> {
        match self.app(app) {
            Ok(app) => app.settings().change(path, value),
            Err(error) => Pending::ready(Err(error)),
        }
    }

    /// Puts a dead trigger back in the queue, as if it had never been tried.
    ///
    /// # Errors
    ///
    /// It is not dead.
    pub fn retry_dead(&self, id: TriggerId) -> Pending<()> {
        let (promise, pending) = Promise::new();
        let (inner, now) = (Arc::clone(&self.inner), self.inner.clock.now());
        self.inner.store.retry_dead(id, move |answer| {
            promise.keep(match answer {
                Ok(app) => {
                    inner.timers.claim_at(now, app);
                    Ok(())
                }
                Err(error) => Err(not_dead(error)),
            });
        });
        pending
    }

    /// Forgets a dead trigger.
    ///
    /// # Errors
    ///
    /// It is not dead.
    pub fn drop_dead(&self, id: TriggerId) -> Pending<()> {
        let (promise, pending) = Promise::new();
        self.inner.store.drop_dead(id, move |answer| {
            promise.keep(answer.map(drop).map_err(not_dead));
        });
        pending
    }

    /// Runs a kept run again, with the same inputs, and compares. Nothing is committed.
    ///
    /// # Errors
    ///
    /// There is no such run, or its component cannot be made ready.
    pub fn replay(&self, run: RunId) -> Pending<Replay> {
        let inner = Arc::clone(&self.inner);
        spawn("bugle-replay", move || replay::replay(&inner.reader, &inner.components, run))
    }

    /// Reads what the host keeps.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.inner.reader
    }

    /// The clock that the host reads.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Answers when nothing is due, and nothing is being accepted, run, committed or delivered.
    /// Triggers that wait for a later attempt do not count.
    ///
    /// # Errors
    ///
    /// A thread cannot be started.
    pub fn settled(&self) -> Pending<()> {
        let inner = Arc::clone(&self.inner);
        spawn("bugle-settle", move || {
            // What is due makes work, and work makes something due: until neither did any more.
            loop {
                let begun = inner.pool.begun();
                inner.timers.wait_until_idle(&inner.clock);
                inner.pool.wait_until_quiet();
                if inner.timers.is_idle(&inner.clock) && inner.pool.begun() == begun {
                    break;
                }
            }
            inner.deliveries.wait_until_delivered();
            Ok(())
        })
    }

    /// Stops: accepts nothing more, asks running tasks to end and cuts those that do not within their
    /// grace time, commits what ended, and closes the store. What waits is kept.
    ///
    /// # Errors
    ///
    /// The store could not be closed cleanly; nothing that was accepted is lost.
    pub fn shutdown(&self) -> Pending<()> {
        let life = Arc::clone(&self.life);
        spawn("bugle-shutdown", move || life.stop())
    }
}

fn not_dead(error: StoreError) -> Error {
    match error {
        StoreError::NotDead { id } => Error::NotDead { trigger: id },
        error => error.into(),
    }
}

impl Life {
    fn stop(&self) -> Result<(), Error> {
        let inner = &self.inner;
        if inner.is_stopping.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        for lane in inner.known_lanes() {
            if let Some(control) = &lane.lock().control {
                control.cancel(bugle_task::CancellationReason::Terminating);
            }
        }
        inner.pool.stop();
        inner.pool.join();
        inner.timers.stop();
        inner.deliveries.stop();
        let threads = {
            let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *threads)
        };
        for thread in threads {
            // One that panicked has said so.
            let _ = thread.join();
        }
        // The writer works in order: what was asked of it before is committed first.
        let closed = wait(|reply| inner.store.close(inner.clock.now(), reply));
        inner.watches.close();
        Ok(closed?)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!(%error, "the host did not stop cleanly");
        }
    }
}

impl Inner {
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }

    /// Makes a trigger durable, and gives it to its lane.
    pub(crate) fn accept(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        channel: Option<ChannelKey>,
        task: Name,
        trigger: Trigger,
        ttl: Option<Duration>,
    ) -> Pending<Receipt> {
        if let Err(error) = self.may_accept(lane, &trigger) {
            return Pending::ready(Err(error));
        }
        let now = self.clock.now();
        let bytes = trigger.content_bytes() as u64;
        let ttl_ms = ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        let accept = Accept {
            app: lane.key,
            channel,
            task,
            trigger,
            accepted_at: now,
            // 0 is one attempt, whenever that is.
            expires_at: ttl_ms
                .filter(|ttl_ms| *ttl_ms > 0)
                .map(|ttl_ms| now.saturating_add(ttl_ms)),
            attempts_max: ATTEMPTS_MAX,
            once: ttl_ms == Some(0),
        };
        let (promise, pending) = Promise::new();
        let open = Pool::open(self);
        let (inner, lane) = (Arc::clone(self), Arc::clone(lane));
        way::accept();
        self.store.accept(accept, move |answer| {
            match answer {
                Ok(accepted) => {
                    let watch = Arc::new(Watch::default());
                    inner.watches.add(accepted.id, &watch);
                    promise.keep(Ok(Receipt { id: accepted.id, watch }));
                    match accepted.claim {
                        Some(claim) => {
                            way::claim(claim.run);
                            lane.lock().queue.push_back(claim);
                            inner.pool.schedule(&lane);
                        }
                        None => inner.timers.was_not_claimed(lane.key),
                    }
                }
                Err(error) => {
                    lane.give_back(1, bytes);
                    promise.keep(Err(error.into()));
                }
            }
            drop(open);
        });
        pending
    }

    fn may_accept(&self, lane: &Lane, trigger: &Trigger) -> Result<(), Error> {
        if self.is_stopping() {
            return Err(Error::Stopping);
        }
        trigger.check()?;
        lane.reserve(trigger.content_bytes()).map_err(|waiting| Error::QueueFull {
            app: lane.app().record.id.clone(),
            waiting,
            retry_after: RETRY_AFTER,
        })
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

    /// What the next run of an app starts from.
    pub(crate) fn load_overlay(&self, app: AppKey) -> Result<Overlay, Error> {
        let reader = self.store.reader();
        let (settings, change) = reader.settings(app)?;
        let since = Overlay::window_start(self.clock.now());
        Ok(Overlay {
            settings: Arc::new(settings),
            change,
            badge: reader.badge(app)?,
            toast_times: reader.toast_times_since(app, since)?.into(),
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

    fn known_lanes(&self) -> Vec<Arc<Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn forget_lane(&self, key: AppKey) {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        self.forget_addresses();
    }

    pub(crate) fn forget_addresses(&self) {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn addressed(&self, address: &Address) -> Result<Arc<Addressed>, Error> {
        let hash = address.hash();
        let known = {
            let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
            addresses.get(&hash).cloned()
        };
        let addressed = match known {
            Some(addressed) => addressed,
            None => self.look_up(hash)?,
        };
        if addressed.expires_at <= self.clock.now() {
            return Err(Error::UnknownAddress);
        }
        Ok(addressed)
    }

    fn look_up(&self, hash: [u8; 32]) -> Result<Arc<Addressed>, Error> {
        let record = self.store.reader().channel_by_hash(hash)?;
        let record = record.filter(|record| record.closed_at.is_none());
        let record = record.ok_or(Error::UnknownAddress)?;
        let addressed = Arc::new(Addressed {
            app: record.app,
            channel: record.key,
            name: record.name,
            expires_at: record.expires_at,
        });
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.len() >= ADDRESSES_MAX {
            addresses.clear();
        }
        addresses.insert(hash, Arc::clone(&addressed));
        Ok(addressed)
    }
}
