use std::cell::Cell;
use std::fs;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, ensure};
use bugle::{AppId, Reader};
use bugle_tests::probe::Probe;
use bugle_tests::probe::process::Process;
use bugle_tests::program::{Daemon, Place, Said};

use super::{App, honest_setting, source};
use crate::program::SECRETS;

/// Pushes before what the process has is remembered: as many as fill what is kept for the next one,
/// pages of the store and connections for reading among it.
const WARM_UP: usize = 20;

/// Toasts of an app in an hour: the honest task shows one a run, so that after half of them another
/// app takes its place.
const HONEST_RUNS_MAX: usize = 30;

/// What a host may have more after all attacks so far than when it was warm, in MiB: its workers' pooled
/// memories keep a MiB each, and what the allocator and the store keep settles at 6 MiB more. A leak of
/// 100 KiB a push would not pass.
const KEPT_MIB_MAX: u64 = 16;

/// The same for open files: one more connection to the store for reading.
const OPEN_FILES_MAX: usize = 3;

/// Longer than a connection takes to close on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running `bugle serve` with an honest app.
pub(super) struct Host {
    place: Place,
    daemon: Daemon,
    good: Probe,
    reader: Reader,
    /// The number of the honest app, and how often it ran.
    honest: (usize, Cell<usize>),
    resident_kib: u64,
    open_files: usize,
}

impl Host {
    pub(super) fn start(good: &Probe) -> anyhow::Result<Self> {
        let place = Place::new()?;
        let mut command = place.command(["serve", "--listen", "127.0.0.1:0"])?;
        command.args(["--sink", "terminal"]).envs(SECRETS);
        let daemon = Daemon::start(command, |line| line)?;
        let reader = Reader::open(&place.data())?;
        let mut host = Self {
            place,
            daemon,
            good: good.clone(),
            reader,
            honest: (0, Cell::new(0)),
            resident_kib: 0,
            open_files: 0,
        };
        host.install_honest()?;
        for _ in 0..WARM_UP {
            host.push_honestly()?;
        }
        host.resident_kib = host.process().resident_kib();
        host.open_files = host.process().open_files();
        Ok(host)
    }

    pub(super) fn process(&self) -> Process {
        Process::of(self.daemon.process())
    }

    pub(super) fn is_alive(&self) -> bool {
        self.process().is_alive()
    }

    /// When the database itself was written last, and how many bytes it has.
    pub(super) fn database(&self) -> (SystemTime, u64) {
        let found = fs::metadata(self.place.data().join("bugle.db"));
        let changed = |found: fs::Metadata| Some((found.modified().ok()?, found.len()));
        found.ok().and_then(changed).unwrap_or((SystemTime::UNIX_EPOCH, 0))
    }

    pub(super) fn bugle(&self, args: &[&str]) -> anyhow::Result<Said> {
        self.place.bugle(args)
    }

    /// Writes the folder of a probe's app.
    pub(super) fn write(&self, probe: &Probe) -> anyhow::Result<App> {
        // A name of an app's id begins with a letter.
        let id = format!("com.example.p-{}", probe.name);
        let folder = self.place.app(&probe.name, &source(&id, probe))?;
        Ok(App { id, folder: folder.display().to_string() })
    }

    fn honest_id(&self) -> String {
        format!("com.example.honest-{}", self.honest.0)
    }

    fn install_honest(&self) -> anyhow::Result<()> {
        let id = self.honest_id();
        let folder = self.place.app(&id, &source(&id, &self.good))?;
        self.bugle(&["install", &folder.display().to_string()])?.good()?;
        self.bugle(&["channel", "open", &format!("{id}/inbox")])?.good()?;
        Ok(())
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Whether the honest app is still the one to ask.
    pub(super) fn has_honest_runs_left(&self) -> bool {
        self.honest.1.get() < HONEST_RUNS_MAX
    }

    /// A push to the honest app completes.
    pub(super) fn push_honestly(&self) -> anyhow::Result<()> {
        self.honest.1.set(self.honest.1.get() + 1);
        let channel = format!("{}/inbox", self.honest_id());
        self.bugle(&["push", &channel, "hello", "--wait"])?.good()?;
        Ok(())
    }

    fn next_honest_app(&mut self) -> anyhow::Result<()> {
        let before = self.honest_id();
        self.honest = (self.honest.0 + 1, Cell::new(0));
        self.install_honest()?;
        self.bugle(&["remove", &before])?.good()?;
        Ok(())
    }

    /// After an attack: the process is there, with nothing more than before, the store is sound, nobody
    /// waits, and the honest app has what it had and goes on. `kept_mib` of memory may be kept beside.
    pub(super) fn is_as_before_but(&mut self, kept_mib: u64) -> anyhow::Result<()> {
        let kept_mib_max = KEPT_MIB_MAX + kept_mib;
        ensure!(self.is_alive(), "the host is dead");
        if !self.has_honest_runs_left() {
            self.next_honest_app()?;
        }
        self.push_honestly().context("the honest app after it")?;
        self.has_what_the_honest_app_has()?;
        let violations = self.reader.check()?;
        ensure!(violations.is_empty(), "the store: {violations:?}");
        let totals = self.reader.totals()?;
        ensure!((totals.apps, totals.waiting, totals.claimed) == (1, 0, 0), "{totals:?}");
        let kept_mib = self.process().resident_kib().saturating_sub(self.resident_kib) / 1_024;
        ensure!(kept_mib <= kept_mib_max, "{kept_mib} MiB are not given back");
        // A connection may be about to close.
        let (since, open_max) = (Instant::now(), self.open_files + OPEN_FILES_MAX);
        while self.process().open_files() > open_max && since.elapsed() < PATIENCE {
            thread::yield_now();
        }
        let open = self.process().open_files();
        ensure!(open <= open_max, "{open} files are open, and were {}", self.open_files);
        Ok(())
    }

    /// Its setting and its toast are there: nobody else has changed them.
    fn has_what_the_honest_app_has(&self) -> anyhow::Result<()> {
        let app: AppId = self.honest_id().parse()?;
        let (path, value) = honest_setting();
        let settings = self.reader.settings(&app)?;
        let is_there = settings.len() == 1 && settings.get(path) == Some(&value);
        ensure!(is_there, "the honest app's settings: {settings:?}");
        let (toasts, all) = (self.reader.toasts(Some(&app))?, self.reader.toasts(None)?);
        let are_its = toasts.iter().all(|toast| toast.toast.title == "hello");
        let has_all = toasts.len() == all.len() && toasts.len() == self.honest.1.get();
        ensure!(are_its && has_all, "what is shown: {all:?}");
        Ok(())
    }
}
