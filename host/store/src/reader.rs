use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bugle_task::{AppId, Mark, Name, Quotas, ResumeWork, RunId, Settings, Timestamp, TriggerId};
use rusqlite::Connection;

use crate::store::Origin;
use crate::waiting::Share;
use crate::writer::{Kind, Tx};
use crate::{
    Activity, AppKey, AppRecord, ChannelRecord, Conduct, DeadLetter, Digest, DuePlace, DueToast,
    KeptRun, LiveToast, PausedTask, Pressure, Queued, Result, RunFilter, RunLog, RunSummary,
    StoreError, ToastEvent, ToastId, Totals, TriggerState, Violation, Waiting, apps, channels,
    check, conduct, files, fresh, overview, queue, resume, runs, settings, shown, summary, toasts,
    wait, watch,
};

/// Connections that are kept for the next read: more threads than read at once on a small machine.
const CONNECTIONS_MAX: usize = 4;

/// Reads a store, beside whoever writes it, in this process or another. Each call sees one moment,
/// with everything that was durable when it began. It never writes.
#[derive(Debug, Clone)]
pub struct Reader {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Folder(Arc<Pool>),
    Writer(Origin),
}

#[derive(Debug)]
struct Pool {
    folder: PathBuf,
    free: Mutex<Vec<Connection>>,
}

impl Pool {
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = match free {
            Some(conn) => conn,
            None => files::open_for_reading(&self.folder)?,
        };
        let value = at_one_moment(&conn, read)?;
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < CONNECTIONS_MAX {
            free.push(conn);
        }
        Ok(value)
    }
}

/// Reads in a transaction, so that all statements see the same.
fn at_one_moment<T>(conn: &Connection, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let tx = conn.unchecked_transaction()?;
    read(&tx)
}

impl Reader {
    /// Reads the store in a folder. Takes no lock, so it works while a host runs on it.
    ///
    /// # Errors
    ///
    /// If there is no store, or none that this version can read.
    pub fn open(folder: &Path) -> Result<Self> {
        let reader = Self::of_folder(folder);
        reader.app_count()?;
        Ok(reader)
    }

    /// Writes everything that is durable, as of one moment, to a file that is not there yet, with the
    /// secret of the host: a backup. Only its owner can read it, as it can do what the host can.
    /// Put into a folder as `bugle.db-fresh`, it is taken into use by the next opening.
    ///
    /// # Errors
    ///
    /// If the store is in memory, the file is there already, or it cannot be written.
    pub fn back_up(&self, file: &Path, secret: &[u8]) -> Result<()> {
        match &self.source {
            Source::Folder(pool) => fresh::write_backup(&pool.folder, file, secret),
            Source::Writer(_) => Err(StoreError::invalid("a store in memory has no backup")),
        }
    }

    pub(crate) fn of_folder(folder: &Path) -> Self {
        let pool = Pool { folder: folder.to_owned(), free: Mutex::new(Vec::new()) };
        Self { source: Source::Folder(Arc::new(pool)) }
    }

    pub(crate) fn of_writer(origin: Origin) -> Self {
        Self { source: Source::Writer(origin) }
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match &self.source {
            Source::Folder(pool) => pool.read(read),
            Source::Writer(origin) => {
                let shared = origin.upgrade().ok_or(StoreError::Closed)?;
                let read = |tx: &mut Tx<'_>| at_one_moment(tx.conn, read);
                wait(|reply| shared.submit(Kind::Read, Share::nobodys(), read, reply))
            }
        }
    }
}

/// Defines reads: each is one function of a connection. What they fail with is the same for all.
macro_rules! reads {
    ($( $(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $out:ty = |$conn:ident| $read:expr; )+) => {
        impl Reader {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// If the files cannot be read, or are damaged.
                pub fn $name(&self, $($arg: $type),*) -> Result<$out> {
                    self.read(move |$conn: &Connection| $read)
                }
            )+
        }
    };
}

