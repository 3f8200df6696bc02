use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use bugle_store::{
    Activity, AppKey, AppRecord, ChannelRecord, DeadLetter, Digest, KeptRun, LiveToast, RunLog,
    RunSummary, Store, StoreError, ToastEvent, Totals, TriggerState, Violation,
};
use bugle_task::{
    AppId, Mark, Name, QuotaName, QuotaRow, ResumeWork, RunId, Settings, Timestamp, TriggerId,
    cpu_window,
};
use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::keys::Keys;
use crate::lane::{InstalledApp, Overlay};
use crate::summary::{AppSummary, ChannelSummary, RunFilter, TaskSummary};
use crate::{ChannelId, Error, Protocol};

/// Runs that are looked at for what apps did lately: as many as a host does in some seconds.
const ACTIVE_RUNS_MAX: usize = 100_000;

/// Reads what a host keeps: from the host itself, or beside it from another process.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) store: bugle_store::Reader,
    data_dir: Option<PathBuf>,
}

impl Reader {
    /// Reads the data folder of a host, which may be running or not. Takes no lock and writes
    /// nothing.
    ///
    /// # Errors
    ///
    /// There is no store in the folder, or it cannot be read.
    pub fn open(data_dir: &Path) -> Result<Self, Error> {
        let store = bugle_store::Reader::open(data_dir)?;
        Ok(Self { store, data_dir: Some(data_dir.to_owned()) })
    }

    pub(crate) fn of(store: &Store, data_dir: Option<PathBuf>) -> Self {
        Self { store: store.reader(), data_dir }
    }

    /// The folder that is read; none for a host in memory.
    #[must_use]
    pub fn data_dir(&self) -> Option<&Path> {
        self.data_dir.as_deref()
    }

    /// All installed apps, by id.
    ///
    /// # Errors
    ///
    /// As all reads: the store cannot be read.
    pub fn apps(&self) -> Result<Vec<AppSummary>, Error> {
        self.store.apps()?.into_iter().map(|record| self.summary(record)).collect()
    }

