//! A host's doors, open for a measurement.

use std::net::SocketAddr;

use anyhow::Result;
use bugle::Host;
use bugle_gateway::{Doors, Gateway, Rates, Tls};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Doors that are served until they are closed.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) url: String,
    stop: oneshot::Sender<()>,
    doors: JoinHandle<()>,
}

impl Served {
    /// For what the doors can take, not what one sender may send.
    pub(crate) async fn open(host: &Host, tls: Option<Tls>) -> Result<Self> {
        let doors = Doors { tls, rates: Rates::none(), ..Doors::at("127.0.0.1:0".parse()?) };
        let gateway = Gateway::bind(host.clone(), doors).await?;
        let (address, url) = (gateway.push_door(), gateway.url().to_owned());
        let (stop, stopped) = oneshot::channel::<()>();
        let doors = tokio::spawn(gateway.serve(async move {
            let _ = stopped.await;
        }));
        Ok(Self { address, url, stop, doors })
    }

    /// Once open connections have ended.
    pub(crate) async fn close(self) -> Result<()> {
        let _ = self.stop.send(());
        Ok(self.doors.await?)
    }
}
