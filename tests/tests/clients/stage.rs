//! A host with its doors open, and what comes in.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use bugle::task::{RawNotification, Trigger};
use bugle::{Channel, Protocol, RunFilter};
use bugle_gateway::{Command, Doors, Gateway, Tls};
use bugle_tests::program::{Answer, Connection};
use bugle_tests::{AppSource, Scene};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A scene whose one app takes whatever is pushed, with its doors open.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) url: String,
    /// Where apps in the foreground see their pushes.
    pub(crate) app_door: SocketAddr,
    runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
    door: Option<JoinHandle<()>>,
    folder: TempDir,
}

impl Stage {
    /// Doors that speak plain HTTP.
    pub(crate) fn plain() -> Result<Self> {
        Self::open(false, |_| {})
    }

    /// Doors that speak TLS, with a certificate that nobody knows yet.
    pub(crate) fn tls() -> Result<Self> {
        Self::open(true, |_| {})
    }

    /// Doors that are set up otherwise.
    pub(crate) fn with(change: impl FnOnce(&mut Doors)) -> Result<Self> {
        Self::open(false, change)
    }

    /// Doors where a channel takes a push a second, and ten at once; with TLS or without.
    pub(crate) fn throttled(with_tls: bool) -> Result<Self> {
        Self::open(with_tls, |doors| doors.rates.channel = NonZeroU32::new(1))
    }

    fn open(with_tls: bool, change: impl FnOnce(&mut Doors)) -> Result<Self> {
        let mut scene = Scene::builder().app(AppSource::example("raw-notification")?).start()?;
        // What is no text the task rejects.
        scene.leaves_triggers();
        // Senders sign what they send with the time that it is.
        let real = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        scene.pass(real.saturating_sub(Duration::from_millis(scene.now())));
        let folder = tempfile::tempdir()?;
        let tls = with_tls.then(|| certificate(&folder)).transpose()?;
        let any = "127.0.0.1:0".parse()?;
        let mut doors = Doors { tls, apps: Some(any), ..Doors::at(any) };
        change(&mut doors);
        let runtime = Runtime::new()?;
        let gateway = runtime.block_on(Gateway::bind(scene.host().clone(), doors))?;
        let url = gateway.url().to_owned();
        let app_door = gateway.app_door().context("it was asked for")?;
        let (stop, stopped) = oneshot::channel::<()>();
        let door = runtime.spawn(gateway.serve(async move {
            let _ = stopped.await;
        }));
        Ok(Self { scene, url, app_door, runtime, stop: Some(stop), door: Some(door), folder })
    }

    /// The certificate that senders have to trust.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The channel, opened for a protocol.
    pub(crate) fn channel(&self, protocol: Protocol) -> Result<Channel> {
        let inbox = self.scene.channel_id("inbox");
        self.scene.host().close_channel(&inbox).wait()?;
        Ok(self.scene.host().open_channel_for(&inbox, protocol).wait()?)
    }

    /// The pushes that were run, in their order.
    pub(crate) fn pushes(&self) -> Result<Vec<RawNotification>> {
        self.scene.settle();
        let filter = RunFilter { limit: 1_000, ..RunFilter::default() };
        let mut runs = self.scene.reader().runs(&filter)?;
        runs.sort_by_key(|run| run.run);
        let mut pushes = Vec::new();
        for run in runs.iter().filter(|run| run.attempt == 1) {
            let kept = self.scene.reader().run(run.run)?;
            if let Trigger::RawNotification(push) = kept.input.trigger {
                pushes.push(push);
            }
        }
        Ok(pushes)
    }

    /// Their contents.
    pub(crate) fn contents(&self) -> Result<Vec<Vec<u8>>> {
        Ok(self.pushes()?.into_iter().map(|push| push.content.0).collect())
    }

    /// Carries out a command, as a program without a daemon does.
    pub(crate) fn execute(&self, command: Command) -> Result<bugle_gateway::Answer> {
        Ok(self.runtime.block_on(bugle_gateway::execute(self.scene.host(), None, command))?)
    }

    /// Time passes until after the channel's end.
    pub(crate) fn month_passes(&self) {
        self.scene.pass(Duration::from_secs(31 * 24 * 60 * 60));
    }
}

/// One request on a connection of its own.
pub(crate) fn ask(
    stage: &Stage,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Result<Answer> {
    let door = stage.url.strip_prefix("http://").context("it is plain HTTP")?;
    let mut connection = Connection::to(door.parse()?)?;
    let length = body.len();
    connection.send(format!(
        "{method} {path} HTTP/1.1\r\nhost: t\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    ))?;
    connection.answer()
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(door) = self.door.take() {
            // The host's last clones go with it.
            let _ = self.runtime.block_on(door);
        }
    }
}

fn certificate(folder: &TempDir) -> Result<Tls> {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names)?;
    let tls = Tls {
        certificate: folder.path().join("certificate.pem"),
        key: folder.path().join("key.pem"),
    };
    std::fs::write(&tls.certificate, made.cert.pem())?;
    std::fs::write(&tls.key, made.signing_key.serialize_pem())?;
    Ok(tls)
}
