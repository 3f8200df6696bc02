//! `bugle watch`: each save becomes a build and an update of the running host.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bugle_tests::program::Place;

use crate::authoring::{by_hand, project};

/// Longer than a build and an update take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `bugle watch`, with all that it says, in order.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(place: &Place, folder: &str) -> Result<Self> {
        let (reader, writer) = io::pipe()?;
        let mut command = place.command(["watch", folder])?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn()?;
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(io::Result::ok) {
                // A test that has ended wants no more.
                let _ = send.send(line);
            }
        });
        Ok(Self { child, lines })
    }

    /// Waits for a line that begins so.
    fn wait_for(&self, beginning: &str) -> Result<String> {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.with_context(|| format!("no line begins with `{beginning}`"))?;
            if line.starts_with(beginning) {
                return Ok(line);
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_save_updates_the_running_host_and_a_broken_one_does_not() -> Result<()> {
    let place = Place::new()?;
    let folder = project(&place, "module = \"task.wat\"")?;
    place.bugle(["build", "hand"])?.good()?;
    let daemon = place.serve()?;
    place.bugle(["install", "hand"])?.good()?;
    place.bugle(["channel", "open", "com.example.by-hand/inbox"])?.good()?;
    let shown = || -> Result<String> {
        let push = ["push", "com.example.by-hand/inbox", "hello", "--wait", "--json"];
        let report = place.bugle(push)?;
        ensure!(report.code == 0, "{report:#?}");
        Ok(report.out)
    };
    ensure!(shown()?.contains("New message"), "the first task runs");

    let mut watch = Watch::start(&place, "hand")?;
    watch.wait_for("installed  com.example.by-hand")?;
    fs::write(folder.join("task.wat"), by_hand()?.replace("New message", "New in town"))?;
    watch.wait_for("built  hand/task.wasm")?;
    watch.wait_for("installed  com.example.by-hand")?;
    ensure!(shown()?.contains("New in town"), "the second task runs");

    fs::write(folder.join("task.wat"), "(module (fnc))")?;
    let said = watch.wait_for("error: ")?;
    ensure!(said.contains("line 1: "), "{said}");
    ensure!(shown()?.contains("New in town"), "the second task still runs");

    // As Ctrl-C does.
    Command::new("kill").args(["-INT", &watch.child.id().to_string()]).status()?;
    ensure!(watch.child.wait()?.success(), "it does not end well");
    drop(daemon);
    Ok(())
}
