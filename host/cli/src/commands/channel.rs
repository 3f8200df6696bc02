//! `bugle channel`.

use bugle::{AppId, ChannelId, ChannelSummary, Protocol, Timestamp};
use bugle_gateway::{Answer, Command, DEFAULT_PUSH_DOOR, Secret};
use serde_json::json;

use crate::access::{self, After};
use crate::args::{ChannelAction, ChannelArgs, Global, ProtocolArgs};
use crate::failure::{Ended, Failure};
use crate::output::Output;
use crate::table::Table;
use crate::text;

pub(crate) fn channel(
    args: ChannelArgs,
    global: &Global,
    output: &Output,
) -> Result<Ended, Failure> {
    match args.action {
        ChannelAction::Open { channel, protocol: args } => {
            open(Command::OpenChannel { channel, protocol: protocol(args) }, global, output)
        }
        ChannelAction::Renew { channel } => open(Command::RenewChannel { channel }, global, output),
        ChannelAction::Rotate { channel } => {
            open(Command::RotateChannel { channel }, global, output)
        }
        ChannelAction::List { app } => list(app.as_ref(), global, output),
        ChannelAction::Close { channel } => close(channel, global, output),
    }?;
    Ok(Ended::Well)
}

fn protocol(args: ProtocolArgs) -> Protocol {
    let ProtocolArgs { wns, web_push, vapid_key, topic, bearer, signed } = args;
    match topic {
        Some(topic) => Protocol::Topic { topic },
        None if web_push => Protocol::WebPush { sender_key: vapid_key },
        None if wns => Protocol::Wns,
        None if bearer => Protocol::Bearer,
        None if signed => Protocol::Signed,
        None => Protocol::Plain,
    }
}

/// Prints what a sender needs and nothing else, so that a script can use it as it is.
fn open(command: Command, global: &Global, output: &Output) -> Result<(), Failure> {
    let answer = access::send(global, command, After::Close)?;
    let Answer::ChannelOpened {
        channel,
        path,
        url,
        expires_at,
        protocol,
        subscription,
        token,
        key,
    } = answer
    else {
        return Err(access::unexpected());
    };
    let is_served = url.is_some();
    let url = url.map_or_else(|| format!("http://{DEFAULT_PUSH_DOOR}{}", path.0), |url| url.0);
    let subscription = subscription.map(|Secret(mut subscription)| {
        subscription["endpoint"] = json!(url);
        subscription
    });
    let mut answer = json!({
        "channel": channel, "url": url, "path": path, "expires-at": expires_at,
        "is-served": is_served, "protocol": protocol.as_str(),
    });
    if let Some(subscription) = &subscription {
        answer["subscription"] = subscription.clone();
    }
    for (name, secret) in [("token", &token), ("key", &key)] {
        if let Some(Secret(secret)) = secret {
            answer[name] = json!(secret);
        }
    }
    output.say(&answer, || match (&subscription, token.or(key)) {
        (Some(subscription), _) => format!("{subscription}\n"),
        (None, Some(Secret(second))) => format!("{url}\n{second}\n"),
        (None, None) => format!("{url}\n"),
    })?;
    let until = text::moment(expires_at);
    output.note(&match protocol {
        Protocol::Wns => {
            format!("open until {until}; senders also need what `bugle app credentials` prints")
        }
        Protocol::Topic { .. } => format!("open until {until}; the second line is the token"),
        Protocol::Bearer => {
            format!("open until {until}; senders send the second line, the key, as a bearer's")
        }
        Protocol::Signed => {
            format!("open until {until}; senders sign with the second line, the key")
        }
        _ => format!("open until {until}; whoever knows it may push"),
    });
    if !is_served {
        output.note("nothing takes pushes there yet: start `bugle serve`");
    }
    Ok(())
}

fn list(app: Option<&AppId>, global: &Global, output: &Output) -> Result<(), Failure> {
    let channels = match access::reader(global)? {
        Some(reader) => reader.channels(app)?,
        None => Vec::new(),
    };
    output.say(&channels, || {
        let now = text::now();
        let columns = ["channel", "state", "protocol", "age", "ends", "pushes", "last", "from"];
        let mut table = Table::new(&columns);
        for channel in &channels {
            table.row([
                channel.id.to_string(),
                state(channel, now).to_owned(),
                channel.protocol.as_str().to_owned(),
                age(channel, now),
                text::moment(channel.expires_at),
                channel.pushes.to_string(),
                channel.pushed_at.map_or_else(|| "-".to_owned(), text::moment),
                channel
                    .pushed_by
                    .as_deref()
                    .map_or_else(|| "-".to_owned(), |by| bugle::plain(by).into()),
            ]);
        }
        table.text(output.paint, "no channels; open one with `bugle channel open APP/CHANNEL`")
    })
}

/// How long ago the channel got its address.
fn age(channel: &ChannelSummary, now: Timestamp) -> String {
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
    match now.saturating_sub(channel.opened_at) / DAY_MS {
        0 => "today".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

fn state(channel: &ChannelSummary, now: Timestamp) -> &'static str {
    match channel.closed_at {
        Some(_) => "closed",
        None if channel.expires_at <= now => "expired",
        None => "open",
    }
}

fn close(channel: ChannelId, global: &Global, output: &Output) -> Result<(), Failure> {
    let answer = access::send(global, Command::CloseChannel { channel }, After::Close)?;
    let Answer::ChannelClosed { channel, was_open } = &answer else {
        return Err(access::unexpected());
    };
    output.say(&answer, || {
        if *was_open { format!("closed {channel}\n") } else { format!("{channel} was not open\n") }
    })
}
