//! `bugle channel`.

use bugle::{AppId, ChannelId, ChannelSummary, Timestamp};
use bugle_gateway::{Answer, Command, DEFAULT_PUSH_DOOR};
use serde_json::json;

use crate::access::{self, After};
use crate::args::{ChannelAction, ChannelArgs, Global};
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
        ChannelAction::Open { channel } => open(channel, global, output),
        ChannelAction::List { app } => list(app.as_ref(), global, output),
        ChannelAction::Close { channel } => close(channel, global, output),
    }?;
    Ok(Ended::Well)
}

/// Prints the address alone, so that a script can use it as it is.
fn open(channel: ChannelId, global: &Global, output: &Output) -> Result<(), Failure> {
    let answer = access::send(global, Command::OpenChannel { channel }, After::Close)?;
    let Answer::ChannelOpened { channel, path, url, expires_at } = answer else {
        return Err(access::unexpected());
    };
    let is_served = url.is_some();
    let url = url.unwrap_or_else(|| format!("http://{DEFAULT_PUSH_DOOR}{path}"));
    let answer = json!({
        "channel": channel, "url": url, "path": path, "expires-at": expires_at,
        "is-served": is_served,
    });
    output.say(&answer, || format!("{url}\n"))?;
    output.note(&format!("open until {}; whoever knows it may push", text::moment(expires_at)));
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
        let mut table = Table::new(&["channel", "state", "opened", "ends"]);
        for channel in &channels {
            table.row([
                channel.id.to_string(),
                state(channel, now).to_owned(),
                text::moment(channel.opened_at),
                text::moment(channel.expires_at),
            ]);
        }
        table.text(output.paint, "no channels; open one with `bugle channel open APP/CHANNEL`")
    })
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
