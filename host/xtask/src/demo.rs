//! The main job, on real input: raw pushes arrive over HTTP and wake a sandboxed task.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::guests::{self, Toolchain};
use crate::tool;

/// How long the host may take for what the demo sends it; a hundred times what it takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is pushed, and what it shows.
const PUSHES: &[(&str, &str)] = &[
    (
        "two new mails",
        r#"[{"id":"m1","from":"Ada","subject":"Notes on the engine","preview":"It weaves algebra."},
            {"id":"m2","from":"Grace","subject":"A bug was found","preview":"It is in the log book."}]"#,
    ),
    ("one more", r#"[{"id":"m3","from":"Alan","subject":"Lunch at one?"}]"#),
    ("one that was sent before", r#"[{"id":"m3","from":"Alan","subject":"Lunch at one?"}]"#),
    ("something that is no JSON", "new mail!!"),
];

const CHANNEL: &str = "com.example.mail/inbox";

pub(crate) fn demo(toolchain: Toolchain, root: &Path) -> Result<()> {
    eprintln!("building; the first time this takes a quarter of an hour");
    let guests = guests::build(toolchain, root)?;
    tool::build(root)?;
    let mut apps = guests.components.into_iter().filter_map(|component| component.app);
    let mail = apps.find(|app| app.ends_with("mail"));
    let mail = mail.context("the mail example is an app")?;
    let data = root.join("target/demo");
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    let bugle = Bugle { program: tool::built(root, "bugle"), data };
    println!("\nThe task `examples/mail` is installed in an empty host:");
    print!("{}", indent(&bugle.text(&["install", &mail.to_string_lossy()])?));
    let host = bugle.serve()?;
    let shown = play(&bugle, &host);
    host.stop()?;
    shown
}

fn play(bugle: &Bugle, host: &Serving) -> Result<()> {
    let opened = bugle.json(&["channel", "open", CHANNEL])?;
    println!("\nThe host listens on {}, and pushes arrive for {CHANNEL}:", host.url);
    let url = opened["url"].as_str().context("a channel of a host that serves has a URL")?;
    let mut latencies = Vec::new();
    for (what, content) in PUSHES {
        let started = Instant::now();
        let answer = ureq::post(url).content_type("application/json").send(*content)?;
        latencies.push(started.elapsed());
        println!("    POST {:>4} bytes, {what}: {}", content.len(), answer.status());
    }
    bugle.wait_until_idle()?;
    for (title, command) in [
        ("Settings that the task keeps:", ["settings", "list", "com.example.mail"].as_slice()),
        ("Its runs:", &["runs"]),
        ("What will not be tried again:", &["runs", "--dead"]),
    ] {
        println!("\n{title}");
        print!("{}", indent(&bugle.text(command)?));
    }
    summary(bugle, &latencies)
}

fn summary(bugle: &Bugle, latencies: &[Duration]) -> Result<()> {
    let runs = bugle.json(&["runs"])?;
    let runs = runs.as_array().context("runs are a list")?;
    ensure!(runs.len() == PUSHES.len(), "{} pushes had {} runs", PUSHES.len(), runs.len());
    println!("\nEvery run had an instance of its own, and was held to its limits:");
    println!("    {:<12} {:<10} {:>7} {:>20} {:>20}", "run", "outcome", "us", "fuel", "memory KiB");
    for run in runs.iter().rev() {
        let id = run["run"].as_str().context("a run has an id")?;
        let shown = bugle.json(&["runs", "show", id])?;
        let (result, measured) = (&shown["report"]["result"], &shown["report"]["measured"]);
        let of = |limit: &str, unit: u64| {
            let number = |table: &str| result[table][limit].as_u64().unwrap_or(0) / unit;
            format!("{} of {}", number("usage"), number("limits"))
        };
        println!(
            "    {id:<12} {:<10} {:>7} {:>20} {:>20}",
            result["outcome"].as_str().unwrap_or("?"),
            measured["wall-us"].to_string(),
            of("fuel", 1),
            of("memory-bytes", 1024),
        );
    }
    let sum: Duration = latencies.iter().sum();
    let mean = sum / u32::try_from(latencies.len()).unwrap_or(1);
    println!("\nA push was durable, and its sender had its answer, after {mean:.1?} in the mean.");
    Ok(())
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// The program, with a data folder of the demo's own.
struct Bugle {
    program: PathBuf,
    data: PathBuf,
}

impl Bugle {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(&self.data).args(args);
        command
    }

    fn text(&self, args: &[&str]) -> Result<String> {
        tool::output(&mut self.command(args))
    }

    fn json(&self, args: &[&str]) -> Result<Value> {
        Ok(serde_json::from_str(&tool::output(self.command(args).arg("--json"))?)?)
    }

    fn serve(&self) -> Result<Serving> {
        let mut child = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("`bugle serve` cannot be started")?;
        let stdout = child.stdout.take().context("its output is piped")?;
        let mut serving = Serving { child, stdout: BufReader::new(stdout), url: String::new() };
        let mut line = String::new();
        serving.stdout.read_line(&mut line)?;
        let url = line.trim_end().strip_prefix("listening on ");
        serving.url = url.context("`bugle serve` did not start")?.to_owned();
        Ok(serving)
    }

    /// Waits until every push has ended, by looking: another process can do no more.
    fn wait_until_idle(&self) -> Result<()> {
        let started = Instant::now();
        loop {
            let apps = self.json(&["list"])?;
            if apps[0]["waiting"] == 0 {
                return Ok(());
            }
            ensure!(started.elapsed() < PATIENCE, "the pushes are still waiting: {apps}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A host that serves.
struct Serving {
    child: Child,
    stdout: BufReader<ChildStdout>,
    url: String,
}

impl Serving {
    /// Asks it to end, as a service manager does, and shows what it said.
    fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        if !asked.is_ok_and(|status| status.success()) {
            self.child.kill()?;
        }
        println!("\nWhat the host showed meanwhile, as the runs were committed:");
        for line in self.stdout.by_ref().lines() {
            println!("    {}", line?);
        }
        let status = self.child.wait()?;
        ensure!(status.success(), "`bugle serve` ended with {status}");
        println!("\nThe host was asked to end, and did. Its data is in target/demo.");
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Gone already, after `stop`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
