use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bugle_store::{ChannelKey, StoreError, wait};
use bugle_task::{AppId, Name, RawNotification, RunId, Trigger, TriggerId, Value};

use crate::accept::{NamedPush, Way};
use crate::builder::HostBuilder;
use crate::channel::{Address, ChannelId, Destination};
use crate::clock::Clock;
use crate::inner::{Addressed, Inner, Parts};
use crate::lane::Lane;
use crate::pending::{Pending, Promise, spawn};
use crate::push::Push;
use crate::receipt::Receipt;
use crate::{App, Counts, Error, Protocol, Reader, Replay, install, replay};

/// A running host. Cheap to clone; it stops with [`shutdown`](Self::shutdown), or when the last clone
/// is dropped (which waits for running tasks to end, at most their grace time).
#[derive(Debug, Clone)]
pub struct Host {
    pub(crate) inner: Arc<Inner>,
    life: Arc<Life>,
}

/// Stops the host when nobody has it any more.
#[derive(Debug)]
struct Life {
    inner: Arc<Inner>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Host {
    /// Begins to set a host up.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    pub(crate) fn new(parts: Parts) -> Self {
        let inner = Arc::new(Inner::new(parts));
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

    /// Accepts a push to a channel. Once the receipt is there, the push is durable.
    ///
    /// # Errors
    ///
    /// The channel is not open, the push is empty or too large, the queue is full, or the store
    /// cannot keep it.
    pub fn push(&self, channel: &ChannelId, push: Push) -> Pending<Receipt> {
        match self.open_record(channel) {
            Ok((lane, record)) => {
                let of = (record.key, record.generation);
                self.accept_push(&lane, of, channel.name.clone(), push)
            }
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
        match self.destination(address) {
            Ok(to) if *to.protocol() == Protocol::Plain => self.push_at(&to, push),
            Ok(_) => Pending::ready(Err(Error::UnknownAddress)),
            Err(error) => Pending::ready(Err(error)),
        }
    }

    /// Accepts a push for a destination, whatever its protocol: who speaks that has looked at it.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push); [`Error::UnknownAddress`] if the channel has expired.
    pub fn push_at(&self, to: &Destination, push: Push) -> Pending<Receipt> {
        let Addressed { app, channel, id, generation, expires_at, .. } = &*to.0;
        if *expires_at <= self.inner.clock.now() {
            return Pending::ready(Err(Error::UnknownAddress));
        }
        match self.inner.lane(*app) {
            Ok(Some(lane)) => {
                self.accept_push(&lane, (*channel, *generation), id.name.clone(), push)
            }
            Ok(None) => Pending::ready(Err(Error::UnknownAddress)),
            Err(error) => Pending::ready(Err(error)),
        }
    }

    fn accept_push(
        &self,
        lane: &Arc<Lane>,
        (channel, generation): (ChannelKey, u32),
        name: Name,
        push: Push,
    ) -> Pending<Receipt> {
        if push.content.is_empty() && !push.may_be_empty {
            return Pending::ready(Err(Error::ContentEmpty));
        }
        let app = lane.app();
        let Some(entry) = app.manifest.channel(&name) else {
            // The installed version has given the channel up.
            return Pending::ready(Err(Error::UnknownAddress));
        };
        let now = self.inner.clock.now();
        let name_of_push = push.name.map(|name| NamedPush::of(generation, name, &push.content));
        let trigger = Trigger::RawNotification(RawNotification {
            channel: name,
            content: push.content,
            content_type: push.content_type,
            headers: push.headers,
            received_at: now,
        });
        let way = Way {
            channel: Some(channel),
            generation: Some(generation),
            name: name_of_push,
            ttl: push.ttl,
            // Topics of different addresses never meet.
            topic: push.topic.map(|topic| format!("{}/{generation}/{topic}", channel.0)),
            sender: push.sender,
            ..Way::default()
        };
        self.inner.accept(lane, entry.task.clone(), trigger, way)
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
                    if let Some(lane) = inner.known_lane(app) {
                        lane.miscounts();
                    }
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

    /// What the host has done since it began.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.inner.tally.counts()
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
                let has_settled =
                    || inner.timers.is_idle(&inner.clock) && inner.pool.begun() == begun;
                // What a host that ends has not begun waits for the next one.
                if inner.is_stopping() || has_settled() {
                    break;
                }
            }
            inner.deliveries.wait_until_delivered();
            Ok(())
        })
    }

    /// Answers if the store takes no more writes, because one failed: the disk broke, or what is on
    /// it. Nothing is accepted from then on. Whoever runs the host stops it and starts it again, which
    /// begins by writing the store to a file that was never written before.
    pub fn failure(&self) -> Pending<Error> {
        let (promise, pending) = Promise::new();
        self.inner.store.when_failed(move |error| {
            promise.keep(Ok(StoreError::Failed { what: error.to_string() }.into()));
        });
        pending
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
        // Whoever asks again waits for the first to be done.
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.begin_to_stop() {
            return Ok(());
        }
        for lane in inner.known_lanes() {
            lane.cancel(bugle_task::CancellationReason::Terminating);
        }
        inner.pool.stop();
        inner.pool.join();
        inner.timers.stop();
        inner.deliveries.stop();
        // Errands that came too late: whoever waits for one hears that the host has stopped.
        inner.known_lanes().iter().for_each(|lane| lane.lock().errands.clear());
        for thread in threads.drain(..) {
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
