//! A scene's doors, open, and requests to them.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bugle::{Channel, Protocol};
use bugle_gateway::{Command, Doors, Gateway};
use bugle_tests::Scene;
use bugle_tests::program::{Answer, Connection};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{app, two};

/// Two apps behind the doors for senders and for apps.
pub(crate) struct Open {
    pub(crate) scene: Scene,
    pub(crate) push_door: SocketAddr,
    pub(crate) app_door: SocketAddr,
    runtime: Runtime,
    stop: Option<oneshot::Sender<()>>,
    doors: Option<JoinHandle<()>>,
}

impl Open {
    pub(crate) fn new() -> Result<Self> {
        let scene = two().start()?;
        // Tokens say until when they are good, by the time that it is.
        let real = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        scene.pass(real.saturating_sub(Duration::from_millis(scene.now())));
        let any = "127.0.0.1:0".parse()?;
        let doors = Doors { apps: Some(any), ..Doors::at(any) };
        let runtime = Runtime::new()?;
        let gateway = runtime.block_on(Gateway::bind(scene.host().clone(), doors))?;
        let push_door = gateway.push_door();
        let app_door = gateway.app_door().context("it was asked for")?;
        let (stop, stopped) = oneshot::channel::<()>();
        let doors = runtime.spawn(gateway.serve(async move {
            let _ = stopped.await;
        }));
        Ok(Self { scene, push_door, app_door, runtime, stop: Some(stop), doors: Some(doors) })
    }

    /// An app's inbox, opened anew for a protocol.
    pub(crate) fn inbox(&self, id: &str, protocol: Protocol) -> Result<Channel> {
        let inbox = self.scene.channel_id(&format!("{id}/inbox"));
        self.scene.host().close_channel(&inbox).wait()?;
        Ok(self.scene.host().open_channel_for(&inbox, protocol).wait()?)
    }

    /// What `bugle channel open` tells of a channel that is open.
    pub(crate) fn told(&self, channel: &Channel) -> Result<bugle_gateway::Answer> {
        let open = Command::OpenChannel {
            channel: channel.id().clone(),
            protocol: channel.protocol().clone(),
        };
        let host = self.scene.host();
        Ok(self.runtime.block_on(bugle_gateway::execute(host, None, open))?)
    }

    /// A request at the door for senders.
    pub(crate) fn post(&self, path: &str, headers: &str, body: &[u8]) -> Result<Answer> {
        ask(self.push_door, "POST", path, headers, body)
    }

    /// A request at the door for apps, with what an app proves itself with.
    pub(crate) fn post_as(&self, id: &str, path: &str) -> Result<Answer> {
        ask(self.app_door, "POST", path, &self.proof(id)?, b"")
    }

    /// The header with which an app proves itself at its door.
    pub(crate) fn proof(&self, id: &str) -> Result<String> {
        let own = app(&self.scene, id)?.credentials().wait()?;
        let pair = STANDARD.encode(format!("{}:{}", own.client_id, own.client_secret));
        Ok(format!("authorization: Basic {pair}\r\n"))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(doors) = self.doors.take() {
            // The host's last clones go with it.
            let _ = self.runtime.block_on(doors);
        }
    }
}

/// One request on a connection of its own.
pub(crate) fn ask(
    door: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> Result<Answer> {
    let mut connection = Connection::to(door)?;
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: t\r\ncontent-length: {length}\r\n{headers}\r\n");
    connection.send([head.as_bytes(), body].concat())?;
    connection.answer()
}
