mod settings;

use std::sync::Arc;

use bugle_store::{LiveToast, Post, wait};
use bugle_task::{
    AppId, ApplicationRequest, Bytes, CancellationReason, CustomEvent, Image, Mark, Name,
    ResumeWork, RunId, Toast, ToastEffect, ToastKey, Trigger, TriggerKind,
};

use crate::accept::{RETRY_AFTER, Way};
use crate::foreground::Foreground;
use crate::inner::Inner;
use crate::lane::{Lane, Overlay};
use crate::pending::{Pending, Promise};
use crate::{Channel, ChannelId, Credentials, Error, Host, Receipt};

pub use settings::AppSettings;

/// What may wait to be shown between two runs of an app: as much as a turn has runs, so that a flood of it
/// holds nobody up for longer.
const SHOWS_WAITING_MAX: usize = 32;

/// What is shown for an app that none of its tasks did.
#[derive(Debug, Clone, PartialEq)]
pub enum Show {
    /// A toast is raised.
    Toast(Box<Toast>),
    /// Toasts are taken away: one, those of a group, or all.
    Hide(ToastKey),
    /// The badge changes; none clears it.
    Badge(Option<Mark>),
}

/// An installed app. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    host: Host,
    id: AppId,
    lane: Arc<Lane>,
}

impl App {
    pub(crate) fn new(host: Host, id: AppId, lane: Arc<Lane>) -> Self {
        Self { host, id, lane }
    }

    /// The app's id.
    #[must_use]
    pub fn id(&self) -> &AppId {
        &self.id
    }

    /// The version that is installed.
    #[must_use]
    pub fn version(&self) -> String {
        self.lane.app().manifest.version.clone()
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> String {
        self.lane.app().manifest.name.clone()
    }

    /// Opens one of the app's channels, see [`Host::open_channel`].
    ///
    /// # Errors
    ///
    /// The name is none, or the manifest has no such channel.
    pub fn open_channel(&self, name: &str) -> Pending<Channel> {
        match name.parse() {
            Ok(name) => self.host.open_channel(&ChannelId { app: self.id.clone(), name }),
            Err(error) => Pending::ready(Err(Error::from(error))),
        }
    }

    /// Asks for a run of the app's own: an `application` trigger of at most 64 KiB, for the task that
    /// is named or the first that takes them.
    ///
    /// # Errors
    ///
    /// No task takes it, the content is too large, or the queue is full.
    pub fn request(&self, task: Option<&Name>, content: impl Into<Vec<u8>>) -> Pending<Receipt> {
        let content = Bytes(content.into());
        let trigger = Trigger::Application(ApplicationRequest { content, content_type: None });
        self.wake(task, trigger)
    }

    /// Raises a trigger of the embedder's own: a `custom` trigger of at most 64 KiB.
    ///
    /// # Errors
    ///
    /// `kind` is not reverse-DNS or under `bugle.`, no task takes it, the content is too large, or the
    /// queue is full.
    pub fn raise(&self, kind: &str, content: impl Into<Vec<u8>>) -> Pending<Receipt> {
        let content = Bytes(content.into());
        self.wake(None, Trigger::Custom(CustomEvent { kind: kind.to_owned(), content }))
    }

    fn wake(&self, task: Option<&Name>, trigger: Trigger) -> Pending<Receipt> {
        let kind: TriggerKind = trigger.kind();
        match Inner::task_for(&self.lane.app(), task, kind) {
            Ok(task) => self.host.inner.accept(&self.lane, task, trigger, Way::default()),
            Err(error) => Pending::ready(Err(error)),
        }
    }

    /// Says that the app is in the foreground: it sees pushes first, until what is returned is
    /// dropped.
    #[must_use = "dropping it leaves the foreground"]
    pub fn enter_foreground(&self) -> Foreground {
        Foreground::enter(Arc::clone(&self.lane))
    }

    /// The app's settings.
    #[must_use]
    pub fn settings(&self) -> AppSettings {
        AppSettings::of(self.clone())
    }

    /// What senders prove themselves with that push for this app by Windows' protocol: made when they
    /// are first asked for, and the same from then on.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub fn credentials(&self) -> Pending<Credentials> {
        self.make_credentials(false)
    }

