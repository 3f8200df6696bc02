//! An app in the foreground, by its event stream.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bugle::Protocol;
use bugle_tests::program::{Answer, Connection};
use serde_json::{Value, json};

use crate::stage::Stage;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The event stream of an app.
struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(stage: &Stage) -> Result<Self> {
        let mut stream = TcpStream::connect(stage.app_door)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let head = format!("GET /foreground HTTP/1.1\r\nhost: t\r\n{}\r\n", key(stage)?);
        stream.write_all(head.as_bytes())?;
        let mut stream = Self(BufReader::new(stream));
        let status = stream.line()?;
        ensure!(status.starts_with("HTTP/1.1 200"), "{status}");
        // The app is in the foreground once this comes.
        while stream.line()? != ": foreground" {}
        Ok(stream)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.0.read_line(&mut line)? > 0, "the stream has ended");
        Ok(line.trim_end().to_owned())
    }

    /// The next event of a kind; others are passed over.
    fn event(&mut self, kind: &str) -> Result<Value> {
        let name = format!("event: {kind}");
        while self.line()? != name {}
        let data = self.line()?;
        let Some(data) = data.strip_prefix("data: ") else {
            bail!("an event without data: {data}")
        };
        Ok(serde_json::from_str(data)?)
    }
}

/// The header with which the app proves itself.
fn key(stage: &Stage) -> Result<String> {
    let credentials = stage.scene.app().credentials().wait()?;
    let pair = format!("{}:{}", credentials.client_id, credentials.client_secret);
    Ok(format!("authorization: Basic {}\r\n", STANDARD.encode(pair)))
}

fn post(stage: &Stage, path: &str, headers: &str) -> Result<Answer> {
    let mut connection = Connection::to(stage.app_door)?;
    connection.send_push(path, headers, b"")?;
    connection.answer()
}

fn push(stage: &Stage, content: &str) -> Result<()> {
    stage.scene.push("inbox", content)?;
    Ok(())
}

#[test]
fn an_app_takes_a_push_or_lets_it_pass() -> Result<()> {
    let stage = Stage::plain()?;
    stage.channel(Protocol::Plain)?;
    let mut stream = Stream::open(&stage)?;
    // Before the second begins within which it may answer.
    let key = key(&stage)?;
    push(&stage, "taken")?;
    let offered = stream.event("push")?;
    assert_eq!(offered["channel"], "inbox");
    assert_eq!(offered["content"], STANDARD.encode("taken"));
    let trigger = offered["trigger"].as_str().context("it has a number")?.to_owned();
    let take = format!("/foreground/{trigger}/take");
    assert_eq!(post(&stage, &take, &key)?.status, 200);
    assert_eq!(post(&stage, &take, &key)?.status, 409, "it is taken");

    push(&stage, "passed")?;
    let offered = stream.event("push")?;
    let trigger = offered["trigger"].as_str().context("it has a number")?.to_owned();
    assert_eq!(post(&stage, &format!("/foreground/{trigger}/pass"), &key)?.status, 200);
    let committed = stream.event("committed")?;
    assert_eq!(committed["trigger"], trigger.as_str());
    // What the example keeps under the name of its task.
    assert!(committed["settings"].as_object().is_some_and(|all| !all.is_empty()), "{committed}");
    assert_eq!(stage.contents()?, [b"passed"]);
    Ok(())
}

#[test]
fn an_app_sees_what_others_set() -> Result<()> {
    let stage = Stage::plain()?;
    let mut stream = Stream::open(&stage)?;
    let set = |value| stage.scene.host().set_setting(stage.scene.app_id(), "inbox/unread", value);
    set(Some(bugle::Value::Integer(3.into()))).wait()?;
    let told = stream.event("setting")?;
    assert_eq!(told["path"], "inbox/unread");
    assert_eq!(told["value"], serde_json::to_value(bugle::Value::Integer(3.into()))?);
    set(None).wait()?;
    assert_eq!(stream.event("setting")?["value"], Value::Null);
    Ok(())
}

#[test]
fn silence_lets_a_push_pass_and_is_too_late_to_take_it() -> Result<()> {
    let stage = Stage::plain()?;
    stage.channel(Protocol::Plain)?;
    let mut stream = Stream::open(&stage)?;
    push(&stage, "silence")?;
    let offered = stream.event("push")?;
    stream.event("committed")?;
    let trigger = offered["trigger"].as_str().context("it has a number")?;
    let late = post(&stage, &format!("/foreground/{trigger}/take"), &key(&stage)?)?;
    assert_eq!((late.status, late.error().as_str()), (409, "too-late"));
    assert_eq!(stage.contents()?, [b"silence"]);
    Ok(())
}

#[test]
fn an_app_that_is_gone_or_replaced_sees_nothing_more() -> Result<()> {
    let stage = Stage::plain()?;
    stage.channel(Protocol::Plain)?;
    let mut first = Stream::open(&stage)?;
    let second = Stream::open(&stage)?;
    assert_eq!(first.event("replaced")?, json!({}));
    drop(second);
    push(&stage, "alone")?;
    assert_eq!(stage.contents()?, [b"alone"]);
    Ok(())
}

#[test]
fn the_stream_is_the_apps_alone() -> Result<()> {
    let stage = Stage::plain()?;
    let wrong = format!("authorization: Basic {}\r\n", STANDARD.encode("ms-app://com.example.x:y"));
    for headers in ["", wrong.as_str(), "authorization: Bearer x\r\n"] {
        for path in ["/foreground/trigger-1/take", "/resume-work"] {
            assert_eq!(post(&stage, path, headers)?.status, 401, "{headers}");
        }
    }
    let work = post(&stage, "/resume-work", &key(&stage)?)?;
    assert_eq!(serde_json::from_str::<Value>(&work.body)?, json!({ "resume-work": [] }));
    Ok(())
}