    /// What an app has used at a moment of what it may use over time.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn quotas(&self, app: &AppId, now: Timestamp) -> Result<Vec<QuotaRow>, Error> {
        let (key, quotas) = (self.key(app)?, self.store.quotas()?);
        let (conduct, waiting) = (self.store.conduct(key)?, self.store.waiting(key)?);
        let toasts = self.store.toast_times_since(key, Overlay::window_start(now))?.len() as u64;
        let used = |quota| match quota {
            QuotaName::CpuMs if conduct.cpu_window == cpu_window(now) => conduct.cpu_us / 1_000,
            QuotaName::CpuMs => 0,
            QuotaName::Waiting => waiting.waiting + waiting.claimed,
            QuotaName::WaitingBytes => waiting.bytes,
            QuotaName::Toasts => toasts,
            QuotaName::KeptRuns => conduct.kept_runs,
            QuotaName::KeptBytes => conduct.kept_bytes,
            QuotaName::Dead => waiting.dead,
            QuotaName::Failures => conduct.failures,
        };
        let row = |&quota: &QuotaName| QuotaRow {
            quota,
            used: used(quota),
            max: quotas.get(quota),
            then: quota.then(),
        };
        Ok(QuotaName::ALL.iter().map(row).collect())
    }

    pub(crate) fn summary(&self, record: AppRecord) -> Result<AppSummary, Error> {
        let waiting = self.store.waiting(record.key)?;
        self.summary_of(record, waiting.waiting + waiting.claimed, waiting.dead)
    }

    /// The same, where it is known what the app has in its queue.
    pub(crate) fn summary_of(
        &self,
        record: AppRecord,
        waiting: u64,
        dead: u64,
    ) -> Result<AppSummary, Error> {
        let paused = self.store.paused(record.key)?;
        let app = InstalledApp::new(record)?;
        let task = |task: &crate::TaskEntry| TaskSummary {
            name: task.name.clone(),
            component: app
                .component(&task.name)
                .map(|digest| digest.to_string())
                .unwrap_or_default(),
            triggers: task.triggers.iter().copied().collect(),
        };
        Ok(AppSummary {
            tasks: app.manifest.tasks.iter().map(task).collect(),
            channels: app.manifest.channels.iter().map(|channel| channel.name.clone()).collect(),
            id: app.record.id,
            name: app.record.name,
            version: app.record.version,
            waiting,
            dead,
            installed_at: app.record.installed_at,
            paused,
        })
    }

    pub(crate) fn key(&self, app: &AppId) -> Result<AppKey, Error> {
        let record = self.store.app(app)?;
        Ok(record.ok_or_else(|| Error::UnknownApp { app: app.clone() })?.key)
    }

    pub(crate) fn key_if_asked(&self, app: Option<&AppId>) -> Result<Option<AppKey>, Error> {
        app.map(|app| self.key(app)).transpose()
    }

    /// The channels of an app, or of all, closed ones too.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn channels(&self, app: Option<&AppId>) -> Result<Vec<ChannelSummary>, Error> {
        let records = self.store.channels(self.key_if_asked(app)?)?;
        let mut ids: HashMap<AppKey, AppId> = HashMap::new();
        let mut channels = Vec::with_capacity(records.len());
        for record in records {
            let app = match ids.get(&record.app) {
                Some(app) => app.clone(),
                None => {
                    let Some(app) = self.store.app_by_key(record.app)? else { continue };
                    ids.insert(record.app, app.id.clone());
                    app.id
                }
            };
            channels.push(ChannelSummary {
                id: ChannelId { app, name: record.name },
                opened_at: record.opened_at,
                expires_at: record.expires_at,
                closed_at: record.closed_at,
                protocol: Protocol::of(&record.setup)?,
                pushes: record.pushes,
                pushed_at: record.pushed_at,
                pushed_by: record.pushed_by,
            });
        }
        Ok(channels)
    }

    pub(crate) fn open_channel(
        &self,
        app: AppKey,
        name: &Name,
    ) -> Result<Option<ChannelRecord>, Error> {
        let records = self.store.channels(Some(app))?;
        Ok(records.into_iter().find(|record| record.name == *name && record.closed_at.is_none()))
    }

    /// What became of a trigger so far.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn trigger_state(&self, id: TriggerId) -> Result<TriggerState, Error> {
        Ok(self.store.trigger_state(id)?)
    }

    /// The settings of an app.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn settings(&self, app: &AppId) -> Result<Settings, Error> {
        Ok(self.store.settings(self.key(app)?)?.0)
    }

    /// The toasts that are shown, of an app or of all.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn toasts(&self, app: Option<&AppId>) -> Result<Vec<LiveToast>, Error> {
        Ok(self.store.toasts(self.key_if_asked(app)?)?)
    }

    /// The badge of an app.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn badge(&self, app: &AppId) -> Result<Option<Mark>, Error> {
        Ok(self.store.badge(self.key(app)?)?)
    }

    /// The work that tasks have left for an app.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn resume_work(&self, app: &AppId) -> Result<Vec<ResumeWork>, Error> {
        Ok(self.store.resume_work(self.key(app)?)?)
    }

    /// Kept runs, newest first.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn runs(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, Error> {
        let filter = bugle_store::RunFilter {
            app: self.key_if_asked(filter.app.as_ref())?,
            outcome: filter.outcome.clone(),
            since: filter.since,
            limit: filter.limit,
        };
        Ok(self.store.runs(&filter)?)
    }

    /// A kept run, with everything it was given and all that came of it.
    ///
    /// # Errors
    ///
    /// There is no such run.
    pub fn run(&self, run: RunId) -> Result<KeptRun, Error> {
        self.store.run(run)?.ok_or(Error::UnknownRun { run })
    }

    /// Kept runs after a place, in the order in which they were committed, with what they said; at most so
    /// many. The place of the last one is that after which more come.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn runs_after(
        &self,
        place: u64,
        app: Option<&AppId>,
        limit: usize,
    ) -> Result<Vec<RunLog>, Error> {
        Ok(self.store.runs_after(place, self.key_if_asked(app)?, limit)?)
    }

    /// The place before the newest so many runs.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn place_before(&self, app: Option<&AppId>, newest: usize) -> Result<u64, Error> {
        Ok(self.store.place_before(self.key_if_asked(app)?, newest)?)
    }

    /// What the runs of each app came to since a moment, as far as they are kept and among the newest
    /// 100,000.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn activity_since(&self, since: Timestamp) -> Result<BTreeMap<AppId, Activity>, Error> {
        Ok(self.store.activity_since(since, ACTIVE_RUNS_MAX)?)
    }

    /// What happened to toasts and badges after an event, in order; at most so much.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn events_after(&self, seq: u64, limit: usize) -> Result<Vec<ToastEvent>, Error> {
        Ok(self.store.events_after(seq, limit)?)
    }

    /// How many events there are after one.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn events_left(&self, seq: u64) -> Result<u64, Error> {
        Ok(self.store.events_left(seq)?)
    }

    /// The newest event; 0 if there was none.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn newest_event(&self) -> Result<u64, Error> {
        Ok(self.store.newest_event()?)
    }

    pub(crate) fn component(&self, component: Digest) -> Result<Vec<u8>, Error> {
        let bytes = self.store.component(component)?;
        Ok(bytes.ok_or(StoreError::NoComponent { component })?)
    }

    /// Triggers that will not be tried again by themselves.
    ///
    /// # Errors
    ///
    /// There is no such app.
    pub fn dead(&self, app: Option<&AppId>) -> Result<Vec<DeadLetter>, Error> {
        Ok(self.store.dead(self.key_if_asked(app)?, None)?)
    }

    /// How much of everything there is.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn totals(&self) -> Result<Totals, Error> {
        Ok(self.store.totals()?)
    }

    /// Writes a backup to a file that is not there yet: everything that is durable, as of one moment,
    /// and the host's secret, so that the addresses of its channels stay what they are. A host may be
    /// running meanwhile. The file is its owner's alone, and as secret as the data folder.
    ///
    /// # Errors
    ///
    /// The host is in memory, or the file is there already or cannot be written.
    pub fn back_up(&self, file: &Path) -> Result<(), Error> {
        let Some(path) = &self.data_dir else {
            let what = "a host in memory has no backup: name a data folder".to_owned();
            return Err(Error::Usage { what });
        };
        let secret = Dir::open_ambient_dir(path, ambient_authority());
        let secret = secret.and_then(|folder| Keys::read_secret(&folder));
        let secret = secret.map_err(|source| Error::File { path: path.clone(), source })?;
        Ok(self.store.back_up(file, &secret)?)
    }

    /// Checks every invariant of the store. Empty is good.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn check(&self) -> Result<Vec<Violation>, Error> {
        Ok(self.store.check()?)
    }
}
