//! Probes in one running `bugle serve`, each as an app of its own that is installed, pushed to and
//! removed. After each the process is what it was before, and an honest app goes on.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::SystemTime;

use anyhow::{Context as _, bail, ensure};
use bugle::Value;
use bugle_gateway::{Answer, PushEnding};
use bugle_task::RunReport;
use bugle_tests::AppSource;
use bugle_tests::probe::Probe;
use bugle_tests::program::{Said, target};

use crate::program::{assert_plain, refusal};

mod host;

use host::Host;

/// What a host that serves may take beside a run, in MiB: its workers' stacks, pages of the store, and
/// the component while it is installed.
const BESIDE_MIB_MAX: u64 = 16;

/// What the allocator may keep of 18 MB of component and 40 of native code, in MiB: each is twice in memory
/// while it is compiled and stored.
const COMPILED_MIB: u64 = 160;

pub(crate) struct Serve {
    good: Probe,
    /// None before the first probe, and after one that took the host down.
    host: Mutex<Option<Host>>,
}

impl Serve {
    pub(crate) fn new(good: Probe) -> Self {
        Self { good, host: Mutex::new(None) }
    }

    pub(crate) fn judge(&self, probe: &Probe) -> anyhow::Result<()> {
        self.with_host(|host| {
            let app = host.write(probe)?;
            let judged = if probe.attack == Some(COMPILE_BOMBS) {
                bomb(host, probe, &app)
            } else {
                attack(host, probe, &app)
            };
            let Err(error) = &judged else { return host.is_as_before_but(0) };
            host.bugle(&["remove", &app.id])?;
            // Whatever came of the attack, what became of the host is worth knowing.
            host.is_as_before_but(0).with_context(|| format!("{error:#}; and then"))?;
            judged
        })
    }

    /// Eighteen megabytes of an honest language are no bomb.
    pub(crate) fn install_python(&self) -> anyhow::Result<()> {
        let folder = target().join("guests/apps/mail-python");
        let built = folder.join(bugle::MANIFEST_FILE);
        ensure!(
            built.is_file(),
            "the task in Python was not built; build it with `cargo xtask guests`"
        );
        self.with_host(|host| {
            let folder = folder.display().to_string();
            host.bugle(&["install", &folder])?.good()?;
            host.bugle(&["channel", "open", "com.example.mail-python/inbox"])?.good()?;
            let mails = r#"[{"id":"1","from":"Ada","subject":"Lunch?"}]"#;
            host.bugle(&["push", "com.example.mail-python/inbox", mails, "--wait"])?.good()?;
            host.bugle(&["remove", "com.example.mail-python"])?.good()?;
            host.is_as_before_but(COMPILED_MIB)
        })
    }

    fn with_host(&self, test: impl FnOnce(&mut Host) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut kept = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        let mut host = match kept.take() {
            Some(host) if host.is_alive() => host,
            _ => Host::start(&self.good)?,
        };
        let tested = test(&mut host);
        // One that is not as it was would fail those that come after.
        if tested.is_ok() {
            *kept = Some(host);
        }
        tested
    }
}

/// The number of the attack on the compiler.
const COMPILE_BOMBS: usize = 16;

/// Installs a probe, wakes it, and removes it.
fn attack(host: &Host, probe: &Probe, app: &App) -> anyhow::Result<()> {
    let installed = host.bugle(&["install", &app.folder])?;
    if let Some(refused) = refusal(probe, installed.code, &installed.err)? {
        return refused;
    }
    installed.good()?;
    wake(host, probe, app)?;
    host.bugle(&["remove", &app.id])?.good()?;
    Ok(())
}

