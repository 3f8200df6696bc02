//! The one trigger of a step.

use std::path::{Component, Path};

use bugle::task::{Bytes, Dismissal, Header, SystemEvent};

use super::{expect, json};
use crate::case::Wake;
use crate::node::{Fields, Kind, Node, Read, Wrong};

/// The names of triggers in a step.
const NAMES: [&str; 8] = [
    "push",
    "application",
    "custom",
    "toast-activated",
    "toast-dismissed",
    "timer",
    "channel-expiring",
    "system",
];

/// The system's events that have nothing more to say.
const EVENTS: [(&str, SystemEvent); 6] = [
    ("internet-available", SystemEvent::InternetAvailable),
    ("user-present", SystemEvent::UserPresent),
    ("user-away", SystemEvent::UserAway),
    ("session-connected", SystemEvent::SessionConnected),
    ("power-source-changed", SystemEvent::PowerSourceChanged),
    ("time-zone-changed", SystemEvent::TimeZoneChanged),
];

pub(crate) fn wake(table: &mut Fields<'_>, folder: &Path) -> Read<Wake> {
    let mut found = NAMES.into_iter().filter_map(|name| Some((name, table.take(name)?)));
    let first = found.next();
    let second = found.next();
    drop(found);
    let (name, node) = match (first, second) {
        (Some(first), None) => first,
        (Some((a, _)), Some((b, node))) => {
            return Err(node.wrong(format!("a step has one trigger, and this has `{a}` and `{b}`")));
        }
        (None, _) => {
            let what = format!("a step has a trigger: one of `{}`", NAMES.join("`, `"));
            return Err(Wrong { line: table.line, what });
        }
    };
    match name {
        "push" => push(node, folder),
        "application" => application(node, folder),
        "custom" => custom(node, folder),
        "toast-activated" => toast_activated(node),
        "toast-dismissed" => toast_dismissed(node),
        "timer" => timer(node),
        "channel-expiring" => channel_expiring(node),
        _ => system(node).map(Wake::System),
    }
}

fn push(node: &Node, folder: &Path) -> Read<Wake> {
    let mut table = node.fields()?;
    let (content, json_type) = content(&mut table, folder)?;
    let wake = Wake::Push {
        channel: table.read("channel", Node::parsed)?,
        content,
        content_type: table.read("content-type", owned)?.or(json_type),
        headers: table.read("headers", headers)?.unwrap_or_default(),
        received_at: table.read("received-at", Node::moment)?,
    };
    table.finish()?;
    Ok(wake)
}

fn application(node: &Node, folder: &Path) -> Read<Wake> {
    let mut table = node.fields()?;
    let (content, json_type) = content(&mut table, folder)?;
    let content_type = table.read("content-type", owned)?.or(json_type);
    table.finish()?;
    Ok(Wake::Application { content, content_type })
}

fn custom(node: &Node, folder: &Path) -> Read<Wake> {
    let mut table = node.fields()?;
    let kind = owned(table.need("kind")?)?;
    let (content, _) = content(&mut table, folder)?;
    table.finish()?;
    Ok(Wake::Custom { kind, content })
}

/// The content in the one form that it is given, and the type that the form implies.
fn content(table: &mut Fields<'_>, folder: &Path) -> Read<(Bytes, Option<String>)> {
    const FORMS: [&str; 4] = ["text", "json", "file", "base64"];
    let given: Vec<_> =
        FORMS.into_iter().filter_map(|form| Some((form, table.take(form)?))).collect();
    let [(form, node)] = given.as_slice() else {
        let what = format!("there is one content: one of `{}`", FORMS.join("`, `"));
        return Err(Wrong { line: given.get(1).map_or(table.line, |(_, node)| node.line), what });
    };
    Ok(match *form {
        "text" => (Bytes::from(node.text()?), None),
        "json" => {
            let text = json::text(node)?;
            (Bytes::from(text.as_str()), Some("application/json".to_owned()))
        }
        "file" => (Bytes(file(node, folder)?), None),
        _ => (Bytes(expect::base64(node)?), None),
    })
}

