use std::fmt::Display;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::ColorChoice;
use serde::Serialize;

use crate::args::Global;
use crate::failure::Failure;

/// How text looks, where the terminal can show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
}

/// Whether text gets colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint(pub bool);

impl Paint {
    /// `text` with its look. The text comes out as it goes in: clean it first.
    pub(crate) fn with(self, look: Look, text: impl Display) -> String {
        if !self.0 {
            return text.to_string();
        }
        let code = match look {
            Look::Strong => 1,
            Look::Faint => 2,
            Look::Good => 32,
            Look::Warning => 33,
            Look::Bad => 31,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    fn on(stream_is_terminal: bool, choice: ColorChoice) -> Self {
        Self(match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                stream_is_terminal && !refused && !dumb
            }
        })
    }
}

/// Where the program's words go, and in which form.
#[derive(Debug)]
pub(crate) struct Output {
    /// Answers are JSON.
    pub is_json: bool,
    /// Everything that is known is said.
    pub is_verbose: bool,
    /// For standard output.
    pub paint: Paint,
    error_paint: Paint,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            is_json: global.json,
            is_verbose: global.verbose > 0,
            paint: Paint::on(io::stdout().is_terminal(), global.color),
            error_paint: Paint::on(io::stderr().is_terminal(), global.color),
        }
    }

    /// Says the answer: as one JSON document if asked for, else as the text that `text` makes.
    pub(crate) fn say<T: Serialize + ?Sized>(
        &self,
        answer: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.is_json { write_json(answer) } else { write(&text()) }
    }

    /// The same, where the JSON is made only if it is asked for.
    pub(crate) fn say_json_or(
        &self,
        json: impl FnOnce() -> serde_json::Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.is_json { write_json(&json()) } else { write(&text()) }
    }

    /// Says a line to the program that reads this one's output: on standard output, unless that is
    /// JSON.
    pub(crate) fn say_beside(&self, line: &str) -> Result<(), Failure> {
        if self.is_json {
            eprint_line(line.trim_end());
            return Ok(());
        }
        write(line)
    }

    /// Says something beside the answer, to people only.
    pub(crate) fn note(&self, note: &str) {
        if !self.is_json && io::stdout().is_terminal() {
            eprint_line(&self.error_paint.with(Look::Faint, bugle::plain(note)));
        }
    }

    /// Says why the program did not do what it was asked: one line, a hint, and with `-v` what is
    /// behind it.
    pub(crate) fn failure(&self, failure: &Failure) {
        let Failure::Refused(refusal) = failure else { return };
        if self.is_json {
            let json = serde_json::json!({ "error": refusal });
            return eprint_line(&bugle::plain_json(&json.to_string()));
        }
        let paint = self.error_paint;
        let message = bugle::plain(&refusal.message);
        eprint_line(&format!("{} {message}", paint.with(Look::Bad, "error:")));
        if let Some(hint) = &refusal.hint {
            let hint = bugle::plain(hint);
            eprint_line(&format!("{} {hint}", paint.with(Look::Strong, "hint:")));
        }
        if self.is_verbose {
            for cause in &refusal.causes {
                eprint_line(&format!("  because {}", bugle::plain(cause)));
            }
            eprint_line(&format!("  code {}", refusal.code));
        }
    }
}

/// Writes text that ends in a line feed, or nothing, to standard output.
pub(crate) fn write(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))
}

/// A page of text that takes the place of the one before, without a blank screen between them.
pub(crate) fn redrawn(page: &str) -> String {
    let lines = page.lines().map(|line| format!("{line}\x1b[K\n"));
    format!("\x1b[H{}\x1b[J", lines.collect::<String>())
}

/// Writes a file that was asked for: all of it, or none.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let message = format!("`{}` cannot be written: {error}", path.display());
        Failure::usage("file", message)
    };
    if path.exists() && !path.is_file() {
        // A pipe, or a terminal: there is nothing to put in its place.
        return fs::write(path, text).map_err(failed);
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    fs::write(&part, text).and_then(|()| fs::rename(&part, path)).map_err(|error| {
        // There may be nothing to remove; the first error is the one to tell.
        let _ = fs::remove_file(&part);
        failed(error)
    })
}

fn write_json<T: Serialize + ?Sized>(answer: &T) -> Result<(), Failure> {
    let json = if io::stdout().is_terminal() {
        serde_json::to_string_pretty(answer)
    } else {
        serde_json::to_string(answer)
    };
    let json = json.map_err(|error| Failure::host("output", error.to_string()))?;
    write(&format!("{}\n", bugle::plain_json(&json)))
}

/// Writes to standard error; that nobody reads it is no reason to stop.
fn eprint_line(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