reads! {
    /// All apps, in the order of their first installation.
    apps() -> Vec<AppRecord> = |conn| apps::list(conn);

    /// An app by its number.
    app_by_key(key: AppKey) -> Option<AppRecord> = |conn| apps::by_key(conn, key);

    /// What an app has used of its quotas.
    conduct(app: AppKey) -> Conduct = |conn| conduct::of(conn, app);

    /// The tasks of an app that are paused.
    paused(app: AppKey) -> Vec<PausedTask> = |conn| conduct::paused(conn, app);

    /// The processor time that an app was charged with last: the number of the window, and microseconds.
    spent(app: AppKey) -> (u64, u64) = |conn| conduct::spent(conn, app);

    /// The quotas that the last host held apps to.
    quotas() -> Quotas = |conn| conduct::quotas(conn);

    /// How many apps there are.
    app_count() -> u64 = |conn| summary::app_count(conn);

    /// Channels, of one app or of all, those that are not open any more included.
    channels(app: Option<AppKey>) -> Vec<ChannelRecord> = |conn| channels::list(conn, app);

    /// The channel with an address of this hash. It need not be open.
    channel_by_hash(hash: [u8; 32]) -> Option<ChannelRecord> = |conn| channels::by_hash(conn, hash);

    /// The channel of a topic. It need not be open.
    channel_by_topic(topic: String) -> Option<ChannelRecord>
        = |conn| channels::by_topic(conn, &topic);

    /// Channels that are open at a moment, those that were pushed to last first.
    open_channels(now: Timestamp, limit: usize) -> Vec<(AppId, Name)>
        = |conn| overview::open_channels(conn, now, limit);

    /// Channels that end between two moments, of whose end the app was not told yet, at most 256.
    channels_ending(after: Timestamp, until: Timestamp) -> Vec<ChannelRecord>
        = |conn| channels::ending(conn, after, until);

    /// What became of a trigger so far.
    trigger_state(id: TriggerId) -> TriggerState = |conn| queue::state_of(conn, id);

    /// An app's settings, and the number of their last change.
    settings(app: AppKey) -> (Settings, u64) = |conn| {
        let change = settings::last_change(conn, app)?;
        Ok((settings::at_change(conn, app, change)?, change))
    };

    /// An app's settings as they were after a change. Whole for every change that a kept run read,
    /// and later ones.
    settings_at(app: AppKey, change: u64) -> Settings = |conn| settings::at_change(conn, app, change);

    /// The toasts that are to be seen now, of one app or of all, oldest first.
    toasts(app: Option<AppKey>) -> Vec<LiveToast> = |conn| shown::toasts(conn, app);

    /// The newest toasts that are to be seen now, newest first.
    newest_toasts(limit: usize) -> Vec<LiveToast> = |conn| shown::newest(conn, limit);

    /// Toasts whose time is up behind a place among them, at most
    /// [`DUE_TOASTS_MAX`](crate::DUE_TOASTS_MAX), first those that it was up for first.
    toasts_due(now: Timestamp, after: DuePlace) -> Vec<DueToast> = |conn| shown::due(conn, now, after);

    /// One toast, if it is to be seen now.
    toast(id: ToastId) -> Option<LiveToast> = |conn| shown::toast(conn, id);

    /// The badges of apps that have one.
    badges(limit: usize) -> Vec<(AppId, Mark)> = |conn| shown::badges(conn, limit);

    /// When the app raised toasts, from a moment on; whole for the last hour.
    toast_times_since(app: AppKey, since: Timestamp) -> Vec<Timestamp>
        = |conn| toasts::shown_since(conn, app, since);

    /// An app's badge.
    badge(app: AppKey) -> Option<Mark> = |conn| toasts::badge(conn, app);

    /// The work that an app's tasks left for it, oldest first.
    resume_work(app: AppKey) -> Vec<ResumeWork> = |conn| resume::list(conn, app);

    /// A run whole, its snapshot included; none if it is not kept.
    run(id: RunId) -> Option<KeptRun> = |conn| runs::get(conn, id);

    /// The kept runs of a trigger, the newest first.
    runs_of(id: TriggerId) -> Vec<RunSummary> = |conn| runs::of_trigger(conn, id);

    /// Runs after a place, of one app or of all, with what they said, in the order in which they were
    /// committed.
    runs_after(seq: u64, app: Option<AppKey>, limit: usize) -> Vec<RunLog>
        = |conn| watch::runs_after(conn, seq, app, limit);

    /// Runs before a place, of one app or of all, the newest first; or only those that did not complete.
    runs_before(seq: Option<u64>, app: Option<AppKey>, only_failed: bool, limit: usize) -> Vec<RunLog>
        = |conn| watch::runs_before(conn, seq, app, only_failed, limit);

    /// The place before the newest so many runs, of one app or of all.
    place_before(app: Option<AppKey>, newest: usize) -> u64
        = |conn| watch::place_before(conn, app, newest);

    /// What the kept runs came to that were committed since a moment, by app; of the newest so many.
    activity_since(since: Timestamp, newest: usize) -> BTreeMap<AppId, Activity>
        = |conn| watch::activity_since(conn, since, newest);

    /// What the kept runs of an app came to since a moment, in steps of milliseconds.
    history(app: AppKey, since: Timestamp, step_ms: u64, steps: usize) -> Vec<Activity>
        = |conn| overview::history(conn, app, since, step_ms, steps);

    /// What each app has in its queue, and how many of its tasks are paused, by id.
    pressure() -> Vec<Pressure> = |conn| overview::pressure(conn);

    /// What waits for some apps, or goes on, and how many dead letters they have; of those that have any.
    queues_of(apps: Vec<AppKey>) -> HashMap<AppKey, (u64, u64)>
        = |conn| overview::queues_of(conn, &apps);

    /// What all apps have in their queues.
    queues() -> Waiting = |conn| overview::queues(conn);

    /// What came last and has not ended, newest first.
    queued(limit: usize) -> Vec<Queued> = |conn| overview::queued(conn, limit);

    /// Apps whose id or name has a text in lower case, by id, after one of them.
    apps_with(text: String, after: String, limit: usize) -> Vec<AppKey>
        = |conn| overview::apps(conn, &text, &after, limit);

    /// A component's bytes.
    component(digest: Digest) -> Option<Vec<u8>> = |conn| apps::component(conn, digest);

    /// Dead letters, of one app or of all, the newest first; at most so many.
    dead(app: Option<AppKey>, limit: Option<usize>) -> Vec<DeadLetter>
        = |conn| summary::dead(conn, app, limit);

    /// What an app has in its queue.
    waiting(app: AppKey) -> Waiting = |conn| summary::waiting(conn, app);

    /// What sinks have to show, in order.
    events_after(seq: u64, limit: usize) -> Vec<ToastEvent>
        = |conn| toasts::events_after(conn, seq, limit);

    /// How many events there are after one.
    events_left(seq: u64) -> u64 = |conn| toasts::events_left(conn, seq);

    /// The newest event that sinks have to show; 0 if there was none.
    newest_event() -> u64 = |conn| toasts::newest_event(conn);

    /// How much there is of everything.
    totals() -> Totals = |conn| summary::totals(conn);

    /// Proves every invariant of the tables: what is returned is broken. Reads everything, so it
    /// takes as long as the store is large.
    check() -> Vec<Violation> = |conn| check::check(conn);
}

impl Reader {
    /// An app by its id.
    ///
    /// # Errors
    ///
    /// If the files cannot be read, or are damaged.
    pub fn app(&self, id: &AppId) -> Result<Option<AppRecord>> {
        let id = id.clone();
        self.read(move |conn| apps::by_id(conn, &id))
    }

    /// Runs, the newest first.
    ///
    /// # Errors
    ///
    /// If the files cannot be read, or are damaged.
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<RunSummary>> {
        let filter = filter.clone();
        self.read(move |conn| runs::list(conn, &filter))
    }

    /// How far a sink has come; 0 for one that was never heard of.
    ///
    /// # Errors
    ///
    /// If the files cannot be read, or are damaged.
    pub fn cursor(&self, sink: &str) -> Result<u64> {
        let sink = sink.to_owned();
        self.read(move |conn| toasts::cursor(conn, &sink))
    }
}
