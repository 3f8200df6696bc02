use std::net::SocketAddr;
use std::path::PathBuf;

use bugle::task::TriggerId;
use bugle::{Address, Host, Push};
use tokio::net::TcpListener;

use crate::{GatewayError, PUSH_CONNECTIONS_MAX, connections, push};

/// Where a host can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doors {
    /// The address for pushes; port 0 takes any that is free. An address that is not loopback is
    /// plain HTTP to the network: put a proxy that speaks TLS before it.
    pub push: SocketAddr,
    /// The path of the command socket. None serves no commands, as do systems without such sockets.
    pub socket: Option<PathBuf>,
}

/// Doors that are open but not served yet: connections wait.
#[derive(Debug)]
pub struct Gateway {
    host: Host,
    pushes: TcpListener,
    push_door: SocketAddr,
    #[cfg(unix)]
    commands: Option<crate::socket::CommandSocket>,
}

impl Gateway {
    /// Opens the doors of a host. The host holds its data folder's lock, so a command socket that is
    /// still there is a dead one's, and is replaced.
    ///
    /// # Errors
    ///
    /// An address cannot be used, or the socket cannot be made.
    pub async fn bind(host: Host, doors: Doors) -> Result<Self, GatewayError> {
        let address = doors.push;
        let failed = |source| GatewayError::Listen { address, source };
        let pushes = TcpListener::bind(address).await.map_err(failed)?;
        let push_door = pushes.local_addr().map_err(failed)?;
        if !push_door.ip().is_loopback() {
            tracing::warn!(%push_door, "pushes are taken from the network by plain HTTP");
        }
        #[cfg(unix)]
        let commands = doors.socket.map(crate::socket::CommandSocket::bind).transpose()?;
        #[cfg(not(unix))]
        if doors.socket.is_some() {
            tracing::warn!("no command socket here: stop the host to use commands that write");
        }
        Ok(Self {
            host,
            pushes,
            push_door,
            #[cfg(unix)]
            commands,
        })
    }

    /// Where pushes are taken, with the port that was found.
    #[must_use]
    pub fn push_door(&self) -> SocketAddr {
        self.push_door
    }

    /// Serves until `shutdown` is done and open connections have ended, or were cut after
    /// [`DRAIN_TIMEOUT`](crate::DRAIN_TIMEOUT). The host goes on: shutting it down is the caller's.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let (close, closed) = tokio::sync::watch::channel(false);
        let closing = |mut closed: tokio::sync::watch::Receiver<bool>| async move {
            // An error is a sender that is gone, which closes the doors as well.
            let _ = closed.wait_for(|is_closed| *is_closed).await;
        };
        let close_doors = async {
            shutdown.await;
            close.send_replace(true);
        };
        let host = self.host.clone();
        let accept = move |address: Address, push: Push| {
            let host = host.clone();
            async move { host.push_to(&address, push).await.map(|receipt| receipt.id()) }
        };
        let pushes = serve_pushes(self.pushes, accept, closing(closed.clone()));
        #[cfg(unix)]
        let commands = async {
            if let Some(socket) = self.commands {
                socket.serve(self.host, self.push_door, closing(closed)).await;
            }
        };
        #[cfg(not(unix))]
        let commands = async { drop(closed) };
        tokio::join!(close_doors, pushes, commands);
    }
}

/// The push door alone, with anything behind it that makes a push durable and names its trigger.
/// [`Gateway::serve`] puts a host there; a measurement can put nothing there.
pub async fn serve_pushes<A, F>(
    listener: TcpListener,
    accept: A,
    shutdown: impl Future<Output = ()>,
) where
    A: Fn(Address, Push) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<TriggerId, bugle::Error>> + Send + 'static,
{
    connections::serve(listener, push::routes(accept), PUSH_CONNECTIONS_MAX, shutdown).await;
}
