use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, Weak};
use std::thread::{self, JoinHandle};

use bugle_task::{Dismissal, Name, Quotas, ResumeWork, RunId, Timestamp, TriggerId, Value};

use crate::call::Call;
use crate::failure::Failure;
use crate::files::Opened;
use crate::inbox::{Inbox, Outlet};
use crate::queue::Head;
use crate::state::State;
use crate::turn::EncodedTurn;
use crate::waiting::Share;
use crate::writer::{Kind, Tx, Writer};
use crate::{
    Accept, Accepted, AppInstall, AppKey, ChannelKey, ChannelRecord, Claimed, Committed, Digest,
    Expired, Location, OpenChannel, Post, Reader, Recovery, Result, Retained, Retention,
    StoreError, ToastEvent, ToastId, Turn, Withdrawn, apps, channels, claim, conduct, dead, files,
    fresh, post, queue, recovery, resume, retain, settings, toasts, turn, withdraw,
};

/// What a transaction calls when it is durable, or when it is not to be. On the writer's thread, so
/// it must be quick, must not panic, and must not wait for the store.
pub type Reply<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// Waits for a reply: `wait(|reply| store.accept(accept, reply))`. Not for a reply's own thread.
///
/// # Errors
///
/// Those of the transaction.
pub fn wait<T: Send + 'static>(request: impl FnOnce(Reply<T>)) -> Result<T> {
    let (sender, receiver) = channel();
    request(Box::new(move |reply| {
        // Nobody is left to tell if it fails.
        let _ = sender.send(reply);
    }));
    receiver.recv().unwrap_or(Err(StoreError::Closed))
}

/// The store, open for writing. Each function is one transaction: it returns at once, and its reply
/// is called when the transaction is durable, or with why it is not to be. Replies come in the order
/// of the calls of a thread that name the same app; apps take turns.
///
/// Clones are the same store. It ends with the last of them, or with [`Store::close`]; without a
/// close, the next opening takes it for an unclean stop.
#[derive(Debug, Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

/// What the clones of a store share.
#[derive(Debug)]
pub(crate) struct Shared {
    inbox: Arc<Inbox>,
    writer: Mutex<Option<JoinHandle<()>>>,
    location: Location,
    incarnation: u64,
    failure: Arc<Failure>,
}

impl Shared {
    /// Hands a piece of work to the writer.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        kind: Kind,
        share: Share,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        reply: impl FnOnce(Result<T>) + Send + 'static,
    ) {
        self.inbox.put(Box::new(Call::new(kind, share, work, reply)));
    }
}

impl Drop for Shared {
    /// Waits until the writer has done what it was asked, so that the files are free afterwards.
    fn drop(&mut self) {
        self.inbox.end();
        let writer = self.writer.get_mut().ok().and_then(Option::take);
        if let Some(writer) = writer
            // The last clone may be in a reply, which the writer itself calls.
            && writer.thread().id() != thread::current().id()
            && writer.join().is_err()
        {
            tracing::error!("the store's writer panicked");
        }
    }
}

impl Store {
    /// Opens a store, creating it if it is not there, and makes everything that an earlier
    /// incarnation had claimed wait again.
    ///
    /// # Errors
    ///
    /// If another process has the store open, others have access to its files, or they are not a
    /// store that this version can write. Nothing is written then.
    pub fn open(location: Location, now: Timestamp) -> Result<(Self, Recovery)> {
        Self::open_with(location, &Quotas::default(), now)
    }

    /// As [`open`](Self::open), and holds apps to other quotas than the default ones.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with(
        location: Location,
        quotas: &Quotas,
        now: Timestamp,
    ) -> Result<(Self, Recovery)> {
        let failure = Arc::new(Failure::none_yet(location.folder().map(Path::to_owned)));
        let (opened, recovery, state) = open(&location, quotas, now)?;
        let inbox = Arc::new(Inbox::default());
        let requests = Outlet::new(Arc::clone(&inbox));
        let writer = Writer::new(opened, state, requests, Arc::clone(&failure))?;
        let spawned = thread::Builder::new().name("bugle-store".into()).spawn(move || writer.run());
        let writer = spawned.map_err(|error| StoreError::Io {
            what: format!("its thread did not start: {error}"),
        })?;
        let shared = Shared {
            inbox,
            writer: Mutex::new(Some(writer)),
            location,
            incarnation: recovery.incarnation,
            failure,
        };
        Ok((Self { shared: Arc::new(shared) }, recovery))
    }

    /// Reads the store. In a folder, readers have connections of their own; in memory, their reads
    /// run between the writer's transactions, so they must not be made in a reply.
    #[must_use]
    pub fn reader(&self) -> Reader {
        match &self.shared.location {
            Location::Folder(folder) => Reader::of_folder(folder),
            Location::Memory => Reader::of_writer(Arc::downgrade(&self.shared)),
        }
    }

    /// Which opening of the store this is, from 1.
    #[must_use]
    pub fn incarnation(&self) -> u64 {
        self.shared.incarnation
    }

    /// Calls `tell` when the store takes no more writes because one failed; at once if that is so
    /// already. It will not take any before it is opened again. On a thread of the store's, so `tell` must
    /// not hold the store.
    pub fn when_failed(&self, tell: impl FnOnce(StoreError) + Send + 'static) {
        self.shared.failure.tell(Box::new(tell));
    }
}

