//! How apps are reached: channels, and what senders prove themselves with.

use bugle::task::Bytes;
use bugle::{AppId, ChannelId, Topic};
use clap::{Parser, Subcommand};

use crate::text;

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle channel open com.example.mail/inbox")]
pub(crate) struct ChannelArgs {
    #[command(subcommand)]
    pub action: ChannelAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChannelAction {
    /// Open a channel and print the address to push to; the same again if it is open
    Open {
        /// Which channel, like `com.example.mail/inbox`
        channel: ChannelId,
        #[command(flatten)]
        protocol: ProtocolArgs,
    },
    /// Give an open channel 30 days from now on, at the same address
    Renew {
        /// Which channel
        channel: ChannelId,
    },
    /// Give an open channel a new address and 30 days from now on; the old address leads nowhere from then on
    Rotate {
        /// Which channel
        channel: ChannelId,
    },
    /// List the channels
    List {
        /// Of this app only
        #[arg(long)]
        app: Option<AppId>,
    },
    /// Close a channel; its address is never used again
    Close {
        /// Which channel
        channel: ChannelId,
    },
}

/// How senders speak to a channel; raw bytes by `POST` unless one is named.
#[derive(Debug, clap::Args)]
pub(crate) struct ProtocolArgs {
    /// As senders speak to the push service of Windows; see `bugle app credentials`
    #[arg(long, conflicts_with_all = ["web_push", "topic", "bearer", "signed"])]
    pub wns: bool,
    /// As senders of Web Push do; prints the subscription that their libraries take, and UnifiedPush's
    #[arg(long, conflicts_with_all = ["topic", "bearer", "signed"])]
    pub web_push: bool,
    /// Take Web Push of this VAPID key only: 65 bytes in the URL-safe base64 alphabet
    #[arg(long, value_name = "KEY", requires = "web_push", value_parser = text::key)]
    pub vapid_key: Option<Bytes>,
    /// As ntfy is spoken to, by this topic; prints the token for it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["bearer", "signed"])]
    pub topic: Option<Topic>,
    /// Raw bytes, from senders only that send the channel's key along; prints the key
    #[arg(long, conflicts_with = "signed")]
    pub bearer: bool,
    /// Raw bytes, from senders only that sign them with the channel's key, by Standard Webhooks or as
    /// GitHub does; prints the key
    #[arg(long)]
    pub signed: bool,
}

#[derive(Debug, Parser)]
#[command(after_help = "Example: bugle app credentials com.example.mail")]
pub(crate) struct AppArgs {
    #[command(subcommand)]
    pub action: AppAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppAction {
    /// Print what senders prove themselves with that push for an app by Windows' protocol
    Credentials {
        /// Which app
        app: AppId,
        /// Make new ones; the secret and the tokens of before are worth nothing from then on
        #[arg(long)]
        anew: bool,
    },
    /// Let tasks go on that are paused because they failed too often in a row
    Resume {
        /// Which app
        app: AppId,
    },
}