/// A file beside the case, or in a folder there.
fn file(node: &Node, folder: &Path) -> Read<Vec<u8>> {
    let path = Path::new(node.text()?);
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(node.wrong("a file is beside the case, or in a folder there"));
    }
    let path = folder.join(path);
    std::fs::read(&path).map_err(|error| node.wrong(format!("`{}`: {error}", path.display())))
}

/// Names and values: a table, or where a name comes twice, pairs.
fn headers(node: &Node) -> Read<Vec<Header>> {
    let header = |name: &str, value: &Node| -> Read<Header> {
        Ok(Header { name: name.to_ascii_lowercase(), value: value.text()?.to_owned() })
    };
    match &node.kind {
        Kind::Table(fields) => fields.iter().map(|(name, value)| header(name, value)).collect(),
        Kind::List(pairs) => pairs
            .iter()
            .map(|pair| match pair.list()? {
                [name, value] => header(name.text()?, value),
                _ => Err(pair.wrong("a pair has a name and a value")),
            })
            .collect(),
        _ => Err(node.not("a table of names and values")),
    }
}

fn owned(node: &Node) -> Read<String> {
    node.text().map(str::to_owned)
}

fn toast_activated(node: &Node) -> Read<Wake> {
    let mut table = node.fields()?;
    let inputs = |node: &Node| -> Read<Vec<Header>> {
        let Kind::Table(fields) = &node.kind else { return Err(node.not("a table")) };
        let input = |(name, value): &(String, Node)| -> Read<Header> {
            Ok(Header { name: name.clone(), value: owned(value)? })
        };
        fields.iter().map(input).collect()
    };
    let wake = Wake::ToastActivated {
        tag: table.read("tag", owned)?,
        group: table.read("group", owned)?,
        argument: table.read("argument", owned)?.unwrap_or_default(),
        inputs: table.read("inputs", inputs)?.unwrap_or_default(),
    };
    table.finish()?;
    Ok(wake)
}

fn toast_dismissed(node: &Node) -> Read<Wake> {
    let mut table = node.fields()?;
    let (tag, group) = (table.read("tag", owned)?, table.read("group", owned)?);
    let reason = table.need("reason")?;
    table.finish()?;
    let reason = match reason.text()? {
        "by-user" => Dismissal::ByUser,
        "by-app" => Dismissal::ByApp,
        "expired" => Dismissal::Expired,
        _ => return Err(reason.wrong("a toast goes `by-user`, `by-app`, or as `expired`")),
    };
    Ok(Wake::ToastDismissed { tag, group, reason })
}

fn timer(node: &Node) -> Read<Wake> {
    let mut table = node.fields()?;
    let wake = Wake::Timer {
        name: table.need("name")?.parsed()?,
        due_at: table.read("due-at", Node::moment)?,
        missed: table.read("missed", Node::count)?.unwrap_or(0),
    };
    table.finish()?;
    Ok(wake)
}

fn channel_expiring(node: &Node) -> Read<Wake> {
    let mut table = node.fields()?;
    let channel = table.need("channel")?.parsed()?;
    let expires_at = table.need("expires-at")?.moment()?;
    table.finish()?;
    Ok(Wake::ChannelExpiring { channel, expires_at })
}

fn system(node: &Node) -> Read<SystemEvent> {
    if let Some(version) = node.only("app-updated") {
        return owned(version).map(SystemEvent::AppUpdated);
    }
    if let Some(other) = node.only("other") {
        return owned(other).map(SystemEvent::Other);
    }
    let text = node.text()?;
    let event = EVENTS.into_iter().find(|(name, _)| *name == text);
    event.map(|(_, event)| event).ok_or_else(|| {
        let known = EVENTS.map(|(name, _)| name).join("`, `");
        node.wrong(format!("`{text}` is no event of the system; there are `{known}`"))
    })
}
