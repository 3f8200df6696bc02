//! componentize-py: an interpreter with the task's modules in it, as they are once imported, as one
//! core module.

mod objects;

use std::fs;
use std::path::{Path, PathBuf};

use bugle_toolchain::Python;

use super::Work;
use crate::contract::WORLD;
use crate::error::at;
use crate::link::{Additions, link};
use crate::steps::{Steps, run_quietly};
use crate::{BuildError, ComponentizeError, layout};

/// The module that ties the task to the world. Named so that no task's module is.
const ENTRY: &str = "bugle_entry";
/// The objects of the snapshot become immortal.
const ADDITIONS: Additions<'_> = Additions {
    beside: "PyInit_componentize_py_runtime",
    module: None,
    prepare: objects::make_immortal,
};

pub(super) fn compile(
    work: &Work<'_>,
    tools: &Python,
    steps: &mut dyn Steps,
) -> Result<PathBuf, BuildError> {
    let source = work.source()?;
    let name = source.file_stem().unwrap_or_default().to_string_lossy();
    let output = work.layout.output();
    let entry = format!("from bugle._entry import entry\n\nEntry = entry(\"{name}\")\n");
    layout::write(&output.join(format!("{ENTRY}.py")), entry.as_bytes())?;
    let snapshot = output.join("task.wasm");
    let mut componentize = tools.componentize();
    componentize.current_dir(work.folder).arg("--quiet");
    componentize.arg("--wit-path").arg(work.inside(&work.layout.wit()));
    // Sockets are among WASI's imports otherwise, which no task may have.
    componentize.args(["--world", WORLD, "componentize", "--stub-wasi"]);
    let folder = match work.relative_source().parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let sdk = work.inside(&work.layout.sdk(work.language));
    for path in [&work.inside(&output), &sdk, folder] {
        componentize.arg("--python-path").arg(path);
    }
    componentize.arg("--output").arg(work.inside(&snapshot)).arg(ENTRY);
    run_quietly(&mut componentize, "taking the snapshot", steps)?;
    let component = fs::read(&snapshot).map_err(at(&snapshot))?;
    let linked = link(&component, &ADDITIONS).map_err(|what| BuildError::Module {
        path: snapshot,
        language: Some(work.language),
        source: ComponentizeError::Unfit(what),
    })?;
    let module = output.join("task.core.wasm");
    layout::write(&module, &linked)?;
    Ok(module)
}
