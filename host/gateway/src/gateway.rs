use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::middleware;
use bugle::task::TriggerId;
use bugle::{Address, Host, Push};
use tokio::net::TcpListener;

use crate::connections::{self, Door};
use crate::management::{Links, clear_uploads};
use crate::push::{self, Incoming};
use crate::rates::Rates;
use crate::senders::Senders;
use crate::tls::{Tls, TlsListener};
use crate::visitors::{self, Proxies, Visitors};
use crate::{
    APP_CONNECTIONS_MAX, GatewayError, MANAGEMENT_CONNECTIONS_MAX, METRICS_CONNECTIONS_MAX,
    PUSH_CONNECTIONS_MAX, Secret, foreground, management, metrics,
};

/// Where a host can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doors {
    /// The address for pushes; port 0 takes any that is free. An address that is not loopback is
    /// plain HTTP to the network: put a proxy that speaks TLS before it.
    pub push: SocketAddr,
    /// The path of the command socket. None serves no commands, as do systems without such sockets.
    pub socket: Option<PathBuf>,
    /// Where senders find the push door, if that is not its address: `https://push.example.org`.
    pub public_url: Option<String>,
    /// The certificate, if the push door is to speak TLS.
    pub tls: Option<Tls>,
    /// Where apps in the foreground see their pushes first; loopback only, since it is plain HTTP.
    pub apps: Option<SocketAddr>,
    /// Where the dashboard is; loopback only, since it is plain HTTP.
    pub management: Option<SocketAddr>,
    /// Where numbers of the host are told to whoever may connect, by plain HTTP.
    pub metrics: Option<SocketAddr>,
    /// Which proxies pushes may come through.
    pub proxies: Proxies,
    /// How many requests senders may send.
    pub rates: Rates,
}

impl Doors {
    /// The push door alone, by plain HTTP.
    #[must_use]
    pub fn at(push: SocketAddr) -> Self {
        Self {
            push,
            socket: None,
            public_url: None,
            tls: None,
            apps: None,
            management: None,
            metrics: None,
            proxies: Proxies::default(),
            rates: Rates::default(),
        }
    }
}

/// What speaks to senders.
enum PushListener {
    Plain(TcpListener),
    Tls(TlsListener),
}

impl fmt::Debug for PushListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Tls(_) => "Tls",
        })
    }
}

/// Where a host takes pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushDoor {
    /// The address, with the port that was found.
    pub address: SocketAddr,
    /// Where senders find it, without a path.
    pub url: String,
}

/// Doors that are open but not served yet: connections wait.
#[derive(Debug)]
pub struct Gateway {
    host: Host,
    pushes: PushListener,
    push_door: PushDoor,
    /// What senders may take this host for.
    origins: Vec<String>,
    visitors: Arc<Visitors>,
    rates: Rates,
    apps: Option<TcpListener>,
    management: Option<TcpListener>,
    links: Arc<Links>,
    metrics: Option<TcpListener>,
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
        let earlier = host.clone();
        // Whatever doors there are now. What it cannot do is in the log.
        let _ = tokio::task::spawn_blocking(move || clear_uploads(&earlier)).await;
        let address = doors.push;
        let failed = |source| GatewayError::Listen { address, source };
        let pushes = TcpListener::bind(address).await.map_err(failed)?;
        let push_door = pushes.local_addr().map_err(failed)?;
        if !push_door.ip().is_loopback() && doors.tls.is_none() {
            tracing::warn!(%push_door, "pushes are taken from the network by plain HTTP");
        }
        let apps = match doors.apps {
            Some(address) => Some(app_listener(address).await?),
            None => None,
        };
        let management = match doors.management {
            Some(address) if !address.ip().is_loopback() => {
                return Err(GatewayError::ManagementDoor { address });
            }
            Some(address) => Some(listener(address).await?),
            None => None,
        };
        let metrics = match doors.metrics {
            Some(address) => Some(listener(address).await?),
            None => None,
        };
        let scheme = if doors.tls.is_some() { "https" } else { "http" };
        let (url, origins) = origins(scheme, push_door, doors.public_url.as_deref())?;
        let pushes = match doors.tls {
            Some(tls) => PushListener::Tls(TlsListener::new(pushes, tls)?),
            None => PushListener::Plain(pushes),
        };
        let push_door = PushDoor { address: push_door, url };
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
            origins,
            visitors: Arc::new(Visitors::new(doors.proxies, doors.rates)),
            rates: doors.rates,
            apps,
            management,
            links: Arc::default(),
            metrics,
            #[cfg(unix)]
            commands,
        })
    }

    /// Where senders find the push door.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.push_door.url
    }

    /// Where pushes are taken, with the port that was found.
    #[must_use]
    pub fn push_door(&self) -> SocketAddr {
        self.push_door.address
    }

    /// Where apps in the foreground see their pushes, if anywhere.
    #[must_use]
    pub fn app_door(&self) -> Option<SocketAddr> {
        address_of(self.apps.as_ref())
    }

    /// A link to the dashboard, if there is one: good once, and for an hour.
    #[must_use]
    pub fn dashboard_link(&self) -> Option<Secret<String>> {
        let door = self.management_door()?;
        Some(self.links.url(door))
    }

    fn management_door(&self) -> Option<SocketAddr> {
        address_of(self.management.as_ref())
    }

    /// Where numbers are told, if anywhere.
    #[must_use]
    pub fn metrics_door(&self) -> Option<SocketAddr> {
        address_of(self.metrics.as_ref())
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
        let (app_host, app_closed) = (self.host.clone(), closed.clone());
        let apps = at(self.apps, closing(closed.clone()), move |_| Door {
            // An app that closes its side is gone, and its pushes are the task's.
            half_close: false,
            ..Door::new(foreground::routes(app_host, app_closed), APP_CONNECTIONS_MAX)
        });
        let (management_host, management_closed) = (self.host.clone(), closed.clone());
        let (management_door, links) = (address_of(self.management.as_ref()), self.links);
        let management_links = Arc::clone(&links);
        let management = at(self.management, closing(closed.clone()), move |door| {
            let routes =
                management::routes(management_host, door, management_links, management_closed);
            // A page that closes its side is gone.
            Door { half_close: false, ..Door::new(routes, MANAGEMENT_CONNECTIONS_MAX) }
        });
        let metrics_host = self.host.clone();
        let metrics = at(self.metrics, closing(closed.clone()), move |door| {
            Door::new(metrics::routes(metrics_host, door), METRICS_CONNECTIONS_MAX)
        });
        let routes = Senders::new(self.host.clone(), self.origins, self.rates).routes();
        let greet = middleware::from_fn_with_state(Arc::clone(&self.visitors), visitors::greet);
        let door = Door {
            visitors: Some(self.visitors),
            ..Door::new(routes.layer(greet), PUSH_CONNECTIONS_MAX)
        };
        let closed_pushes = closing(closed.clone());
        let pushes = async {
            match self.pushes {
                PushListener::Plain(listener) => {
                    connections::serve(listener, door, closed_pushes).await;
                }
                PushListener::Tls(listener) => {
                    connections::serve(listener, door, closed_pushes).await;
                }
            }
        };
        #[cfg(unix)]
        let commands = async {
            if let Some(socket) = self.commands {
                let links = management_door.map(|door| (door, links));
                socket.serve(self.host, self.push_door, links, closing(closed)).await;
            }
        };
        #[cfg(not(unix))]
        let commands = async { drop((closed, links, management_door)) };
        tokio::join!(close_doors, pushes, apps, management, metrics, commands);
    }
}