    /// New ones in their place: the secret and the tokens of before are worth nothing from now on.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub fn renew_credentials(&self) -> Pending<Credentials> {
        self.make_credentials(true)
    }

    fn make_credentials(&self, anew: bool) -> Pending<Credentials> {
        let (promise, pending) = Promise::new();
        let (keys, id) = (self.host.inner.keys.clone(), self.id.clone());
        let (lane, inner) = (Arc::clone(&self.lane), Arc::clone(&self.host.inner));
        self.host.inner.store.credentials(self.lane.key, anew, move |answer| {
            inner.forget_addresses();
            if anew {
                // Whoever is in the foreground got there by the credentials of before.
                lane.lock().seat = None;
            }
            promise.keep(
                answer.map_err(Error::from).map(|made| Credentials::derive(&keys, &id, made)),
            );
        });
        pending
    }

    /// Shows something for the app that none of its tasks did, as if one had: what its manifest allows,
    /// and no more toasts than an app may raise in an hour. A picture that the manifest does not allow is
    /// left out. False if it may not be shown.
    ///
    /// # Errors
    ///
    /// A toast is not as it may be, too much waits to be shown already, or the store cannot be written.
    pub fn show(&self, mut effect: Show) -> Pending<bool> {
        if let Show::Toast(toast) = &mut effect {
            if let Err(error) = toast.check() {
                let what = format!("the toast cannot be shown: {error}");
                return Pending::ready(Err(Error::Usage { what }));
            }
            let permissions = &self.lane.app().manifest.permissions;
            let may_show = |image: &Image| permissions.check_image(&image.uri).is_ok();
            toast.image = toast.image.take().filter(may_show);
        }
        let waiting = self.lane.lock().errands.len();
        if waiting >= SHOWS_WAITING_MAX {
            return Pending::ready(Err(Error::QueueFull {
                app: self.id.clone(),
                waiting: waiting as u64,
                retry_after: RETRY_AFTER,
            }));
        }
        self.errand(move |inner, lane, overlay| show(inner, lane, overlay, effect))
    }

    /// Does something between two runs.
    fn errand<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &Lane, &mut Option<Overlay>) -> Result<T, Error> + Send + 'static,
    ) -> Pending<T> {
        if self.host.inner.is_stopping() {
            return Pending::ready(Err(Error::Stopping));
        }
        let (promise, pending) = Promise::new();
        let (inner, lane) = (Arc::clone(&self.host.inner), Arc::clone(&self.lane));
        self.lane.lock().errands.push_back(Box::new(move |overlay| {
            promise.keep(work(&inner, &lane, overlay));
        }));
        self.host.inner.pool.schedule(&self.lane);
        pending
    }

    /// The run of the app that is going on, if there is one.
    #[must_use]
    pub fn running(&self) -> Option<RunId> {
        self.lane.running()
    }

    /// Asks the run of the app that is going on to end, as when a condition that it depends on is lost:
    /// it hears the reason when it asks, has its grace time, and is cut then. Whether there is such a
    /// run. For `requested` and `time-limit` the attempt counts; for any other reason it is given back,
    /// and the trigger runs again.
    #[expect(clippy::must_use_candidate, reason = "it is for what it does")]
    pub fn cancel(&self, reason: CancellationReason) -> bool {
        self.lane.cancel(reason)
    }

    /// Lets the app's tasks go on that were paused because they failed too often in a row; gives which
    /// they were.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    pub fn resume(&self) -> Pending<Vec<Name>> {
        let (promise, pending) = Promise::new();
        let (inner, lane) = (Arc::clone(&self.host.inner), Arc::clone(&self.lane));
        self.host.inner.store.resume(self.lane.key, move |answer| {
            inner.timers.claim_at(inner.clock.now(), lane.key);
            promise.keep(answer.map_err(Error::from));
        });
        pending
    }

    /// The app's badge.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn badge(&self) -> Result<Option<Mark>, Error> {
        self.host.inner.reader.badge(&self.id)
    }

    /// The app's toasts that are shown.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn toasts(&self) -> Result<Vec<LiveToast>, Error> {
        self.host.inner.reader.toasts(Some(&self.id))
    }

    /// Takes the work that tasks have left for the app.
    ///
    /// # Errors
    ///
    /// The store cannot be written; the work is still there.
    pub fn take_resume_work(&self) -> Pending<Vec<ResumeWork>> {
        let (promise, pending) = Promise::new();
        self.host.inner.store.take_resume_work(self.lane.key, move |answer| {
            promise.keep(answer.map_err(Error::from));
        });
        pending
    }
}

/// Shows something in the app's line, so that its allowance counts it.
fn show(
    inner: &Inner,
    lane: &Lane,
    overlay: &mut Option<Overlay>,
    effect: Show,
) -> Result<bool, Error> {
    let app = lane.app();
    if lane.lock().is_removed {
        return Err(Error::UnknownApp { app: app.record.id.clone() });
    }
    let mut current = match overlay.take() {
        Some(current) => current,
        None => inner.load_overlay(lane.key)?,
    };
    let now = inner.clock.now();
    let (toasts, badge) = match effect {
        Show::Badge(mark) => (Vec::new(), Some(mark)),
        Show::Hide(key) => (vec![ToastEffect::Hide { key }], None),
        Show::Toast(_)
            if !app.manifest.permissions.toasts
                || current.allowances(inner.quotas.toasts, now).toasts == 0 =>
        {
            *overlay = Some(current);
            return Ok(false);
        }
        Show::Toast(toast) => (vec![ToastEffect::Show { toast: *toast }], None),
    };
    let raised = toasts.iter().filter(|toast| matches!(toast, ToastEffect::Show { .. })).count();
    let post = Post { app: lane.key, toasts, badge, now };
    let events = wait(|reply| inner.store.post(post, reply))?;
    if let Some(event) = events.last() {
        inner.deliveries.committed(event.seq);
    }
    current.toast_times.extend(std::iter::repeat_n(now, raised));
    current.badge = badge.unwrap_or(current.badge);
    *overlay = Some(current);
    Ok(true)
}
