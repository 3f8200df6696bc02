//! `bugle serve`: the daemon.

use std::future::Future;
use std::io;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::mpsc;

use bugle::{Host, HostBuilder, JsonLinesSink, Sink, TerminalSink, ToastEvent};
use bugle_gateway::{Doors, ForwardedBy, Gateway, GatewayError, Proxies, Rates, SOCKET_NAME, Tls};
use bugle_sinks::{LinesSink, Webhook, WebhookSecret, WebhookSink};
use serde_json::json;
use tokio::sync::oneshot;

use crate::access;
use crate::args::{ForwardedHeader, Global, ServeArgs, SinkChoice};
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
    let (builder, say) = with_sinks(access::host(global)?, &args, global)?;
    let host = builder.build().await?;
    let doors = doors(args, data.join(SOCKET_NAME));
    let gateway = match Gateway::bind(host.clone(), doors).await {
        Ok(gateway) => gateway,
        Err(error) => {
            drop(say);
            host.shutdown().await?;
            let hint = match error {
                GatewayError::Listen { .. } => Some("choose it with `--listen ADDR`"),
                GatewayError::PublicUrl { .. } => Some("it is the `--public-url URL`"),
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
    if let Some(door) = gateway.metrics_door() {
        let url = format!("http://{door}/metrics");
        line += &format!("numbers are at {url}\n");
        said["metrics"] = json!(url);
    }
    output.say(&said, || line)?;
    drop(say);
    tracing::info!(data = %data.display(), "serving");
    serve_until(gateway, host, stop).await
}

/// The sinks that are asked for. Those on standard output wait until the other end of the channel is dropped.
fn with_sinks(
    mut builder: HostBuilder,
    args: &ServeArgs,
    global: &Global,
) -> Result<(HostBuilder, mpsc::Sender<()>), Failure> {
    let default = if global.json { SinkChoice::Json } else { SinkChoice::Terminal };
    let mut sinks = args.sink.clone();
    if sinks.is_empty() {
        sinks.push(default);
    }
    if let Some((_, twice)) =
        sinks.iter().enumerate().find(|(at, sink)| sinks[..*at].contains(sink))
    {
        return Err(Failure::usage("sink-twice", format!("the sink {twice:?} is there twice")));
    }
    let on_output = |sink: &&SinkChoice| matches!(sink, SinkChoice::Terminal | SinkChoice::Json);
    if sinks.iter().filter(on_output).count() > 1 {
        let message = "`terminal` and `json` cannot both have standard output";
        return Err(
            Failure::usage("sink-twice", message).hint("write to a file: `--sink json=FILE`")
        );
    }
    let (say, said) = mpsc::channel();
    let mut said = Some(said);
    for sink in sinks {
        builder = match sink {
            SinkChoice::Terminal => builder.sink(Later::new(TerminalSink::new(), said.take())),
            SinkChoice::Json => {
                builder.sink(Later::new(JsonLinesSink::new(io::stdout()), said.take()))
            }
            SinkChoice::Lines(file) => builder.sink(LinesSink::new(&file)?),
            SinkChoice::Webhook(url) => builder.sink(WebhookSink::new(webhook(url, args)?)?),
        };
    }
    Ok((builder, say))
}

fn webhook(url: String, args: &ServeArgs) -> Result<Webhook, Failure> {
    let Some(file) = &args.webhook_secret else {
        return Err(Failure::usage("webhook-secret", "a webhook needs a secret to be signed with")
            .hint("name a file with `whsec_…`: `--webhook-secret FILE`"));
    };
    let secret = WebhookSecret::read(file)?;
    Ok(Webhook { url, secret, allows_private: args.webhook_private })
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

fn doors(args: ServeArgs, socket: PathBuf) -> Doors {
    Doors {
        push: args.listen,
        socket: Some(socket),
        public_url: args.public_url,
        apps: args.app_door,
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

/// A sink that waits until the address has been said: that line is the first, also when toasts of an
/// earlier host are still to be shown.
struct Later<S> {
    sink: S,
    /// Ends when the other end is dropped.
    said: Option<mpsc::Receiver<()>>,
}

impl<S> Later<S> {
    fn new(sink: S, said: Option<mpsc::Receiver<()>>) -> Self {
        Self { sink, said }
    }
}

impl<S: Sink> Sink for Later<S> {
    fn name(&self) -> &str {
        self.sink.name()
    }

    fn deliver(&mut self, event: &ToastEvent) -> io::Result<()> {
        if let Some(said) = self.said.take() {
            // Nothing is ever sent: this waits for the end.
            let _ = said.recv();
        }
        self.sink.deliver(event)
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
