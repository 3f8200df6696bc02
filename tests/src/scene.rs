mod builder;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use bugle::{
    App, AppId, Channel, ChannelId, Clock, DeadLetter, Error, Host, Push, Reader, Receipt,
    RunFilter, RunSummary, Sink, Timestamp, ToastChange, ToastEvent, TriggerId, Value,
};
use tempfile::TempDir;

use crate::AppSource;

pub use builder::SceneBuilder;

/// A host with apps installed, their channels open, on a clock that only the test moves, and a folder
/// of its own.
///
/// Its end checks what every scene must leave: no trigger in the queue and none dead (unless
/// [`leaves_triggers`](Self::leaves_triggers)), and a store that passes its check.
pub struct Scene {
    host: Option<Host>,
    /// The one that `push` and the like mean where no app is named: the first.
    app: AppId,
    clock: Clock,
    shown: Arc<Mutex<Vec<ToastEvent>>>,
    builder: SceneBuilder,
    leaves_triggers: bool,
    folder: TempDir,
}

/// Remembers what it is told.
struct Recorder(Arc<Mutex<Vec<ToastEvent>>>);

impl Sink for Recorder {
    fn name(&self) -> &'static str {
        "scene"
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        Ok(())
    }
}

impl Scene {
    /// A scene in memory, with no app.
    pub fn builder() -> SceneBuilder {
        SceneBuilder::new()
    }

    fn raise_curtain(&mut self) -> anyhow::Result<()> {
        self.host = Some(builder::build(|| {
            let builder = Host::builder()
                .clock(self.clock.clone())
                .limits(self.builder.limits.clone())
                .sink(Recorder(Arc::clone(&self.shown)));
            let is_on_disk = self.builder.is_on_disk;
            let builder = if is_on_disk { builder.data_dir(self.data()) } else { builder };
            (self.builder.configure)(builder)
        })?);
        Ok(())
    }

    /// Installs an app and opens its channels.
    ///
    /// # Errors
    ///
    /// It is not taken.
    pub fn install(&self, source: &AppSource) -> anyhow::Result<App> {
        let folder = tempfile::tempdir_in(self.folder.path())?;
        source.write(folder.path())?;
        let app = self.host().install(folder.path()).wait()?;
        let apps = self.reader().apps()?;
        let installed = apps.iter().find(|installed| installed.id == *app.id());
        for channel in &installed.context("it is installed")?.channels {
            app.open_channel(channel.as_str()).wait()?;
        }
        Ok(app)
    }

    /// Where the host keeps everything, if it is on disk.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The host.
    ///
    /// # Panics
    ///
    /// It was shut down.
    #[must_use]
    pub fn host(&self) -> &Host {
        self.host.as_ref().expect("the host was not shut down")
    }

