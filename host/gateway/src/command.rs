use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bugle::task::{AppId, Bytes, Header, RunId, RunReport, Timestamp, TriggerId, Value};
use bugle::{Channel, ChannelId, Credentials, DeadReason, Ending, Host, Name, Protocol, Push};
use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::{PushDoor, Refusal, senders};

/// Something that changes a host, as one program asks another for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "command",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum Command {
    /// Says that the host is there, and where it takes pushes.
    Status {},
    /// Gives a link to the running host's dashboard.
    Dashboard {},
    /// Installs the app in a folder, or brings it to the folder's version.
    Install {
        /// An absolute path, since the host's current folder is another one.
        folder: PathBuf,
    },
    /// Removes an app with all that it keeps.
    Remove {
        /// Which app.
        app: AppId,
    },
    /// Opens a channel, or gives the one that is open.
    OpenChannel {
        /// Which channel.
        channel: ChannelId,
        /// How senders speak to it.
        #[serde(default)]
        protocol: Protocol,
    },
    /// Gives an open channel 30 days from now on, at the same address.
    RenewChannel {
        /// Which channel.
        channel: ChannelId,
    },
    /// Gives an open channel a new address and 30 days from now on.
    RotateChannel {
        /// Which channel.
        channel: ChannelId,
    },
    /// Tells an app's credentials for senders that speak Windows' protocol.
    Credentials {
        /// Whose.
        app: AppId,
        /// Whether to make new ones, which ends those of before.
        #[serde(default)]
        anew: bool,
    },
    /// Lets the tasks of an app go on that were paused.
    Resume {
        /// Whose.
        app: AppId,
    },
    /// Closes a channel; its address is never used again.
    CloseChannel {
        /// Which channel.
        channel: ChannelId,
    },
    /// Accepts a push.
    Push {
        /// Where to.
        channel: ChannelId,
        /// 1 to 5,000 bytes.
        content: Bytes,
        /// At most 255 bytes.
        #[serde(default)]
        content_type: Option<String>,
        /// At most 16, 4 KiB together.
        #[serde(default)]
        headers: Vec<Header>,
        /// For how long it is worth running; 0 means one attempt.
        #[serde(default)]
        ttl_seconds: Option<u64>,
        /// Whether to answer only when nothing more will come of the push.
        #[serde(default)]
        wait: bool,
    },
    /// Sets a setting, or removes it.
    SetSetting {
        /// Whose setting.
        app: AppId,
        /// Its path.
        path: String,
        /// None removes it.
        value: Option<Value>,
    },
    /// Gives a dead letter its attempts again.
    RetryDead {
        /// Which trigger.
        trigger: TriggerId,
    },
    /// Throws a dead letter away.
    DropDead {
        /// Which trigger.
        trigger: TriggerId,
    },
    /// Runs a kept run again and compares, committing nothing.
    Replay {
        /// Which run.
        run: RunId,
    },
}

/// What came of a [`Command`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Answer {
    /// The host is there.
    Status {
        /// The process that carried the command out.
        process: u32,
        /// Where it takes pushes, if it does.
        push_door: Option<SocketAddr>,
    },
    /// Where the dashboard is.
    Dashboard {
        /// Good once, and for an hour; whoever follows it may do what the operator may.
        url: Secret<String>,
    },
    /// The app is installed.
    Installed {
        /// Which app.
        app: AppId,
    },
    /// The app is gone.
    Removed {
        /// Which app.
        app: AppId,
    },
    /// The app's tasks go on.
    Resumed {
        /// Which app.
        app: AppId,
        /// Which were paused.
        tasks: Vec<Name>,
    },
    /// The channel is open.
    ChannelOpened {
        /// Which channel.
        channel: ChannelId,
        /// The path to push to; whoever knows it may push.
        path: Secret<String>,
        /// The address to push to, if the host takes pushes by HTTP.
        url: Option<Secret<String>>,
        /// When the channel ends unless it is opened again.
        expires_at: Timestamp,
        /// How senders speak to it.
        #[serde(flatten)]
        protocol: Protocol,
        /// What a sender of Web Push has to have; its endpoint is the path, if nothing takes pushes yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subscription: Option<Secret<serde_json::Value>>,
        /// What a publisher to a topic proves itself with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<Secret<String>>,
        /// What senders need beside the address, if the channel takes no push without: to send it along, or
        /// to sign with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<Secret<String>>,
    },
    /// The app's credentials.
    Credentials {
        /// Whose.
        app: AppId,
        /// Nobody else may know them.
        #[serde(flatten)]
        credentials: Credentials,
    },
    /// The channel is closed.
    ChannelClosed {
        /// Which channel.
        channel: ChannelId,
        /// Whether it was open.
        was_open: bool,
    },
    /// The push is durable.
    Pushed {
        /// The trigger that it became.
        trigger: TriggerId,
        /// What came of it, if it was waited for.
        ending: Option<PushEnding>,
    },
    /// The setting is as asked.
    SettingSet {
        /// Whether there was one at this path before.
        was_set: bool,
    },
    /// The dead letter waits for its next run.
    Retried {
        /// Which trigger.
        trigger: TriggerId,
    },
    /// The dead letter is gone.
    Dropped {
        /// Which trigger.
        trigger: TriggerId,
    },
    /// The run was run again.
    Replayed {
        /// What was kept.
        kept: Box<RunReport>,
        /// What came of it now.
        replayed: Box<RunReport>,
        /// Whether both results are equal to the byte.
        is_same: bool,
        /// Why they need not be equal, if they need not.
        not_comparable: Option<String>,
    },
}