fn wake(host: &Host, probe: &Probe, app: &App) -> anyhow::Result<()> {
    let channel = format!("{}/inbox", app.id);
    host.bugle(&["channel", "open", &channel])?.good()?;
    let process = host.process();
    for _ in 0..probe.pushes {
        let before = process.resident_peak_from_now();
        let written = Written::from_now(host);
        let args = ["push", &channel, "hello", "--ttl", "0", "--wait", "--json"];
        let said = host.bugle(&args)?;
        let grown_mib = process.resident_peak_kib().saturating_sub(before) / 1_024;
        let written_kib = written.kib();
        assert_plain(&said.out)?;
        ensure!(!said.out.contains("hunter2"), "it found a secret: {}", said.out);
        probe.compare(&report(&said)?)?;
        let grown_mib_max = probe.rss_mib_max + BESIDE_MIB_MAX;
        ensure!(grown_mib <= grown_mib_max, "{grown_mib} MiB, and may take {grown_mib_max}");
        let written_kib_max = probe.disk_kib_max;
        ensure!(
            written_kib <= written_kib_max,
            "{written_kib} KiB were written, and may be {written_kib_max}"
        );
    }
    Ok(())
}

/// What a host writes from a moment on.
struct Written<'a> {
    host: &'a Host,
    before_kib: u64,
    /// When the database was written last, apart from its log.
    changed: SystemTime,
}

impl<'a> Written<'a> {
    fn from_now(host: &'a Host) -> Self {
        Self { host, before_kib: host.process().written_kib(), changed: host.database().0 }
    }

    /// Without what it wrote into the database itself: pages that it had in its log already, at a time that
    /// is not this push's, and each of them once at the most.
    fn kib(&self) -> u64 {
        let written = self.host.process().written_kib().saturating_sub(self.before_kib);
        let (changed, bytes) = self.host.database();
        if changed == self.changed { written } else { written.saturating_sub(bytes / 1_024) }
    }
}

/// What came of the only attempt of a push.
pub(crate) fn report(said: &Said) -> anyhow::Result<RunReport> {
    let answer = serde_json::from_str(&said.out).with_context(|| format!("{said:?}"))?;
    let Answer::Pushed { ending: Some(ending), .. } = answer else { bail!("{said:?}") };
    match ending {
        PushEnding::Completed { report } => Ok(*report),
        PushEnding::Dead { report: Some(report), .. } => Ok(*report),
        other => bail!("there is no report: {other:?}"),
    }
}

/// Has the host compile what is hard to compile. Meanwhile honest pushes go on.
fn bomb(host: &Host, probe: &Probe, app: &App) -> anyhow::Result<()> {
    let place = host.place();
    let installed = thread::scope(|scope| {
        let install = scope.spawn(|| place.bugle(["install", &app.folder]));
        while !install.is_finished() && host.has_honest_runs_left() {
            host.push_honestly()?;
        }
        install.join().map_err(|_| anyhow::anyhow!("the test went wrong"))?
    })?;
    let apps = host.bugle(&["list", "--json"])?.good()?;
    let is_installed = apps.contains(&app.id);
    ensure!(is_installed == (installed.code == 0), "{installed:?}, and the apps are {apps}");
    if is_installed {
        ensure!(probe.expect != "refused", "it was installed");
        host.bugle(&["remove", &app.id])?.good()?;
    }
    match refusal(probe, installed.code, &installed.err)? {
        Some(refused) => refused,
        None => installed.good().map(drop),
    }
}

/// A probe as an app.
struct App {
    id: String,
    /// Where it is.
    folder: String,
}

/// An app with one task, which is a probe, and a channel `inbox`.
pub(crate) fn source(id: &str, probe: &Probe) -> AppSource {
    let limits = probe.limits.iter().flat_map(|limits| limits.split(','));
    let limits: String =
        limits.map(|limit| format!("limits.{}\n", limit.replace('=', " = "))).collect();
    let manifest = format!(
        r#"[app]
id = "{id}"
name = "Probe"
version = "1.0.0"

[[task]]
name = "act"
component = "task.wasm"
triggers = ["raw-notification"]
{limits}
[[channel]]
name = "inbox"
task = "act"
"#
    );
    AppSource { manifest, files: vec![("task.wasm".to_owned(), probe.component.clone())] }
}

/// What the honest task sets.
fn honest_setting() -> (&'static str, Value) {
    ("hello", Value::Integer(7))
}
