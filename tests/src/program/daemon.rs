use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::{Connection, Place};

/// Longer than any start takes on a busy machine.
const START_PATIENCE: Duration = Duration::from_secs(20);

/// A running `bugle serve`. It is killed when it is dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    door: SocketAddr,
    started_in: Duration,
    /// Lines of standard output before it took pushes: what an earlier host left to deliver.
    early: Vec<String>,
    /// Lines of standard output since.
    lines: Receiver<String>,
    /// All of standard error, once it has ended.
    log: Option<JoinHandle<String>>,
}

impl Place {
    /// Starts the daemon on a free port and waits until it takes pushes.
    ///
    /// # Errors
    ///
    /// It does not start, with what it said.
    pub fn serve(&self) -> anyhow::Result<Daemon> {
        self.serve_with(&["--sink", "terminal"])
    }

    /// Starts the daemon with more arguments.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    pub fn serve_with(&self, args: &[&str]) -> anyhow::Result<Daemon> {
        let mut command = self.command(["serve", "--listen", "127.0.0.1:0"])?;
        command.args(args);
        Daemon::start(command, |log| log)
    }
}

impl Daemon {
    /// Starts a daemon, and hands each line of its log to `see` before it is kept; what `see` gives
    /// back is what is kept.
    ///
    /// # Errors
    ///
    /// It does not start, with what it said.
    pub fn start(
        mut command: Command,
        mut see: impl FnMut(String) -> String + Send + 'static,
    ) -> anyhow::Result<Self> {
        let start = Instant::now();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let out = child.stdout.take().context("standard output is a pipe")?;
        let err = child.stderr.take().context("standard error is a pipe")?;
        let (send, lines) = mpsc::channel();
        // Both end with the pipes, which end with the child. A receiver that is gone wants no more.
        each_line(out, move |line| drop(send.send(line)));
        let mut kept = String::new();
        let log = thread::spawn(move || {
            read_lines(err, |line| kept += &(see(line) + "\n"));
            kept
        });
        let mut early = Vec::new();
        let first = loop {
            match lines.recv_timeout(START_PATIENCE) {
                Ok(line) if line.contains("listening") => break line,
                Ok(line) => early.push(line),
                Err(_) => {
                    let _ = child.kill();
                    bail!("the daemon does not start: {}", log.join().unwrap_or_default());
                }
            }
        };
        let started_in = start.elapsed();
        let address =
            first.split_once("http://").map(|(_, rest)| rest.trim_end_matches(['"', '}']));
        let door = address.and_then(|text| text.parse().ok());
        let door = door.with_context(|| format!("the daemon does not say where: {first}"))?;
        Ok(Self { child, door, started_in, early, lines, log: Some(log) })
    }

    /// Where it takes pushes.
    #[must_use]
    pub fn door(&self) -> SocketAddr {
        self.door
    }

    /// The time from the start of the process until it takes pushes.
    #[must_use]
    pub fn started_in(&self) -> Duration {
        self.started_in
    }

    /// A connection to the push door.
    ///
    /// # Errors
    ///
    /// There is none to have.
    pub fn connect(&self) -> anyhow::Result<Connection> {
        Connection::to(self.door)
    }

    /// The next line of standard output.
    ///
    /// # Errors
    ///
    /// None comes.
    pub fn line(&self) -> anyhow::Result<String> {
        self.lines.recv_timeout(START_PATIENCE).context("the daemon says nothing more")
    }

    /// Asks it to end as the system does, and waits; how it ended, how long that took, and its log.
    ///
    /// # Errors
    ///
    /// It cannot be asked.
    pub fn terminate(mut self) -> anyhow::Result<(ExitStatus, Duration, String)> {
        let start = Instant::now();
        let process = self.child.id().to_string();
        // The standard library knows no other signal than SIGKILL.
        Command::new("kill").args(["-TERM", &process]).status()?;
        let status = self.child.wait()?;
        let time = start.elapsed();
        Ok((status, time, self.end_of_log()))
    }

    /// Kills it where it is; what it had said before that nobody had read, output first.
    ///
    /// # Errors
    ///
    /// It has ended before.
    pub fn kill(mut self) -> anyhow::Result<(Vec<String>, String)> {
        self.child.kill()?;
        self.child.wait()?;
        let log = self.end_of_log();
        let early = std::mem::take(&mut self.early);
        Ok((early.into_iter().chain(self.lines.iter()).collect(), log))
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    fn end_of_log(&mut self) -> String {
        self.log.take().and_then(|log| log.join().ok()).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn each_line(from: impl Read + Send + 'static, see: impl FnMut(String) + Send + 'static) {
    thread::spawn(move || read_lines(from, see));
}

/// Reads whole lines to the end; what a dead writer left without a line feed is no line.
fn read_lines(from: impl Read, mut see: impl FnMut(String)) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok() && line.pop() == Some(b'\n') {
        see(String::from_utf8_lossy(&line).into_owned());
        line.clear();
    }
}