    /// What the host keeps.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        self.host().reader()
    }

    /// The app that is meant where none is named.
    #[must_use]
    pub fn app_id(&self) -> &AppId {
        &self.app
    }

    /// The app that is meant where none is named.
    ///
    /// # Panics
    ///
    /// It is not installed.
    #[must_use]
    pub fn app(&self) -> App {
        self.host().app(&self.app).expect("the first app is installed")
    }

    /// The channel of a name: `inbox`, or of another app `com.example.other/inbox`.
    ///
    /// # Panics
    ///
    /// The name is none.
    #[must_use]
    pub fn channel_id(&self, channel: &str) -> ChannelId {
        let whole = match channel.split_once('/') {
            Some(_) => channel.to_owned(),
            None => format!("{}/{channel}", self.app),
        };
        whole.parse().expect("the test names a channel")
    }

    /// The channel of a name, as [`channel_id`](Self::channel_id) reads it, opened.
    ///
    /// # Errors
    ///
    /// There is no such channel.
    pub fn open(&self, channel: &str) -> Result<Channel, Error> {
        self.host().open_channel(&self.channel_id(channel)).wait()
    }

    /// Pushes to a channel, as [`channel_id`](Self::channel_id) reads it.
    ///
    /// # Errors
    ///
    /// The push is not accepted.
    pub fn push(&self, channel: &str, content: impl Into<Vec<u8>>) -> Result<Receipt, Error> {
        self.push_as(channel, Push::new(content))
    }

    /// The same, for a push with more than content.
    ///
    /// # Errors
    ///
    /// The push is not accepted.
    pub fn push_as(&self, channel: &str, push: Push) -> Result<Receipt, Error> {
        self.host().push(&self.channel_id(channel), push).wait()
    }

    /// Waits until a trigger of the first app runs, by what another app does meanwhile.
    ///
    /// # Errors
    ///
    /// It does not run, or a push to the other app is not accepted.
    pub fn until_it_runs(&self, id: TriggerId, other: &str) -> anyhow::Result<()> {
        let mut tries = 0..1_000;
        while self.app().running().is_none_or(|run| run.trigger != id) {
            anyhow::ensure!(tries.next().is_some(), "it does not run");
            self.push(other, "-")?.ending().wait()?;
        }
        Ok(())
    }

    /// Waits until nothing goes on any more.
    ///
    /// # Panics
    ///
    /// A thread cannot be started.
    pub fn settle(&self) {
        self.host().settled().wait().expect("the host settles");
    }

    /// Waits until what the host keeps is as it should be, while the host goes on by itself.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn until(&self, is_so: impl Fn(&Reader) -> Result<bool, Error>) -> Result<(), Error> {
        while !is_so(self.reader())? {
            thread::yield_now();
        }
        Ok(())
    }

    /// Moves the clock, and waits until nothing goes on any more.
    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.settle();
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A setting of the app.
    ///
    /// # Panics
    ///
    /// It cannot be read.
    #[must_use]
    pub fn setting(&self, path: &str) -> Option<Value> {
        self.app().settings().get(path).wait().expect("settings can be read")
    }

    /// How many runs of a puppet counted.
    #[must_use]
    pub fn count(&self, app: &str) -> i64 {
        let settings = app.parse().map(|app| self.reader().settings(&app));
        match settings.ok().and_then(Result::ok).and_then(|all| all.get("n").cloned()) {
            Some(Value::Integer(count)) => count,
            _ => 0,
        }
    }

    /// Kept runs, in the order in which they were committed.
    ///
    /// # Panics
    ///
    /// They cannot be read.
    #[must_use]
    pub fn runs(&self) -> Vec<RunSummary> {
        let all = RunFilter { limit: 100_000, ..RunFilter::default() };
        let mut runs = self.reader().runs(&all).expect("runs can be read");
        runs.reverse();
        runs
    }

    /// The outcomes of all kept runs, in the order in which they were committed.
    #[must_use]
    pub fn outcomes(&self) -> Vec<String> {
        self.runs().into_iter().map(|run| run.outcome).collect()
    }

    /// Dead triggers, newest first.
    ///
    /// # Panics
    ///
    /// They cannot be read.
    #[must_use]
    pub fn dead(&self) -> Vec<DeadLetter> {
        self.reader().dead(None).expect("dead letters can be read")
    }

    /// Everything that the scene's sink was told.
    #[must_use]
    pub fn shown(&self) -> Vec<ToastEvent> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asserts which toasts were shown so far, by title and body: `Ada: Notes`.
    ///
    /// # Panics
    ///
    /// Others were.
    #[track_caller]
    pub fn assert_toasts(&self, expected: &[&str]) {
        let shown: Vec<String> = self.shown().iter().filter_map(title_and_body).collect();
        assert_eq!(shown, expected);
    }

    /// Says that triggers may still wait, or be dead, when the scene ends.
    pub fn leaves_triggers(&mut self) {
        self.leaves_triggers = true;
    }

    /// Stops the host as it should be stopped.
    ///
    /// # Errors
    ///
    /// It does not stop cleanly.
    pub fn shut_down(&mut self) -> anyhow::Result<()> {
        let host = self.host.take().context("it runs")?;
        Ok(host.shutdown().wait()?)
    }

    /// Starts a host on what the last one left.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        self.host = None;
        self.raise_curtain()
    }

    /// A scene on a copy of the files as they are this moment: what a host finds after the one before
    /// it was killed now. Nothing may be writing, so that the copy is of one moment.
    ///
    /// # Errors
    ///
    /// The files cannot be copied, or a host does not start on them.
    pub fn killed_now(&self) -> anyhow::Result<Scene> {
        self.killed_and(|_| Ok(()))
    }

    /// The same, with something done to the copied data folder before the host starts on it.
    ///
    /// # Errors
    ///
    /// The files cannot be copied or changed, or a host does not start on them.
    pub fn killed_and(
        &self,
        change: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<Scene> {
        let folder = tempfile::tempdir()?;
        copy(&self.data(), &folder.path().join("data"))?;
        change(&folder.path().join("data"))?;
        let builder = &self.builder;
        let mut scene = Scene {
            host: None,
            app: self.app.clone(),
            clock: Clock::manual(self.now()),
            shown: Arc::default(),
            builder: SceneBuilder {
                apps: Vec::new(),
                is_on_disk: true,
                limits: builder.limits.clone(),
                configure: Arc::clone(&builder.configure),
            },
            leaves_triggers: false,
            folder,
        };
        scene.raise_curtain()?;
        Ok(scene)
    }

    fn check(&self, reader: &Reader) {
        assert_eq!(reader.check().expect("the store can be read"), [], "what must always hold");
        if !self.leaves_triggers {
            let totals = reader.totals().expect("the store can be read");
            let left = (totals.waiting, totals.claimed, totals.dead);
            assert_eq!(left, (0, 0, 0), "waiting, claimed and dead triggers at the end");
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        match &self.host {
            Some(host) => {
                if !self.leaves_triggers {
                    self.settle();
                }
                self.check(host.reader());
            }
            None if self.builder.is_on_disk => {
                let reader = Reader::open(&self.data()).expect("the store can be read");
                self.check(&reader);
            }
            None => {}
        }
    }
}

fn title_and_body(event: &ToastEvent) -> Option<String> {
    match &event.change {
        ToastChange::Show { toast, .. } if toast.body.is_empty() => Some(toast.title.clone()),
        ToastChange::Show { toast, .. } => Some(format!("{}: {}", toast.title, toast.body)),
        _ => None,
    }
}

/// Copies a folder, with who may do what to each file.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&path, &copied)?;
        } else if !entry.file_name().to_string_lossy().ends_with("-shm") {
            // Shared memory is not what a disk has after the machine went off.
            fs::copy(&path, &copied)?;
        }
    }
    Ok(())
}
