//! `bugle serve`: the daemon.

#[cfg(target_os = "linux")]
mod desktop;
mod sinks;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use bugle::Host;
use bugle_gateway::{
    Doors, ForwardedBy, Gateway, GatewayError, Proxies, Rates, SOCKET_NAME, Secret, Tls,
};
use bugle_sinks::Telemetry;
use serde_json::json;
use tokio::sync::oneshot;

use crate::access;
use crate::args::{ForwardedHeader, Global, ServeArgs};
use crate::failure::{Ended, Failure};
use crate::output::Output;

pub(crate) fn serve(args: ServeArgs, global: &Global, output: &Output) -> Result<Ended, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        Failure::host("runtime", format!("the threads for connections cannot be started: {error}"))
    })?;
    runtime.block_on(serve_until_told(args, global, output))?;
    Ok(Ended::Well)
}

async fn serve_until_told(
    args: ServeArgs,
    global: &Global,
    output: &Output,
) -> Result<(), Failure> {
    // Before anything that takes a while, so that no signal is missed.
    let stop = stop_signal()?;
    let data = access::data_dir(global)?;
    let (builder, later) = sinks::add(access::host(global)?, &args, global, &data)?;
    let host = builder.build().await?;
    #[cfg(target_os = "linux")]
    if let Some(answers) = later.answers {
        answers.tell(host.clone())?;
    }
    let say = later.say;
    let telemetry = args.otlp.as_deref();
    let telemetry = telemetry.map(|url| Telemetry::start(host.clone(), url)).transpose()?;
    let options = door_options(&args);
    let doors = doors(args, data.join(SOCKET_NAME));
    let gateway = match Gateway::bind(host.clone(), doors).await {
        Ok(gateway) => gateway,
        Err(error) => {
            drop(say);
            host.shutdown().await?;
            let hint = match error {
                GatewayError::Listen { address, .. } => {
                    // Of two that are given one address, the later cannot have it.
                    let mut named = options.iter().rev().filter(|(door, _)| *door == address);
                    named.next().map(|(_, option)| format!("choose it with `{option} ADDR`"))
                }
                GatewayError::PublicUrl { .. } => Some("it is the `--public-url URL`".to_owned()),
                _ => None,
            };
            let failure = Failure::from(error);
            return Err(match hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            });
        }
    };
    let url = gateway.url().to_owned();
    let mut said = json!({ "listening": url });
    let mut line = format!("listening on {url}\n");
    if let Some(door) = gateway.app_door() {
        said["apps"] = json!(format!("http://{door}"));
        line += &format!("apps see their pushes at http://{door}\n");
    }
    if let Some(Secret(link)) = gateway.dashboard_link() {
        line += &format!("the dashboard is at {link} (the link is good once)\n");
        said["dashboard"] = json!(link);
    }
    if let Some(door) = gateway.metrics_door() {
        let url = format!("http://{door}/metrics");
        line += &format!("numbers are at {url}\n");
        said["metrics"] = json!(url);
    }
    let is_said = output.say(&said, || line);
    // Before anything else ends: a sink that waits for it would be waited for.
    drop(say);
    is_said?;
    tracing::info!(data = %data.display(), "serving");
    let served = serve_until(gateway, host, stop).await;
    if let Some(telemetry) = telemetry {
        // It waits for an answer, and the store is closed by then.
        let _ = tokio::task::spawn_blocking(|| telemetry.stop()).await;
    }
    served
}

/// Serves until told to stop, or until the store takes no more writes.
async fn serve_until(
    gateway: Gateway,
    host: Host,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let failure = host.failure();
    let (tell, told) = oneshot::channel();
    let stop = async {
        tokio::select! {
            () = stop => {}
            Ok(error) = failure => drop(tell.send(error)),
        }
    };
    gateway.serve(stop).await;
    tracing::info!("stopping");
    let stopped = host.shutdown().await;
    if let Ok(error) = told.await {
        return Err(Failure::from(error));
    }
    stopped?;
    tracing::info!("stopped");
    Ok(())
}

/// The addresses of doors, and the options that name them, as they are opened.
fn door_options(args: &ServeArgs) -> Vec<(SocketAddr, &'static str)> {
    let others = [
        (args.app_door, "--app-door"),
        (args.management_door, "--management-door"),
        (args.metrics_door, "--metrics-door"),
    ];
    let others = others.into_iter().filter_map(|(door, option)| Some((door?, option)));
    std::iter::once((args.listen, "--listen")).chain(others).collect()
}

fn doors(args: ServeArgs, socket: PathBuf) -> Doors {
    Doors {
        push: args.listen,
        socket: Some(socket),
        public_url: args.public_url,
        apps: args.app_door,
        management: args.management_door,
        metrics: args.metrics_door,
        tls: args
            .tls_certificate
            .zip(args.tls_key)
            .map(|(certificate, key)| Tls { certificate, key }),
        proxies: Proxies {
            networks: args.trusted_proxy,
            header: forwarded_by(args.forwarded_header),
        },
        rates: Rates {
            channel: NonZeroU32::new(args.channel_rate),
            sender: NonZeroU32::new(args.sender_rate),
        },
    }
}

fn forwarded_by(header: ForwardedHeader) -> ForwardedBy {
    match header {
        ForwardedHeader::XForwardedFor => ForwardedBy::XForwardedFor,
        ForwardedHeader::Forwarded => ForwardedBy::Forwarded,
    }
}

/// Done when the system or the operator asks the program to end.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |error: io::Error| {
        Failure::host("signals", format!("signals of the system cannot be received: {error}"))
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            // Without a signal there is no graceful end; the store survives any other.
            tracing::warn!(%error, "ctrl-c cannot be received");
            std::future::pending::<()>().await;
        }
    })
}
