//! What `bugle serve` is told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use bugle_gateway::{CHANNEL_RATE, Network, SENDER_RATE};
use clap::{Parser, ValueEnum};

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle serve --listen 127.0.0.1:0")]
pub(crate) struct ServeArgs {
    /// Where to take pushes. Another address than loopback is plain HTTP to the network
    #[arg(long, value_name = "ADDR", default_value_t = bugle_gateway::DEFAULT_PUSH_DOOR)]
    pub listen: SocketAddr,
    /// Speak TLS with this certificate, in PEM; it is read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Where apps in the foreground see their pushes first, by an event stream; loopback only
    #[arg(long, value_name = "ADDR")]
    pub app_door: Option<SocketAddr>,
    /// Where to serve the dashboard, to who follows the link that is printed; loopback only
    #[arg(long, value_name = "ADDR")]
    pub management_door: Option<SocketAddr>,
    /// Where to tell numbers of the host, for Prometheus at `/metrics`: plain HTTP, to whoever connects
    #[arg(long, value_name = "ADDR")]
    pub metrics_door: Option<SocketAddr>,
    /// Send traces and numbers there, by OTLP: a receiver like `http://127.0.0.1:4318`
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
    /// Where senders find this host, behind a proxy: `https://push.example.org`
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Believe a proxy that is there who sends: an address, or a range like `10.0.0.0/8`
    #[arg(long, value_name = "NETWORK")]
    pub trusted_proxy: Vec<Network>,
    /// Which header those proxies write
    #[arg(long, value_enum, default_value_t, requires = "trusted_proxy")]
    pub forwarded_header: ForwardedHeader,
    /// Pushes a second that one channel takes; ten times as many at once
    #[arg(long, value_name = "NUMBER", default_value_t = CHANNEL_RATE, value_parser = rate())]
    pub channel_rate: u32,
    /// Requests a second that are taken from one network address; ten times as many at once
    #[arg(long, value_name = "NUMBER", default_value_t = SENDER_RATE, value_parser = rate())]
    pub sender_rate: u32,
    /// Where to show toasts, more than once for more: `terminal`, `json`, `json=FILE`, `webhook=URL`,
    /// `desktop` [default: terminal, or json with --json]
    #[arg(long, value_name = "SINK")]
    pub sink: Vec<SinkChoice>,
    /// What webhooks are signed with: a file with `whsec_…`
    #[arg(long, value_name = "FILE")]
    pub webhook_secret: Option<PathBuf>,
    /// How the log on standard error is written
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "text|json",
        hide_possible_values = true
    )]
    pub log_format: LogFormat,
    /// Webhooks may be at private addresses, and without TLS
    #[arg(long)]
    pub webhook_private: bool,
}

/// A rate of 0 would be a closed door.
fn rate() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ForwardedHeader {
    /// As most do
    #[default]
    XForwardedFor,
    /// As RFC 7239 says
    Forwarded,
}

/// The form of a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line of text each
    #[default]
    Text,
    /// A line of JSON each
    Json,
}

/// One way to show toasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SinkChoice {
    /// As text on standard output.
    Terminal,
    /// As lines of JSON on standard output.
    Json,
    /// The same, behind what a file has or into a named pipe.
    Lines(PathBuf),
    /// Posted to a URL.
    Webhook(String),
    /// On the desktop of who runs the host.
    Desktop,
}

impl FromStr for SinkChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "terminal" => Ok(Self::Terminal),
            None if text == "json" => Ok(Self::Json),
            None if text == "desktop" => Ok(Self::Desktop),
            Some(("json", file)) if !file.is_empty() => Ok(Self::Lines(file.into())),
            Some(("webhook", url)) if !url.is_empty() => Ok(Self::Webhook(url.to_owned())),
            _ => {
                Err("it is one of `terminal`, `json`, `json=FILE`, `webhook=URL`, `desktop`"
                    .to_owned())
            }
        }
    }
}