fn open(location: &Location, quotas: &Quotas, now: Timestamp) -> Result<(Opened, Recovery, State)> {
    let opened = files::open(location)?;
    let recovered = recovery::recover(&opened.conn, quotas, now)
        .and_then(|recovery| Ok((recovery, State::load(&opened.conn)?)));
    let (recovery, state) =
        recovered.inspect_err(|error| fresh::mark_if_unsynced(location, error))?;
    Ok((opened, recovery, state))
}

/// Defines transactions that need nothing but their arguments: `checked` ones refuse before they
/// write, `guarded` ones have a savepoint.
macro_rules! transactions {
    ($( $(#[$doc:meta])* $kind:ident $([$owner:expr])? $name:ident($($arg:ident: $type:ty),*) -> $out:ty = |$tx:ident| $work:expr; )+) => {
        impl Store {
            $(
                $(#[$doc])*
                pub fn $name(
                    &self,
                    $($arg: $type,)*
                    reply: impl FnOnce(Result<$out>) + Send + 'static,
                ) {
                    let owner: Option<AppKey> = [$($owner)?].first().copied();
                    let share = owner.map_or_else(Share::nobodys, Share::small);
                    self.shared.submit(Kind::$kind, share, move |$tx: &mut Tx<'_>| $work, reply);
                }
            )+
        }
    };
}

transactions! {
    /// Claims what is due for an app: at most `at_most`, and at most what [`TURN_MAX`](crate::TURN_MAX)
    /// leaves. Fails for an unknown app.
    Checked[app] claim(app: AppKey, at_most: usize, now: Timestamp) -> Claimed
        = |tx| claim::claim(tx, app, at_most, now);

    /// Claims the oldest suspect, to run alone. Gives no claim while anything is claimed, or when no
    /// suspects are left.
    Checked claim_suspect(now: Timestamp) -> Claimed = |tx| claim::claim_suspect(tx, now);

    /// Gives claims back, with the attempts that they counted. Gives how many of them were this
    /// incarnation's.
    Checked[app] release(app: AppKey, claims: Vec<RunId>) -> u64 = |tx| queue::release(tx, app, &claims);

    /// Removes waiting triggers whose time is up; call again while there is more.
    Checked expire(now: Timestamp) -> Expired = |tx| queue::expire(tx, now);

    /// Makes a dead letter wait again, as if it had never been tried; gives whose it is. Fails if
    /// it is not one.
    Checked retry_dead(id: TriggerId) -> AppKey = |tx| dead::retry_dead(tx, id);

    /// Forgets a dead letter; gives whose it was. Fails if it is not one.
    Checked drop_dead(id: TriggerId) -> AppKey = |tx| dead::drop_dead(tx, id);

    /// Erases an app with all that is its own; gives the components that went with it. Claims of it
    /// that are open become stale. Fails for an unknown app.
    Guarded[app] remove(app: AppKey) -> Vec<Digest> = |tx| apps::remove(tx, app);

    /// Gives a channel if it is open, and opens it with an address of a new generation if not.
    /// Fails for an unknown app.
    Guarded[open.app] open_channel(open: OpenChannel) -> ChannelRecord = |tx| channels::open(tx, &open);

    /// Makes an app's credentials if there are none yet, or anew; gives their number, which no others
    /// ever have.
    /// Fails for an unknown app.
    Guarded[app] credentials(app: AppKey, anew: bool) -> u32 = |tx| apps::credentials(tx, app, anew);

    /// Takes a trigger out of the queue that still waits, or that is `held` by a claim whose run has not
    /// begun. None if it is neither.
    Checked cancel(id: TriggerId, held: Option<(AppKey, RunId)>) -> Option<Withdrawn>
        = |tx| withdraw::cancel(tx, id, held);

    /// Notes that an app was told that a channel's address of this number ends, or need not be told.
    Checked expiry_is_told(channel: ChannelKey, generation: u32) -> ()
        = |tx| channels::expiry_is_told(tx, channel, generation);

    /// Commits what is shown for an app that none of its runs did; gives the events. Fails for an
    /// unknown app.
    Guarded[post.app] post(post: Post) -> Vec<ToastEvent> = |tx| post::post(tx, post);

    /// Closes a channel; gives whether it was open.
    Guarded[app] close_channel(app: AppKey, name: Name, now: Timestamp) -> bool
        = |tx| channels::close(tx, app, &name, now);

    /// Hands an app the work that its tasks left, oldest first, and forgets it.
    Guarded[app] take_resume_work(app: AppKey) -> Vec<ResumeWork> = |tx| resume::take(tx, app);

    /// Lets the tasks of an app go on that were paused; gives which they were. Fails for an unknown
    /// app.
    Guarded[app] resume(app: AppKey) -> Vec<Name> = |tx| conduct::resume(tx, app);

    /// Notes that a sink has shown every event up to `seq`. It never goes back.
    Guarded set_cursor(sink: String, seq: u64) -> () = |tx| toasts::set_cursor(tx, &sink, seq);

    /// Takes a toast away; gives the event, or none if it was not there any more.
    Guarded hide_toast(id: ToastId, reason: Dismissal, now: Timestamp) -> Option<ToastEvent>
        = |tx| toasts::hide_one(tx, id, reason, now);

    /// Takes toasts away whose time is up: [`Reader::toasts_due`]. Gives the events.
    Guarded expire_toasts(due: Vec<ToastId>, now: Timestamp) -> Vec<ToastEvent>
        = |tx| toasts::expire(tx, due, now);

    /// Removes a step of what need not be kept, some 2 ms of work; call again while there is more.
    Guarded retain(retention: Retention, now: Timestamp) -> Retained
        = |tx| retain::retain(tx, retention, now);

    /// Forgets the secret that a backup carried, once it was taken over.
    Guarded forget_carried() -> () = |tx| fresh::forget_carried(tx.conn);

    /// Marks a clean stop and closes the files. They can be opened again when the reply is called;
    /// every later call is refused with [`StoreError::Closed`].
    Close close(now: Timestamp) -> () = |tx| recovery::stop(tx.conn, now);
}

impl Store {
    /// Calls `reply` on the thread that writes, between two transactions: to say where that thread runs, or
    /// to start one that is as quick as that. On the caller's, with an error, if the store is closed.
    pub fn on_writer(&self, reply: impl FnOnce(Result<()>) + Send + 'static) {
        self.shared.submit(Kind::Read, Share::none(), |_| Ok(()), reply);
    }

    /// Makes a trigger durable; claims it at once if it is its turn. Fails for an unknown app.
    pub fn accept(
        &self,
        mut accept: Accept,
        reply: impl FnOnce(Result<Accepted>) + Send + 'static,
    ) {
        let share = Share::of(accept.app, 1, accept.trigger.content_bytes());
        let kind = if accept.ends_toast.is_some() { Kind::Guarded } else { Kind::Checked };
        match Head::of(&mut accept.trigger) {
            Ok(head) => {
                let work = move |tx: &mut Tx<'_>| queue::accept(tx, accept, &head);
                self.shared.submit(kind, share, work, reply);
            }
            Err(error) => reply(Err(error)),
        }
    }

    /// Commits what came of an app's claims, all of it or nothing, and claims what is next.
    ///
    /// Runs whose claim is not this incarnation's any more are left out and named. Fails for an
    /// unknown app, for a completed run without its record, and if a completed run read settings
    /// that are not those it would be committed on ([`StoreError::Overtaken`]): settings that are
    /// changed from outside have to wait for the end of the turn. The number of the last change
    /// goes up by one for each completed run that changed settings.
    pub fn commit(&self, turn: Turn, reply: impl FnOnce(Result<Committed>) + Send + 'static) {
        match EncodedTurn::of(turn) {
            Ok(turn) => {
                let share = turn.share();
                let work = move |tx: &mut Tx<'_>| turn::commit(tx, turn);
                self.shared.submit(Kind::Checked, share, work, reply);
            }
            Err(error) => reply(Err(error)),
        }
    }

    /// Changes an app's settings from outside (`None` removes one), and their version; gives the
    /// number of the change. Fails for an unknown app and for a path that cannot be.
    pub fn change_settings(
        &self,
        app: AppKey,
        changes: BTreeMap<String, Option<Value>>,
        version: Option<u32>,
        reply: impl FnOnce(Result<u64>) + Send + 'static,
    ) {
        let changes = match settings::encode(changes) {
            Ok(changes) => changes,
            Err(error) => return reply(Err(error)),
        };
        let work = move |tx: &mut Tx<'_>| {
            let change = settings::write(tx, app, &changes, version)?;
            settings::keep_change(tx, app)?;
            Ok(change)
        };
        self.shared.submit(Kind::Guarded, Share::small(app), work, reply);
    }

    /// Installs an app, in place of an earlier version if there is one. Fails if two of its tasks
    /// have the same name.
    pub fn install(
        &self,
        install: AppInstall,
        reply: impl FnOnce(Result<AppKey>) + Send + 'static,
    ) {
        let digests: Vec<Digest> =
            install.tasks.iter().map(|(_, bytes)| Digest::of(bytes)).collect();
        let work = move |tx: &mut Tx<'_>| apps::install(tx, &install, &digests);
        self.shared.submit(Kind::Guarded, Share::nobodys(), work, reply);
    }
}

/// The store of a reader that has no files of its own.
pub(crate) type Origin = Weak<Shared>;