fn address_of(listener: Option<&TcpListener>) -> Option<SocketAddr> {
    listener.and_then(|listener| listener.local_addr().ok())
}

/// Serves a door that need not be there.
async fn at(
    listener: Option<TcpListener>,
    over: impl Future<Output = ()>,
    door: impl FnOnce(SocketAddr) -> Door,
) {
    if let (Some(address), Some(listener)) = (address_of(listener.as_ref()), listener) {
        connections::serve(listener, door(address), over).await;
    }
}

async fn app_listener(address: SocketAddr) -> Result<TcpListener, GatewayError> {
    if !address.ip().is_loopback() {
        return Err(GatewayError::AppDoor { address });
    }
    listener(address).await
}

async fn listener(address: SocketAddr) -> Result<TcpListener, GatewayError> {
    TcpListener::bind(address).await.map_err(|source| GatewayError::Listen { address, source })
}

/// Where a door is found, and all that senders may call it.
fn origins(
    scheme: &str,
    door: SocketAddr,
    public_url: Option<&str>,
) -> Result<(String, Vec<String>), GatewayError> {
    let own = format!("{scheme}://{door}");
    let mut all = vec![own.clone()];
    if door.ip().is_loopback() {
        all.push(format!("{scheme}://localhost:{}", door.port()));
    }
    let origin = public_url.map(public_origin).transpose()?;
    all.extend(origin.clone());
    // As browsers write an origin: without the port that its scheme has anyway (RFC 6454, section 6.2).
    for scheme in [("https://", ":443"), ("http://", ":80")] {
        let short = all.iter().filter(|origin| origin.starts_with(scheme.0));
        let short: Vec<_> =
            short.filter_map(|origin| origin.strip_suffix(scheme.1)).map(str::to_owned).collect();
        all.extend(short);
    }
    Ok((origin.unwrap_or(own), all))
}

/// The origin of a URL that has nothing else.
fn public_origin(url: &str) -> Result<String, GatewayError> {
    let wrong = || GatewayError::PublicUrl { url: url.to_owned() };
    let parsed: axum::http::Uri = url.parse().map_err(|_| wrong())?;
    let (Some(scheme), Some(authority)) = (parsed.scheme_str(), parsed.authority()) else {
        return Err(wrong());
    };
    let is_bare = matches!(parsed.path(), "" | "/")
        && parsed.query().is_none()
        && !authority.as_str().contains('@');
    if !matches!(scheme, "http" | "https") || !is_bare {
        return Err(wrong());
    }
    Ok(format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()))
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
    let accept = move |Incoming { address, push, .. }| {
        let accepted = accept(address, push);
        async move { Ok(accepted.await?) }
    };
    let routes = push::routes(accept).fallback(push::nothing);
    connections::serve(listener, Door::new(routes, PUSH_CONNECTIONS_MAX), shutdown).await;
}
