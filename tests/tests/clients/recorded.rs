//! What Windows' push service was asked and answered, replayed: the exchanges of `recorded.toml`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use bugle::{Credentials, Mark, Protocol, Show, Toast};
use bugle_tests::program::Answer;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::stage::{Stage, ask};

/// The table, whose own words say what its parts are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    request: BTreeMap<String, Request>,
    answer: BTreeMap<String, Expected>,
    reason: BTreeMap<String, String>,
    exchange: Vec<Exchange>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    path: String,
    headers: BTreeMap<String, String>,
    /// Of an exchange that has none of its own.
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    status: u16,
    headers: BTreeMap<String, String>,
    /// Of `headers`, those that are recorded and not answered here.
    #[serde(default)]
    lacks: BTreeSet<String>,
    /// Headers that are answered here and not recorded.
    #[serde(default)]
    adds: BTreeMap<String, String>,
    /// The members of the body; none of a body that is empty.
    #[serde(default)]
    json: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    name: String,
    source: String,
    request: String,
    /// The names that `{template}` stands for, one exchange for each.
    #[serde(default = "no_template")]
    templates: Vec<String>,
    body: Option<String>,
    recorded: String,
    ours: Option<Ours>,
    #[serde(default)]
    shows: Shown,
}

/// What is answered here, where that is another answer on purpose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ours {
    answer: String,
    why: String,
}

/// What comes of a notification, in full.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Shown {
    toasts: Vec<Toast>,
    badge: Option<Mark>,
    /// What the task was woken with.
    raw: Vec<String>,
}

fn no_template() -> Vec<String> {
    vec![String::new()]
}

impl Table {
    fn read() -> Result<Self> {
        let table: Self = toml::from_str(include_str!("recorded.toml"))?;
        ensure!(!table.exchange.is_empty(), "the table has no exchange");
        for answer in table.answer.values() {
            for header in answer.lacks.iter().chain(answer.adds.keys()) {
                table.reason(header)?;
            }
        }
        Ok(table)
    }

    fn request(&self, name: &str) -> Result<&Request> {
        self.request.get(name).with_context(|| format!("there is no request `{name}`"))
    }

    fn answer(&self, name: &str) -> Result<&Expected> {
        self.answer.get(name).with_context(|| format!("there is no answer `{name}`"))
    }

    fn reason(&self, name: &str) -> Result<&str> {
        let reason = self.reason.get(name).map(String::as_str);
        reason.with_context(|| format!("`{name}` has no reason"))
    }
}

impl Expected {
    fn check(&self, answer: &Answer) -> Result<()> {
        let status = answer.status;
        ensure!(status == self.status, "the status is {status}, not {}", self.status);
        let recorded = self.headers.iter().filter(|(name, _)| !self.lacks.contains(*name));
        let expected: BTreeMap<&String, &String> = recorded.chain(&self.adds).collect();
        for (name, expected) in &expected {
            let value = answer.header(name);
            let fits = value.is_some_and(|value| fits(expected, value));
            ensure!(fits, "the header `{name}` is {value:?}, not {expected:?}");
        }
        // The first line is the status.
        for line in answer.head.iter().skip(1) {
            let name = line.split(':').next().unwrap_or_default().to_owned();
            ensure!(expected.contains_key(&name), "nobody expects the header `{line}`");
        }
        self.check_body(&answer.body)
    }

    fn check_body(&self, body: &str) -> Result<()> {
        let members: Map<String, Value> = match body {
            "" => Map::new(),
            body => serde_json::from_str(body).with_context(|| format!("the body is `{body}`"))?,
        };
        let fits = |(name, expected): (&String, &Value)| match (expected, members.get(name)) {
            (Value::String(expected), Some(Value::String(value))) => fits(expected, value),
            (expected, value) => value == Some(expected),
        };
        let is_right = members.len() == self.json.len() && self.json.iter().all(fits);
        ensure!(is_right, "the body is {members:?}, not {:?}", self.json);
        Ok(())
    }
}

/// Whether a text is what the table expects: the same, or what a name in angle brackets stands for.
fn fits(expected: &str, value: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    match expected {
        "<text>" => !value.is_empty(),
        "<number>" => (1..=16).contains(&value.len()) && value.bytes().all(is_digit),
        expected => value == expected,
    }
}

