use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bugle::task::{Allowances, Header, Limits, Permissions, RawNotification, Seed, SystemEvent};
use bugle::{LimitName, RunInput, RunReport, Trigger};
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value as Toml};

use crate::datum::Datum;
use crate::plain;
use crate::read::ATTEMPTS_MAX;
use crate::seen;
use crate::shape::CHOSEN_OUTCOMES;

/// What a case that is made from a run expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectOf {
    /// All that the run did: the case holds as long as the task does the same.
    Report,
    /// That the task ends by itself, whatever it makes of the trigger: the case fails until a trap
    /// or a limit that was reached is mended.
    AnyEnd,
}

/// The text of a case file that runs a task with the input of a kept run.
///
/// The app and its manifest are not part of it: limits and permissions that differ from the defaults
/// are written down, so that they hold under another manifest too.
#[must_use]
pub fn export(about: &str, input: &RunInput, report: &RunReport, expect: ExpectOf) -> String {
    let mut document = DocumentMut::new();
    document["about"] = Item::Value(plain::text(&one_line(about)));
    document["task"] = Item::Value(Toml::from(input.identity.task.as_str()));
    document["before"] = Item::Table(before(input));
    let mut step = Table::new();
    step["run"] = Item::Value(Toml::from(input.identity.run_id.to_string()));
    wake(&mut step, &input.trigger, input.started_at);
    step["expect"] = Item::Table(expectation(report, expect));
    let mut steps = ArrayOfTables::new();
    steps.push(step);
    document["step"] = Item::ArrayOfTables(steps);
    document.to_string()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The app before the run. What a case has unless said is not said.
fn before(input: &RunInput) -> Table {
    let (snapshot, identity) = (&input.snapshot, &input.identity);
    let mut table = Table::new();
    table["time"] = Item::Value(match Datum::Timestamp(input.started_at).to_toml() {
        // One that TOML has no moment for is a number here.
        Toml::InlineTable(_) => Datum::count(input.started_at).to_toml(),
        moment => moment,
    });
    let mut say = |name: &str, is_usual: bool, datum: Datum| {
        if !is_usual {
            table[name] = Item::Value(datum.to_toml());
        }
    };
    let (attempt, attempts_max) = (identity.attempt, identity.attempts_max);
    let (version, toasts_left) = (snapshot.settings.version, snapshot.allowances.toasts);
    say("seed", input.seed == Seed::default(), Datum::text(input.seed.to_string()));
    say("attempt", attempt == 1, Datum::count(attempt.into()));
    say("attempts-max", attempts_max == ATTEMPTS_MAX, Datum::count(attempts_max.into()));
    say("settings-version", version == 0, Datum::count(version.into()));
    say("badge", snapshot.badge.is_none(), seen::badge(snapshot.badge));
    let is_usual = snapshot.allowances == Allowances::default();
    say("toasts-left", is_usual, Datum::count(toasts_left.into()));
    say("permissions", false, permissions(&snapshot.permissions));
    let limits = limits(&input.limits);
    say("limits", limits.is_empty(), Datum::Table(limits));
    let settings = snapshot.settings.iter().map(|(path, value)| (path, Datum::from(value)));
    let settings: Table =
        settings.map(|(path, datum)| (plain::key(path), datum.to_toml())).collect();
    if !settings.is_empty() {
        table["settings"] = Item::Table(settings);
    }
    table
}

fn permissions(permissions: &Permissions) -> Datum {
    let hosts = permissions.image_hosts.iter().map(Datum::text).collect();
    Datum::Table(vec![
        ("toasts".to_owned(), Datum::Boolean(permissions.toasts)),
        ("image-hosts".to_owned(), Datum::List(hosts)),
    ])
}

fn limits(limits: &Limits) -> Vec<(String, Datum)> {
    let usual = Limits::default();
    let differs = |name: &&LimitName| limits.get(**name) != usual.get(**name);
    let limit = |name: &LimitName| (name.code().to_owned(), Datum::count(limits.get(*name)));
    LimitName::ALL.iter().filter(differs).map(limit).collect()
}

fn wake(step: &mut Table, trigger: &Trigger, now: u64) {
    let (name, fields) = match trigger {
        Trigger::RawNotification(notification) => ("push", push(notification, now)),
        Trigger::System(event) => {
            step["system"] = Item::Value(system(event).to_toml());
            return;
        }
        trigger => (trigger.kind().as_str(), fields(trigger)),
    };
    let mut table: InlineTable =
        fields.into_iter().map(|(name, datum)| (name, datum.to_toml())).collect();
    table.set_dotted(trigger.content_bytes() > 0);
    step[name] = Item::Value(table.into());
}

type Fields = Vec<(&'static str, Datum)>;

fn push(push: &RawNotification, now: u64) -> Fields {
    let mut fields = vec![("channel", Datum::text(push.channel.as_str())), content(&push.content)];
    fields.extend(push.content_type.iter().map(|t| ("content-type", Datum::text(t))));
    if !push.headers.is_empty() {
        fields.push(("headers", headers(&push.headers)));
    }
    if push.received_at != now {
        fields.push(("received-at", Datum::count(push.received_at)));
    }
    fields
}

fn fields(trigger: &Trigger) -> Fields {
    let text = |text: &str| Datum::text(text);
    match trigger {
        Trigger::Application(request) => {
            let mut fields = vec![content(&request.content)];
            fields.extend(request.content_type.iter().map(|t| ("content-type", text(t))));
            fields
        }
        Trigger::Custom(event) => vec![("kind", text(&event.kind)), content(&event.content)],
        Trigger::ToastActivated(toast) => {
            let mut fields = key(toast.tag.as_deref(), toast.group.as_deref());
            fields.push(("argument", text(&toast.argument)));
            let inputs = toast.inputs.iter().map(|i| (i.name.clone(), text(&i.value)));
            fields.push(("inputs", Datum::Table(inputs.collect())));
            fields
        }
        Trigger::ToastDismissed(toast) => {
            let mut fields = key(toast.tag.as_deref(), toast.group.as_deref());
            fields.push(("reason", seen::of(&toast.reason)));
            fields
        }
        Trigger::Timer(tick) => vec![
            ("name", text(tick.name.as_str())),
            ("due-at", Datum::count(tick.due_at)),
            ("missed", Datum::count(tick.missed.into())),
        ],
        Trigger::ChannelExpiring(expiry) => vec![
            ("channel", text(expiry.channel.as_str())),
            ("expires-at", Datum::count(expiry.expires_at)),
        ],
        Trigger::RawNotification(_) | Trigger::System(_) => Vec::new(),
    }
}

fn key(tag: Option<&str>, group: Option<&str>) -> Fields {
    let named = [("tag", tag), ("group", group)].into_iter();
    named.filter_map(|(name, value)| Some((name, Datum::text(value?)))).collect()
}

/// Content as text where it is text that a case file can show as it is.
fn content(content: &[u8]) -> (&'static str, Datum) {
    match std::str::from_utf8(content) {
        Ok(text) => ("text", Datum::text(text)),
        Err(_) => ("base64", Datum::Text(STANDARD.encode(content))),
    }
}

/// A table where every name comes once, else pairs.
fn headers(headers: &[Header]) -> Datum {
    let is_repeated = |(at, header): (usize, &Header)| {
        headers.iter().take(at).any(|before| before.name == header.name)
    };
    if headers.iter().enumerate().any(is_repeated) {
        let pair = |h: &Header| Datum::List(vec![Datum::text(&h.name), Datum::text(&h.value)]);
        return Datum::List(headers.iter().map(pair).collect());
    }
    let field = |header: &Header| (header.name.clone(), Datum::text(&header.value));
    Datum::Table(headers.iter().map(field).collect())
}

fn system(event: &SystemEvent) -> Datum {
    let more = |name: &str, text: &str| Datum::Table(vec![(name.to_owned(), Datum::text(text))]);
    match event {
        SystemEvent::AppUpdated(version) => more("app-updated", version),
        SystemEvent::Other(what) => more("other", what),
        plain => seen::of(plain),
    }
}

fn expectation(report: &RunReport, expect: ExpectOf) -> Table {
    if expect == ExpectOf::AnyEnd {
        let chosen = CHOSEN_OUTCOMES.map(Datum::text).to_vec();
        return Table::from_iter([("outcome", Datum::List(chosen).to_toml())]);
    }
    of_run(report)
}

/// All that a run did, as the `[step.expect]` of a file that says nothing yet.
pub(crate) fn of_run(report: &RunReport) -> Table {
    let mut table = Table::new();
    for (name, datum) in seen::of_run(&report.result) {
        let is_nothing = matches!(&datum, Datum::Table(fields) if fields.is_empty());
        table[&name] = match name.as_str() {
            "settings" if is_nothing => continue,
            _ if is_nothing => Item::Value(datum.to_toml()),
            name => item(name, &datum),
        };
    }
    table
}

/// A part of an expectation in its usual form: tables under a heading of their own.
pub(crate) fn item(name: &str, datum: &Datum) -> Item {
    match (name, datum) {
        ("toasts" | "shown", Datum::List(toasts)) if !toasts.is_empty() => {
            let table = |toast: &Datum| match toast {
                Datum::Table(fields) => {
                    let fields =
                        fields.iter().map(|(name, datum)| (name.as_str(), datum.to_toml()));
                    fields.collect::<Table>()
                }
                _ => Table::new(),
            };
            Item::ArrayOfTables(toasts.iter().map(table).collect())
        }
        ("settings", Datum::Table(fields)) => Item::Table(
            fields.iter().map(|(path, datum)| (plain::key(path), datum.to_toml())).collect(),
        ),
        ("resume-work", Datum::Table(fields)) => {
            Item::Table(fields.iter().map(|(key, datum)| (plain::key(key), work(datum))).collect())
        }
        (_, datum) => Item::Value(datum.to_toml()),
    }
}

/// Work that is text is shown as text.
pub(crate) fn work(datum: &Datum) -> Toml {
    match datum {
        Datum::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => plain::text(text),
            Err(_) => datum.to_toml(),
        },
        datum => datum.to_toml(),
    }
}
