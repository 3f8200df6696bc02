use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use bugle_build::toolchain;
use bugle_tests::program::{Place, target, tools};
use serde_json::{Value, json};

/// Names of fonts that pages ask for, by what Debian's packages have.
const FONTS: &str = "\
<fontconfig><dir>FONTS</dir><cachedir>CACHE</cachedir>
<alias><family>system-ui</family><prefer><family>DejaVu Sans</family></prefer></alias>
<alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
<alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>";

/// A browser with one page, driven by `tests/clients/node/browser.mjs`. It ends when it is dropped.
pub(crate) struct Browser {
    node: Child,
    /// None once it is to end.
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Browser {
    /// One for which another site is on this machine, too.
    pub(crate) fn new(place: &Place) -> Result<Self> {
        Self::finding(place, "MAP evil.example 127.0.0.1")
    }

    /// One that finds names as Chromium's `--host-resolver-rules` say.
    pub(crate) fn finding(place: &Place, names: &str) -> Result<Self> {
        let files = tools().join("browser/files");
        let program = files.join("usr/lib/chromium/chromium-headless-shell");
        let packages = target().join("clients/node");
        let is_there = program.is_file() && packages.join("node_modules/playwright-core").is_dir();
        ensure!(is_there, "the browser is not there; `cargo xtask test` sets it up");
        let fonts = FONTS
            .replace("FONTS", &files.join("usr/share/fonts").display().to_string())
            .replace("CACHE", &place.folder().join("fonts").display().to_string());
        let fonts = place.file("fonts.conf", fonts)?;
        let environment = json!({
            "LD_LIBRARY_PATH": toolchain::libraries(&fs::canonicalize(&files)?)?,
            "FONTCONFIG_FILE": fonts,
            "HOME": place.folder(),
        });
        let script = include_str!("../../clients/node/browser.mjs");
        let mut node = Command::new("node")
            .args(["--input-type=module", "--eval", script, "--"])
            .arg(fs::canonicalize(program)?)
            .arg(environment.to_string())
            .arg(names)
            // Its profile, and what it downloads.
            .env("TMPDIR", place.folder())
            .current_dir(packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("node is not here")?;
        let to = node.stdin.take();
        let from = BufReader::new(node.stdout.take().context("it is a pipe")?);
        Ok(Self { node, to, from })
    }

    /// Does something; what came of it.
    pub(crate) fn ask(&mut self, doing: &Value) -> Result<Value> {
        writeln!(self.to.as_mut().context("it is a pipe")?, "{doing}")?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        let mut answer: Value =
            serde_json::from_str(&line).with_context(|| format!("{doing}: the browser is gone"))?;
        match answer.get("error") {
            Some(error) => bail!("{doing}: {error}"),
            None => Ok(answer["ok"].take()),
        }
    }

    fn text_of(&mut self, doing: &Value) -> Result<String> {
        Ok(self.ask(doing)?.as_str().unwrap_or_default().to_owned())
    }

    /// Opens a page; its status.
    pub(crate) fn open(&mut self, url: &str) -> Result<u64> {
        let answer = self.ask(&json!({ "do": "open", "url": url }))?;
        answer["status"].as_u64().context("it has a status")
    }

    /// The text of the first element that is chosen.
    pub(crate) fn text(&mut self, selector: &str) -> Result<String> {
        self.text_of(&json!({ "do": "text", "selector": selector }))
    }

    /// Waits until an element that is chosen has a text; all of its text.
    pub(crate) fn wait(&mut self, selector: &str, text: &str) -> Result<String> {
        self.text_of(&json!({ "do": "wait", "selector": selector, "text": text }))
    }

    pub(crate) fn click(&mut self, selector: &str) -> Result<()> {
        self.ask(&json!({ "do": "click", "selector": selector })).map(drop)
    }

    pub(crate) fn fill(&mut self, selector: &str, text: &str) -> Result<()> {
        self.ask(&json!({ "do": "fill", "selector": selector, "text": text })).map(drop)
    }

    pub(crate) fn evaluate(&mut self, code: &str) -> Result<Value> {
        self.ask(&json!({ "do": "evaluate", "code": code }))
    }

    /// A window of a size, in a scheme of colours, for who wants nothing to move.
    pub(crate) fn look(&mut self, width: u32, height: u32, scheme: &str) -> Result<()> {
        let doing = json!({
            "do": "look", "width": width, "height": height, "scheme": scheme, "motion": "reduce",
        });
        self.ask(&doing).map(drop)
    }

    pub(crate) fn shoot(&mut self, path: &Path) -> Result<()> {
        self.ask(&json!({ "do": "shot", "path": path })).map(drop)
    }

    /// What the page has that is serious for who cannot see, or not well.
    pub(crate) fn axe(&mut self) -> Result<Value> {
        self.ask(&json!({ "do": "axe" }))
    }

    /// What the browser said against the page since it was last asked.
    pub(crate) fn complaints(&mut self) -> Result<Value> {
        self.ask(&json!({ "do": "complaints" }))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It closes the browser at the end of what it is told; one that is gone already is as good.
        drop(self.to.take());
        let _ = self.node.wait();
    }
}