/// How a push left the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PushEnding {
    /// A run completed, and its effects are committed.
    Completed {
        /// The run.
        report: Box<RunReport>,
    },
    /// The app took the push itself while it was in the foreground.
    Taken,
    /// There will be no further attempt; the push is kept as a dead letter.
    Dead {
        /// Why.
        reason: DeadReason,
        /// The last run, if there was one.
        report: Option<Box<RunReport>>,
    },
    /// Its time to live ended before a run completed.
    Expired,
    /// Its sender took it back, or a later push of the same topic took its place.
    Withdrawn,
}

impl TryFrom<Ending> for PushEnding {
    type Error = Refusal;

    fn try_from(ending: Ending) -> Result<Self, Refusal> {
        match ending {
            Ending::Completed(report) => Ok(Self::Completed { report }),
            Ending::Taken => Ok(Self::Taken),
            Ending::Dead { reason, report } => Ok(Self::Dead { reason, report }),
            Ending::Expired => Ok(Self::Expired),
            Ending::Withdrawn => Ok(Self::Withdrawn),
            other => Err(Refusal::host("unknown-ending", format!("the push ended as {other:?}"))),
        }
    }
}

/// Carries a command out. A daemon does it for its clients, a program without a daemon for itself;
/// `door` is where this host takes pushes, if it does.
///
/// # Errors
///
/// Says why the host did not do it; then it did none of it.
pub async fn execute(
    host: &Host,
    door: Option<&PushDoor>,
    command: Command,
) -> Result<Answer, Refusal> {
    Ok(match command {
        Command::Status {} => {
            Answer::Status { process: std::process::id(), push_door: door.map(|door| door.address) }
        }
        // Whoever serves one answers this itself.
        Command::Dashboard {} => return Err(no_dashboard()),
        Command::Install { folder } => {
            Answer::Installed { app: host.install(folder).await?.id().clone() }
        }
        Command::Remove { app } => {
            host.remove(&app).await?;
            Answer::Removed { app }
        }
        Command::OpenChannel { channel, protocol } => {
            opened(host, door, &host.open_channel_for(&channel, protocol).await?)
        }
        Command::RenewChannel { channel } => {
            opened(host, door, &host.renew_channel(&channel).await?)
        }
        Command::RotateChannel { channel } => {
            opened(host, door, &host.rotate_channel(&channel).await?)
        }
        Command::Resume { app } => {
            let tasks = host.app(&app)?.resume().await?;
            Answer::Resumed { app, tasks }
        }
        Command::Credentials { app, anew } => {
            let of = host.app(&app)?;
            let credentials = if anew { of.renew_credentials() } else { of.credentials() };
            Answer::Credentials { app, credentials: credentials.await? }
        }
        Command::CloseChannel { channel } => {
            let was_open = host.close_channel(&channel).await?;
            Answer::ChannelClosed { channel, was_open }
        }
        Command::Push { channel, content, content_type, headers, ttl_seconds, wait } => {
            let push = as_push(content, content_type, headers, ttl_seconds);
            push_and_wait(host, &channel, push, wait).await?
        }
        Command::SetSetting { app, path, value } => {
            Answer::SettingSet { was_set: host.set_setting(&app, &path, value).await? }
        }
        Command::RetryDead { trigger } => {
            host.retry_dead(trigger).await?;
            Answer::Retried { trigger }
        }
        Command::DropDead { trigger } => {
            host.drop_dead(trigger).await?;
            Answer::Dropped { trigger }
        }
        Command::Replay { run } => replay(host, run).await?,
    })
}

fn no_dashboard() -> Refusal {
    Refusal::usage("no-dashboard", "no dashboard is served")
        .hint("serve one: `bugle serve --management-door 127.0.0.1:7789`")
}

fn opened(host: &Host, door: Option<&PushDoor>, channel: &Channel) -> Answer {
    let path = senders::path(channel);
    let url = door.map(|door| format!("{}{path}", door.url));
    let is_web_push = matches!(channel.protocol(), Protocol::WebPush { .. });
    let endpoint = url.as_ref().unwrap_or(&path);
    let subscription = is_web_push.then(|| senders::subscription(host, channel, endpoint));
    let subscription = subscription.map(Secret);
    let key = senders::key_text(host, channel);
    let is_topic = matches!(channel.protocol(), Protocol::Topic { .. });
    Answer::ChannelOpened {
        channel: channel.id().clone(),
        path: Secret(path),
        url: url.map(Secret),
        expires_at: channel.expires_at(),
        protocol: channel.protocol().clone(),
        subscription,
        token: is_topic.then(|| Secret(channel.address().as_str().to_owned())),
        key: key.map(Secret),
    }
}

fn as_push(
    content: Bytes,
    content_type: Option<String>,
    headers: Vec<Header>,
    ttl_seconds: Option<u64>,
) -> Push {
    let mut push = Push::new(content.0);
    if let Some(content_type) = content_type {
        push = push.content_type(content_type);
    }
    for Header { name, value } in headers {
        push = push.header(&name, value);
    }
    match ttl_seconds {
        Some(seconds) => push.ttl(Duration::from_secs(seconds)),
        None => push,
    }
}

async fn push_and_wait(
    host: &Host,
    channel: &ChannelId,
    push: Push,
    wait: bool,
) -> Result<Answer, Refusal> {
    let receipt = host.push(channel, push).await?;
    let trigger = receipt.id();
    let ending = if wait { Some(receipt.ending().await?.try_into()?) } else { None };
    Ok(Answer::Pushed { trigger, ending })
}

async fn replay(host: &Host, run: RunId) -> Result<Answer, Refusal> {
    let replay = host.replay(run).await?;
    Ok(Answer::Replayed {
        kept: Box::new(replay.kept),
        replayed: Box::new(replay.replayed),
        is_same: replay.is_same,
        not_comparable: replay.not_comparable,
    })
}

#[cfg(test)]
mod tests;
