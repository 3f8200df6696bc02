//! One ES module of the task and the SDK, by esbuild; then QuickJS around it, as one core module.

use std::fs;
use std::path::PathBuf;

use bugle_toolchain::JavaScript;

use super::Work;
use crate::error::at;
use crate::link::{Additions, link};
use crate::steps::{Steps, run, run_quietly};
use crate::{BuildError, ComponentizeError};
use crate::{embedded, layout};

/// What the SDK calls beside the contract.
const SHORTCUTS: &str = include_str!("javascript/shortcuts.wit");
/// Its functions.
const SHORTCUTS_MODULE: &str = include_str!("javascript/shortcuts.wat");
/// What the engine exports.
const ENGINE: &str = "wit_dylib_initialize";

pub(super) fn compile(
    work: &Work<'_>,
    tools: &JavaScript,
    steps: &mut dyn Steps,
) -> Result<PathBuf, BuildError> {
    work.source()?;
    let source = format!("./{}", work.relative_source().display());
    let script = work.layout.output().join("task.js");
    let snapshot = work.layout.output().join("task.wasm");
    let entry = work.layout.sdk(work.language).join("component.js");
    let mut esbuild = tools.esbuild();
    esbuild.current_dir(work.folder).arg(work.inside(&entry)).args([
        "--bundle",
        "--format=esm",
        // Neither a browser's nor Node's own modules are assumed.
        "--platform=neutral",
        "--target=es2023",
        // The engine tells of nothing in an `async` function of its own; so they become functions
        // that use `Promise`, which the SDK watches.
        "--supported:async-await=false",
        "--supported:async-generator=false",
        "--supported:for-await=false",
        // What the host gives is no file.
        "--external:bugle:*",
        "--charset=utf8",
        "--log-level=warning",
        // A file that does not export `run` is no task.
        "--log-override:import-is-undefined=error",
    ]);
    esbuild.arg(if steps.is_terminal() { "--color=true" } else { "--color=false" });
    esbuild.arg(format!("--alias:bugle-task={source}"));
    esbuild.arg(format!("--outfile={}", work.inside(&script).display()));
    run(&mut esbuild, "bundling", steps)?;
    let mut componentize = tools.componentize();
    componentize.current_dir(work.folder).arg("--js").arg(work.inside(&script));
    componentize.arg("--wit").arg(work.inside(&contract(work)?));
    // No async ABI.
    componentize.args(["--world", "javascript", "--sync"]);
    componentize.arg("--output").arg(work.inside(&snapshot));
    run_quietly(&mut componentize, "taking the snapshot", steps)?;
    let component = fs::read(&snapshot).map_err(at(&snapshot))?;
    let additions =
        Additions { beside: ENGINE, module: Some(SHORTCUTS_MODULE), prepare: |_| Ok(()) };
    let linked = link(&component, &additions).map_err(|what| BuildError::Module {
        path: snapshot,
        language: Some(work.language),
        source: ComponentizeError::Unfit(what),
    })?;
    let module = work.layout.output().join("task.core.wasm");
    layout::write(&module, &linked)?;
    Ok(module)
}

/// The contract with the shortcuts: where it is.
fn contract(work: &Work<'_>) -> Result<PathBuf, BuildError> {
    let folder = work.layout.output().join("wit");
    for (path, content) in embedded::below("wit") {
        layout::write(&folder.join(path), content)?;
    }
    layout::write(&folder.join("shortcuts.wit"), SHORTCUTS.as_bytes())?;
    Ok(folder)
}
