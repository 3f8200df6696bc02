//! `bugle watch`: builds, tests and installs again at each change.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bugle_gateway::{Answer, Command as HostCommand};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::access;
use crate::args::{Global, WatchArgs};
use crate::failure::{Ended, Failure};
use crate::output::{self, Look, Output};
use crate::project;

/// How long the folder has to be quiet before a build: editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(150);

/// What builds and tools write themselves.
const PASSED_OVER: [&str; 4] = ["target", "node_modules", "__pycache__", "zig-out"];

pub(crate) fn watch(args: &WatchArgs, global: &Global, output: &Output) -> Result<Ended, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::host("runtime", format!("the input and output of the system fail: {error}"))
    })?;
    runtime.block_on(watch_until_told(args, global, output))?;
    Ok(Ended::Well)
}

async fn watch_until_told(
    args: &WatchArgs,
    global: &Global,
    output: &Output,
) -> Result<(), Failure> {
    let stop = tokio::signal::ctrl_c();
    tokio::pin!(stop);
    // What is wrong before the first build is refused; later it is shown, and mended by a save.
    let opened = project::open(&args.project, global)?;
    let component = args.project.folder.join(&opened.manifest.tasks[0].component);
    let folder = std::path::absolute(&args.project.folder).map_err(|error| cannot(&error))?;
    let mut changes = Changes::of(&folder, &component)?;
    loop {
        round(args, global, output).await;
        output.note("waiting for a change; Ctrl-C ends");
        tokio::select! {
            _ = &mut stop => return Ok(()),
            () = changes.next() => {}
        }
    }
}

fn cannot(error: &dyn std::fmt::Display) -> Failure {
    Failure::host("watch", format!("the folder cannot be watched: {error}"))
}

/// Builds, tests, and installs into the running host. Whatever fails ends the round, and what was
/// installed before stays.
async fn round(args: &WatchArgs, global: &Global, output: &Output) {
    let done = project::open(&args.project, global).and_then(|opened| opened.build(false));
    let done = match done {
        Ok(done) => done,
        Err(failure) => return output.failure(&failure),
    };
    let bytes = crate::text::count(done.built.component.len() as u64);
    say(output, Look::Good, "built", &format!("{}, {bytes} bytes", done.component.display()));
    match test(&args.project.folder) {
        Ok(true) => {}
        Ok(false) => return say(output, Look::Bad, "failed", "the installed task stays as it was"),
        Err(failure) => return output.failure(&failure),
    }
    match install(&args.project.folder, global).await {
        Ok(Some(app)) => say(output, Look::Good, "installed", &app),
        // Nobody serves: there is nothing to bring up to date.
        Ok(None) => {}
        Err(failure) => output.failure(&failure),
    }
}

fn say(output: &Output, look: Look, what: &str, about: &str) {
    let line = serde_json::json!({ what: about });
    let text = || format!("{}  {}\n", output.paint.with(look, what), bugle::plain(about));
    // That nobody reads it is no reason to stop.
    let _ = if output.is_json { output.say(&line, text) } else { output::write(&text()) };
}

/// Runs the cases of the folder, if it has any, by this same program.
fn test(folder: &Path) -> Result<bool, Failure> {
    if !folder.join("tests").is_dir() {
        return Ok(true);
    }
    let program = std::env::current_exe()
        .map_err(|error| Failure::host("program", format!("bugle cannot find itself: {error}")))?;
    let status = Command::new(program).arg("test").arg(folder).stdin(Stdio::null()).status();
    let status = status
        .map_err(|error| Failure::host("program", format!("bugle cannot start itself: {error}")))?;
    Ok(status.success())
}

async fn install(folder: &Path, global: &Global) -> Result<Option<String>, Failure> {
    let folder = std::path::absolute(folder).map_err(|error| cannot(&error))?;
    let answer = access::send_to_running(global, &HostCommand::Install { folder }).await?;
    match answer {
        Some(Answer::Installed { app }) => Ok(Some(app.to_string())),
        Some(_) => Err(access::unexpected()),
        None => Ok(None),
    }
}

/// The changes in a project's folder that are its author's.
struct Changes {
    folder: PathBuf,
    component: PathBuf,
    watcher: RecommendedWatcher,
    paths: UnboundedReceiver<Vec<PathBuf>>,
}

impl Changes {
    fn of(folder: &Path, component: &Path) -> Result<Self, Failure> {
        let (send, paths) = unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if let Ok(event) = event
                && !event.kind.is_access()
            {
                // The receiver is gone when the program ends.
                let _ = send.send(event.paths);
            }
        });
        let mut changes = Self {
            folder: folder.to_owned(),
            component: std::path::absolute(component).map_err(|error| cannot(&error))?,
            watcher: watcher.map_err(|error| cannot(&error))?,
            paths,
        };
        // Folders one by one, so that those with a hundred thousand files of tools are left out.
        changes.watch(folder, RecursiveMode::NonRecursive)?;
        for entry in std::fs::read_dir(folder).map_err(|error| cannot(&error))? {
            let path = entry.map_err(|error| cannot(&error))?.path();
            if path.is_dir() && changes.is_authors(&path) {
                changes.watch(&path, RecursiveMode::Recursive)?;
            }
        }
        Ok(changes)
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> Result<(), Failure> {
        self.watcher.watch(path, mode).map_err(|error| cannot(&error))
    }

    /// Whether a path is the author's, and not what builds and tools write.
    fn is_authors(&self, path: &Path) -> bool {
        let Ok(inside) = path.strip_prefix(&self.folder) else { return false };
        let is_passed_over = |part: &std::ffi::OsStr| {
            let part = part.to_string_lossy();
            part.starts_with('.') || part.ends_with('~') || PASSED_OVER.contains(&&*part)
        };
        let is_beside_component =
            path.to_string_lossy().starts_with(&*self.component.to_string_lossy());
        !is_beside_component && !inside.iter().any(is_passed_over)
    }

    /// Done when something changed and then nothing did for a while.
    async fn next(&mut self) {
        let mut is_changed = false;
        loop {
            let paths = if is_changed {
                match tokio::time::timeout(QUIET, self.paths.recv()).await {
                    Ok(paths) => paths,
                    Err(_) => return,
                }
            } else {
                self.paths.recv().await
            };
            let Some(paths) = paths else { return std::future::pending().await };
            for path in paths {
                if !self.is_authors(&path) {
                    continue;
                }
                is_changed = true;
                if path.is_dir() && path.parent() == Some(&*self.folder) {
                    // A folder that cannot be watched is gone again.
                    let _ = self.watcher.watch(&path, RecursiveMode::Recursive);
                }
            }
        }
    }
}
