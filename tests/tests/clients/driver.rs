//! The drivers of `tests/clients`: a plan in, a line for each push out.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use bugle::task::Bytes;
use bugle_tests::program::target;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A push to send.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Send {
    name: &'static str,
    /// None for one without a body.
    content: Option<Bytes>,
    options: Value,
}

/// What a client says of a push.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Verdict {
    name: String,
    /// Whether its user would take it for sent.
    pub(crate) ok: bool,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
}

/// A published client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client(pub(crate) &'static str);

pub(crate) fn send(name: &'static str, content: impl Into<Vec<u8>>, options: Value) -> Send {
    Send { name, content: Some(Bytes(content.into())), options }
}

pub(crate) fn send_nothing(name: &'static str, options: Value) -> Send {
    Send { name, content: None, options }
}

/// More than a channel of a throttled stage takes at once, and gets room for meanwhile: unless a client needs
/// three quarters of a second for each.
pub(crate) const MORE_THAN_AT_ONCE: usize = 40;

/// Some were taken, and its user was told of the rest that they were too many.
pub(crate) fn are_throttled(verdicts: &[Verdict], status: u16) {
    let (sent, refused): (Vec<_>, Vec<_>) = verdicts.iter().partition(|verdict| verdict.ok);
    assert!(sent.len() >= 10 && !refused.is_empty(), "{verdicts:?}");
    for verdict in refused {
        assert_eq!(verdict.status, Some(status), "{verdict:?}");
    }
}

impl Client {
    /// Sends in order; gives what the client says of each.
    pub(crate) fn send(
        self,
        target: &Value,
        sends: &[Send],
        trusted: Option<&Path>,
    ) -> Result<Vec<Verdict>> {
        let mut command = self.command()?;
        if let Some(certificate) = trusted {
            command.env("NODE_EXTRA_CA_CERTS", certificate).env("REQUESTS_CA_BUNDLE", certificate);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut driver = command.spawn().with_context(|| format!("{self:?} cannot be started"))?;
        let plan = json!({ "target": target, "sends": sends }).to_string();
        driver.stdin.take().context("it is a pipe")?.write_all(plan.as_bytes())?;
        let output = driver.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{self:?} ended with {}: {said}", output.status);
        let verdicts = String::from_utf8(output.stdout)?;
        let verdicts: Vec<Verdict> =
            verdicts.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        ensure!(
            verdicts.len() == sends.len(),
            "{self:?} said {verdicts:?}, and on the side: {said}"
        );
        Ok(verdicts)
    }

    fn command(self) -> Result<Command> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(self.0);
        let there = target().join("clients");
        ensure!(
            there.join("installed.txt").is_file(),
            "the senders of pushes are not there; run `cargo xtask test`, which sets them up"
        );
        if source.extension().is_some_and(|extension| extension == "py") {
            let mut python = Command::new("python3");
            python.arg("-B").arg(&source).env("PYTHONPATH", there.join("python"));
            return Ok(python);
        }
        // Node looks for packages beside the script.
        let copy = self.beside_its_packages(&source, &there.join("node"))?;
        let mut node = Command::new("node");
        node.arg("--no-warnings").arg(copy);
        Ok(node)
    }

    fn beside_its_packages(self, source: &Path, folder: &Path) -> Result<PathBuf> {
        // One test at a time, and whole under another name first: another may be running the script.
        static COPYING: Mutex<()> = Mutex::new(());
        let _copying = COPYING.lock().unwrap_or_else(PoisonError::into_inner);
        let name = source.file_name().context("a script is a file")?;
        let plan = source.with_file_name("plan.mjs");
        let draft = folder.join("draft.mjs");
        for (from, to) in [(source, folder.join(name)), (&plan, folder.join("plan.mjs"))] {
            fs::copy(from, &draft)?;
            fs::rename(&draft, to)?;
        }
        Ok(folder.join(name))
    }
}
