//! Go, for WASI's first preview. The bindings are a part of the SDK's module, generated beside it.

use std::fs;
use std::path::{Path, PathBuf};

use bugle_toolchain::Go;

use super::Work;
use crate::error::at;
use crate::steps::{Steps, run};
use crate::{BuildError, bindings, layout};

/// The SDK's module, as tasks import it.
const SDK: &str = "bugle";

/// What the generated bindings import, and where the SDK has it: no proxy is asked for modules, and a
/// pinner of the SDK's own does the work of Go's for less.
const RENAMED: [(&str, &str); 3] = [
    ("\"runtime\"", "runtime \"bugle/internal/wit/runtime\""),
    ("\"go.bytecodealliance.org/pkg/wit/", "\"bugle/internal/wit/"),
    (
        "\"bugle/internal/bindings/export_bugle_task_entry\"",
        "\"bugle/internal/export_bugle_task_entry\"",
    ),
];

pub(super) fn compile(
    work: &Work<'_>,
    tools: &Go,
    steps: &mut dyn Steps,
) -> Result<PathBuf, BuildError> {
    let source = work.source()?;
    let sdk = work.layout.sdk(work.language);
    bindings::write_go(&sdk.join("internal/bindings"), &RENAMED)?;
    let go_mod = module_file(work, tools, &sdk, steps)?;
    let module = work.layout.output().join("task.core.wasm");
    let mut go = tools.go();
    go.current_dir(work.folder).env("GOOS", "wasip1").env("GOARCH", "wasm");
    go.arg("build").arg(format!("-modfile={}", work.inside(&go_mod).display()));
    // A library: `_initialize` starts the runtime. Paths of the machine are left out, and names are
    // kept for the symbols.
    go.args(["-mod=mod", "-buildmode=c-shared", "-trimpath", "-ldflags=-w -checklinkname=0", "-o"]);
    let package = work.inside(source.parent().unwrap_or(work.folder));
    go.arg(work.inside(&module)).arg(format!("./{}", package.display()));
    run(&mut go, "compiling", steps)?;
    Ok(module)
}

/// The project's go.mod, with the SDK where `.bugle/` has it, whatever the project says.
fn module_file(
    work: &Work<'_>,
    tools: &Go,
    sdk: &Path,
    steps: &mut dyn Steps,
) -> Result<PathBuf, BuildError> {
    let output = work.layout.output();
    for name in ["go.mod", "go.sum"] {
        let path = work.folder.join(name);
        let content = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && name == "go.sum" => {
                Vec::new()
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(BuildError::NoSource { path });
            }
            read => read.map_err(at(&path))?,
        };
        layout::write(&output.join(name), &content)?;
    }
    let go_mod = output.join("go.mod");
    let mut edit = tools.go();
    edit.current_dir(work.folder).args(["mod", "edit"]);
    edit.arg(format!("-replace={SDK}=./{}", work.inside(sdk).display()));
    edit.arg(work.inside(&go_mod));
    run(&mut edit, "compiling", steps)?;
    Ok(go_mod)
}