/// A host that stands in for the service.
struct Service {
    table: Table,
    stage: Stage,
    channel: String,
    credentials: Credentials,
}

impl Service {
    fn new() -> Result<Self> {
        let table = Table::read()?;
        let stage = Stage::plain()?;
        let channel = stage.channel(Protocol::Wns)?.address().as_str().to_owned();
        let credentials = stage.scene.app().credentials().wait()?;
        Ok(Self { table, stage, channel, credentials })
    }

    /// Sends a request with what this host gave for the names in its braces.
    fn send(&self, request: &Request, body: &str, token: &str) -> Result<Answer> {
        let client_id = self.credentials.client_id.replace(':', "%3A").replace('/', "%2F");
        let fill = |text: &str| {
            text.replace("{client_id}", &client_id)
                .replace("{client_secret}", &self.credentials.client_secret)
                .replace("{channel}", &self.channel)
                .replace("{token}", token)
        };
        let headers: String = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\r\n", fill(value)))
            .collect();
        let body = fill(&body.replace('\n', ""));
        ask(&self.stage, "POST", &fill(&request.path), &headers, &body)
    }

    /// A token, asked for as recorded. Each recording asked for one of its own.
    fn token(&self) -> Result<String> {
        let request = self.table.request("token")?;
        let answer = self.send(request, &request.body, "")?;
        self.table.answer("token")?.check(&answer).context("no token is given")?;
        let members: Value = serde_json::from_str(&answer.body)?;
        Ok(members["access_token"].as_str().unwrap_or_default().to_owned())
    }

    /// Replays one exchange, and compares what was answered and what came of it.
    fn replay(&self, exchange: &Exchange, template: &str) -> Result<()> {
        let (toasts, pushes) = (self.toasts()?.len(), self.stage.contents()?.len());
        self.stage.scene.app().show(Show::Badge(None)).wait()?;
        let request = self.table.request(&exchange.request)?;
        let needs_token = request.headers.values().any(|value| value.contains("{token}"));
        let token = if needs_token { self.token()? } else { String::new() };
        let body = exchange.body.as_ref().unwrap_or(&request.body);
        let answer = self.send(request, &body.replace("{template}", template), &token)?;
        self.compare(exchange, &answer)?;
        let raw = self.stage.contents()?.into_iter().skip(pushes);
        let shown = Shown {
            toasts: self.toasts()?.into_iter().skip(toasts).collect(),
            badge: self.stage.scene.app().badge()?,
            raw: raw.map(String::from_utf8).collect::<Result<_, _>>()?,
        };
        ensure!(shown == exchange.shows, "it shows {shown:?}, not {:?}", exchange.shows);
        Ok(())
    }

    fn compare(&self, exchange: &Exchange, answer: &Answer) -> Result<()> {
        let recorded = self.table.answer(&exchange.recorded)?.check(answer);
        let Some(Ours { answer: ours, why }) = &exchange.ours else { return recorded };
        let why = self.table.reason(why)?;
        ensure!(recorded.is_err(), "it is answered as recorded, though {why}");
        let ours = self.table.answer(ours)?.check(answer);
        ours.with_context(|| format!("it is answered neither as recorded, nor as {why}"))
    }

    /// The toasts that are shown, in the order in which they came.
    fn toasts(&self) -> Result<Vec<Toast>> {
        let toasts = self.stage.scene.app().toasts()?;
        Ok(toasts.into_iter().map(|live| live.toast).collect())
    }
}

#[test]
fn what_the_real_service_was_recorded_to_answer_is_answered() -> Result<()> {
    let service = Service::new()?;
    let mut wrong = Vec::new();
    for exchange in &service.table.exchange {
        for template in &exchange.templates {
            if let Err(error) = service.replay(exchange, template) {
                let source = exchange.source.replace("{template}", template);
                wrong.push(format!("{} ({source}): {error:#}", exchange.name));
            }
        }
    }
    ensure!(wrong.is_empty(), "{} exchanges differ:\n{}", wrong.len(), wrong.join("\n"));
    Ok(())
}
