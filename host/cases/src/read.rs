//! From the tree of a case file to a [`Case`], with everything that is unknown refused.

mod expect;
mod json;
mod wake;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bugle::task::{Allowances, LimitName, Mark, Timestamp, Toast, check_path};
use bugle::{Settings, Value};
use serde_json::Value as Json;

use crate::case::{Before, Case, LimitsChange, PermissionsChange, Step};
use crate::datum::Datum;
use crate::node::{Kind, Node, Read};
use crate::shape::TOAST;

/// Where the clock of a case starts that does not say: a moment as good as any, and always the same.
const TIME: Timestamp = 1_767_225_600_000;

/// How often the host tries, as in the contract's `attempts-max`.
const ATTEMPTS_MAX: u32 = 5;

pub(crate) fn case(root: &Node, folder: &Path) -> Read<Case> {
    let mut table = root.fields()?;
    let about = table.read("about", |node| line(node))?;
    let task = table.read("task", Node::parsed)?;
    let nothing = Node { line: 1, kind: Kind::Table(Vec::new()) };
    let before = before(table.take("before").unwrap_or(&nothing))?;
    let steps = match table.take("step") {
        Some(nodes) => nodes.list()?.iter().map(|node| step(node, folder)).collect::<Read<_>>()?,
        None => Vec::new(),
    };
    table.finish()?;
    if steps.is_empty() {
        let what = "the case has no step, so that it could not fail; add a `[[step]]`";
        return Err(root.wrong(what));
    }
    Ok(Case { file: PathBuf::new(), text: String::new(), about, task, before, steps })
}

fn line(node: &Node) -> Read<String> {
    let text = node.text()?;
    if text.chars().any(char::is_control) {
        return Err(node.wrong("this is one line"));
    }
    Ok(text.to_owned())
}

fn before(node: &Node) -> Read<Before> {
    let mut table = node.fields()?;
    let version = table.read("settings-version", Node::count)?.unwrap_or(0);
    let values = table.read("settings", settings)?.unwrap_or_default();
    let toasts_max = Allowances::default().toasts;
    let before = Before {
        time: table.read("time", Node::moment)?.unwrap_or(TIME),
        seed: table.read("seed", Node::parsed)?.unwrap_or_default(),
        attempt: table.read("attempt", attempt)?.unwrap_or(1),
        attempts_max: table.read("attempts-max", attempt)?.unwrap_or(ATTEMPTS_MAX),
        settings: Settings::new(version, values),
        badge: table.read("badge", badge)?.flatten(),
        toasts_left: table.read("toasts-left", Node::count)?.unwrap_or(toasts_max),
        toasts: table.read("toasts", toasts)?.unwrap_or_default(),
        permissions: table.read("permissions", permissions)?.unwrap_or_default(),
        limits: table.read("limits", limits)?.unwrap_or_default(),
    };
    if before.toasts_left > toasts_max {
        return Err(node.wrong(format!("`toasts-left` is at most {toasts_max}")));
    }
    table.finish()?;
    Ok(before)
}

fn attempt(node: &Node) -> Read<u32> {
    match node.count()? {
        0 => Err(node.wrong("attempts begin with 1")),
        attempt => Ok(attempt),
    }
}

fn settings(node: &Node) -> Read<BTreeMap<String, Value>> {
    let Kind::Table(fields) = &node.kind else { return Err(node.not("a table of settings")) };
    let setting = |(path, node): &(String, Node)| {
        check_path(path).map_err(|error| node.wrong(format!("`{path}`: {error}")))?;
        let value = expect::setting(node)?.to_setting();
        Ok((path.clone(), value.ok_or_else(|| node.not("a setting's value"))?))
    };
    fields.iter().map(setting).collect()
}

fn badge(node: &Node) -> Read<Option<Mark>> {
    let json = match expect::badge(node)? {
        Datum::Integer(number) => serde_json::json!({ "number": number }),
        Datum::Text(glyph) if glyph != "none" => serde_json::json!({ "glyph": glyph }),
        _ => return Ok(None),
    };
    serde_json::from_value(json).map(Some).map_err(|error| node.wrong(error.to_string()))
}

fn toasts(node: &Node) -> Read<Vec<Toast>> {
    node.list()?.iter().map(toast).collect()
}

fn toast(node: &Node) -> Read<Toast> {
    let mut json = expect::datum(node, TOAST)?.to_json();
    if let Some(fields) = json.as_object_mut()
        && let Some(after) = fields.remove("expires-after")
    {
        fields.insert("expires-after-ms".to_owned(), after);
    }
    let wrong = |error: serde_json::Error| node.wrong(format!("this is no toast: {error}"));
    let toast: Toast = serde_json::from_value(with_nulls(json)).map_err(wrong)?;
    toast.check().map_err(|error| node.wrong(error.to_string()))?;
    Ok(toast)
}

/// Inputs without a list of choices have an empty one, and actions without an argument none.
fn with_nulls(mut toast: Json) -> Json {
    let fill = |toast: &mut Json, list: &str, name: &str, value: Json| {
        for entry in toast.get_mut(list).and_then(Json::as_array_mut).into_iter().flatten() {
            if let Some(fields) = entry.as_object_mut() {
                fields.entry(name).or_insert_with(|| value.clone());
            }
        }
    };
    fill(&mut toast, "inputs", "choices", Json::Array(Vec::new()));
    fill(&mut toast, "actions", "argument", Json::from(""));
    fill(&mut toast, "actions", "foreground", Json::from(false));
    toast
}

fn permissions(node: &Node) -> Read<PermissionsChange> {
    let mut table = node.fields()?;
    let hosts = |node: &Node| -> Read<Vec<String>> {
        node.list()?.iter().map(|node| node.text().map(str::to_owned)).collect()
    };
    let toasts = table.read("toasts", Node::boolean)?;
    let image_hosts = table.read("image-hosts", hosts)?;
    table.finish()?;
    Ok(PermissionsChange { toasts, image_hosts })
}

fn limits(node: &Node) -> Read<LimitsChange> {
    let Kind::Table(fields) = &node.kind else { return Err(node.not("a table of limits")) };
    let limit = |(name, node): &(String, Node)| {
        let limit: LimitName = name.parse().map_err(|error| node.wrong(format!("{error}")))?;
        let value: u64 = node.count()?;
        if value == 0 || value > limit.ceiling() {
            let ceiling = limit.ceiling();
            return Err(node.wrong(format!("`{limit}` is 1 to {ceiling} {}", limit.unit())));
        }
        Ok((limit, value))
    };
    fields.iter().map(limit).collect::<Read<_>>().map(LimitsChange)
}

fn step(node: &Node, folder: &Path) -> Read<Step> {
    let mut table = node.fields()?;
    let step = Step {
        line: node.line,
        after_ms: table.read("after", Node::duration)?.unwrap_or(0),
        attempt: table.read("attempt", attempt)?,
        run: table.read("run", Node::parsed)?,
        limits: table.read("limits", limits)?.unwrap_or_default(),
        wake: wake::wake(&mut table, folder)?,
        expect: table.read("expect", expect::expect)?.unwrap_or_else(|| expect::unsaid(node.line)),
    };
    table.finish()?;
    Ok(step)
}
