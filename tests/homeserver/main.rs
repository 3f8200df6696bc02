//! A homeserver of Matrix, unmodified, pushes to a host: part of `cargo xtask full`, which fetches it
//! into `target/homeserver`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bugle_tests::AppSource;
use bugle_tests::program::{Daemon, Place, target};
use serde_json::{Value, json};

const INBOX: &str = "com.example.raw-notification/inbox";

fn main() -> Result<()> {
    takes_messages_and_rejects_what_leads_nowhere()?;
    is_sent_again_what_was_too_much()
}

/// A host that takes pushes, and where.
struct Host {
    place: Place,
    daemon: Daemon,
    url: String,
}

impl Host {
    fn start(args: &[&str]) -> Result<Self> {
        let place = Place::new()?;
        place.app("app", &AppSource::example("raw-notification")?)?;
        place.bugle(["install", "app"])?.good()?;
        let daemon = place.serve_with(args)?;
        let opened = place.bugle(["channel", "open", INBOX, "--json"])?.json()?;
        let url = opened["url"].as_str().context("a channel has an address")?.to_owned();
        Ok(Self { place, daemon, url })
    }

    fn gateway(&self) -> Result<&str> {
        Ok(self.url.split_once("/push/").context("it is a plain channel")?.0)
    }

    /// What each run was woken with, in the order of the runs.
    fn notifications(&self) -> Result<Vec<Value>> {
        let runs = self.place.bugle(["runs", "--json"])?.json()?;
        let mut notifications = Vec::new();
        for run in runs.as_array().context("runs are a list")?.iter().rev() {
            let name = run["run"].as_str().context("a run has a name")?;
            let kept = self.place.bugle(["runs", "show", name, "--json"])?.json()?;
            let content = kept["input"]["trigger"]["content"].as_str();
            let content = STANDARD.decode(content.context("it was a push")?)?;
            notifications.push(serde_json::from_slice(&content)?);
        }
        Ok(notifications)
    }
}

/// The driver of a homeserver, and what it has seen.
struct Driver(Child, BufReader<std::process::ChildStdout>);

impl Driver {
    fn start(plan: &Value) -> Result<Self> {
        let packages = target().join("homeserver");
        ensure!(packages.is_dir(), "the homeserver is not there; run `cargo xtask full`");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("homeserver/synapse.py");
        let mut command = Command::new("python3");
        command.arg("-B").arg(script).env("PYTHONPATH", packages);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        child.stdin.take().context("it is a pipe")?.write_all(plan.to_string().as_bytes())?;
        let lines = BufReader::new(child.stdout.take().context("it is a pipe")?);
        Ok(Self(child, lines))
    }

    /// The next thing that it has seen, which has to be this.
    fn sees(&mut self, name: &str) -> Result<Value> {
        let mut line = String::new();
        self.1.read_line(&mut line)?;
        let seen: Value = serde_json::from_str(&line).with_context(|| format!("{name}: {line}"))?;
        ensure!(seen["name"] == name && seen["ok"] == true, "{name} was to be seen, not {seen}");
        println!("{name}");
        Ok(seen)
    }

    fn ends_well(mut self) -> Result<()> {
        let status = self.0.wait()?;
        ensure!(status.success(), "the driver ended with {status}");
        Ok(())
    }
}

fn takes_messages_and_rejects_what_leads_nowhere() -> Result<()> {
    let host = Host::start(&["--sink", "terminal"])?;
    let (gateway, address) = (host.gateway()?, host.url.rsplit('/').next().unwrap_or_default());
    let folder = tempfile::tempdir()?;
    let plan = json!({
        "folder": folder.path(), "gateway": gateway, "pushkeys": [host.url, address],
        "unknown": format!("{gateway}/push/{}", "A".repeat(43)),
    });
    let mut driver = Driver::start(&plan)?;
    let mut said = vec![driver.sees("message-text")?];
    driver.sees("rejected")?;
    for name in ["message-json", "message-largest", "message-too-large"] {
        said.push(driver.sees(name)?);
    }
    driver.sees("kept")?;
    driver.ends_well()?;
    let notifications = host.notifications()?;
    ensure!(notifications.len() == 2 * said.len(), "{} came", notifications.len());
    for message in &said {
        let of = |told: &&Value| told["notification"]["event_id"] == message["event_id"];
        let told: Vec<_> = notifications.iter().filter(of).collect();
        ensure!(told.len() == 2, "{message} came {} times", told.len());
        let bodies = told.iter().map(|told| &told["notification"]["content"]["body"]);
        let whole = bodies.filter(|body| **body == message["body"]).count();
        // What is too large for the longer of the two keys comes there without its content.
        let expected = if message["name"] == "message-too-large" { 1 } else { 2 };
        ensure!(whole == expected, "{message} came whole {whole} times");
    }
    drop(host.daemon);
    Ok(())
}

fn is_sent_again_what_was_too_much() -> Result<()> {
    let host = Host::start(&["--sink", "terminal", "--channel-rate", "1"])?;
    let folder = tempfile::tempdir()?;
    let plan = json!({
        "folder": folder.path(), "gateway": host.gateway()?, "pushkeys": [host.url],
        "throttled": true,
    });
    let mut driver = Driver::start(&plan)?;
    let is_refused = AtomicBool::new(false);
    let path = host.url.strip_prefix(host.gateway()?).context("it begins so")?;
    let mut connection = host.daemon.connect()?;
    std::thread::scope(|scope| -> Result<()> {
        // Another sender uses the channel's rate up until the homeserver was refused once.
        let other = scope.spawn(|| -> Result<()> {
            while !is_refused.load(Ordering::Relaxed) {
                let status = connection.push(path, b"{}")?.status;
                ensure!(matches!(status, 201 | 429), "{status}");
            }
            Ok(())
        });
        let refused = driver.sees("refused");
        is_refused.store(true, Ordering::Relaxed);
        let Ok(other) = other.join() else { bail!("the other sender failed") };
        other?;
        refused.map(drop)
    })?;
    let message = driver.sees("message-text")?;
    driver.sees("kept")?;
    driver.ends_well()?;
    let notifications = host.notifications()?;
    let of = |told: &&Value| told["notification"]["event_id"] == message["event_id"];
    ensure!(notifications.iter().filter(of).count() == 1, "it came once");
    ensure!(message["failed"].as_u64() > Some(0), "{message}");
    Ok(())
}
