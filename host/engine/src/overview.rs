//! What an operator sees at a glance of a host that has much: each answer is short, however much there is.

use std::path::PathBuf;

use bugle_store::{Activity, DeadLetter, LiveToast, Pressure, Queued, RunLog, Waiting};
use bugle_task::{AppId, Mark, RunId, Timestamp};

use crate::lane::{InstalledApp, Lane};
use crate::pictures::picture_type;
use crate::summary::AppSummary;
use crate::{ChannelId, Error, Host, Reader, pictures};

/// Which runs, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runs {
    /// Only those before this place; none begins with the newest.
    pub before: Option<u64>,
    /// Only those of this app.
    pub app: Option<AppId>,
    /// Only those that did not complete.
    pub only_failed: bool,
    /// At most so many.
    pub limit: usize,
}

impl Host {
    /// The runs that go on, and whose they are.
    #[must_use]
    pub fn running(&self) -> Vec<(AppId, RunId)> {
        let running = |lane: &Lane| Some((lane.app().record.id.clone(), lane.running()?));
        let mut all: Vec<_> =
            self.inner.known_lanes().iter().filter_map(|lane| running(lane)).collect();
        all.sort_by_key(|(_, run)| *run);
        all
    }

    /// Where a picture of an app is on the disk: [`Reader::picture`].
    #[must_use]
    pub fn picture(&self, app: &AppId, uri: &str) -> Option<PathBuf> {
        self.inner.reader.picture(app, uri)
    }

    /// Whether the disk has room for so many bytes more, beside what is left for work that was accepted.
    #[must_use]
    pub fn has_room(&self, bytes: usize) -> bool {
        self.inner.room.has(bytes as u64)
    }

    /// When a sink had an event, by the sink's name; none if it has it not, or not among its latest 4,096.
    #[must_use]
    pub fn delivered_at(&self, sink: &str, event: u64) -> Option<Timestamp> {
        self.inner.tally.delivered_at(sink, event)
    }
}

impl Reader {
    /// Where a picture of an app is on the disk, by what its toasts call it; none if it was not there when
    /// the app was installed, or cannot be shown, and for a host in memory, which keeps none.
    #[must_use]
    pub fn picture(&self, app: &AppId, uri: &str) -> Option<PathBuf> {
        let data_dir = self.data_dir().filter(|_| picture_type(uri).is_some())?;
        pictures::path(data_dir, app, &self.pictures_of(app).ok()??, uri)
    }

    /// By what the pictures of an app are found; none if it has none, or is not there.
    pub(crate) fn pictures_of(&self, app: &AppId) -> Result<Option<String>, Error> {
        let installed = self.store.app(app)?.map(InstalledApp::new).transpose()?;
        Ok(installed.and_then(|app| app.manifest.pictures))
    }

    /// Kept runs, newest first, with what they said.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn runs_before(&self, runs: &Runs) -> Result<Vec<RunLog>, Error> {
        let app = self.key_if_asked(runs.app.as_ref())?;
        Ok(self.store.runs_before(runs.before, app, runs.only_failed, runs.limit)?)
    }

    /// What all apps together have in their queues.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn queues(&self) -> Result<Waiting, Error> {
        Ok(self.store.queues()?)
    }

    /// What each app has in its queue, and how many of its tasks are paused, by id.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn pressure(&self) -> Result<Vec<Pressure>, Error> {
        Ok(self.store.pressure()?)
    }

    /// What came last and has not ended, newest first.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn queued(&self, limit: usize) -> Result<Vec<Queued>, Error> {
        Ok(self.store.queued(limit)?)
    }

    /// The newest toasts that are to be seen, newest first.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn newest_toasts(&self, limit: usize) -> Result<Vec<LiveToast>, Error> {
        Ok(self.store.newest_toasts(limit)?)
    }

    /// Badges of apps that have one, by the ids of the apps.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn badges(&self, limit: usize) -> Result<Vec<(AppId, Mark)>, Error> {
        Ok(self.store.badges(limit)?)
    }

    /// Apps whose id or name has a text in it, by id, after an id; at most so many.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn apps_with(
        &self,
        text: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<AppSummary>, Error> {
        let keys = self.store.apps_with(text.to_owned(), after.to_owned(), limit)?;
        let queues = self.store.queues_of(keys.clone())?;
        let mut apps = Vec::with_capacity(keys.len());
        for key in keys {
            // One that was removed meanwhile is not listed.
            if let Some(record) = self.store.app_by_key(key)? {
                let (waiting, dead) = queues.get(&key).copied().unwrap_or_default();
                apps.push(self.summary_of(record, waiting, dead)?);
            }
        }
        Ok(apps)
    }

    /// One app.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn app(&self, app: &AppId) -> Result<AppSummary, Error> {
        let record = self.store.app(app)?;
        self.summary(record.ok_or_else(|| Error::UnknownApp { app: app.clone() })?)
    }

    /// Channels that are open at a moment, those that were pushed to last first; at most so many.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn open_channels(&self, now: Timestamp, limit: usize) -> Result<Vec<ChannelId>, Error> {
        let channels = self.store.open_channels(now, limit)?;
        Ok(channels.into_iter().map(|(app, name)| ChannelId { app, name }).collect())
    }

    /// The newest dead letters, of an app or of all.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn newest_dead(&self, app: Option<&AppId>, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        Ok(self.store.dead(self.key_if_asked(app)?, Some(limit))?)
    }

    /// What the kept runs of an app came to since a moment, in so many steps of milliseconds.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn history(
        &self,
        app: &AppId,
        since: Timestamp,
        step_ms: u64,
        steps: usize,
    ) -> Result<Vec<Activity>, Error> {
        Ok(self.store.history(self.key(app)?, since, step_ms, steps)?)
    }
}
