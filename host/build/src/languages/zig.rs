//! Zig, freestanding: the SDK has the ABI by hand, and is the root that the task is a module of.

use std::path::PathBuf;

use bugle_toolchain::Zig;

use super::Work;
use crate::BuildError;
use crate::steps::{Steps, run};

pub(super) fn compile(
    work: &Work<'_>,
    tools: &Zig,
    steps: &mut dyn Steps,
) -> Result<PathBuf, BuildError> {
    work.source()?;
    let module = work.layout.output().join("task.core.wasm");
    let sdk = work.inside(&work.layout.sdk(work.language)).join("src");
    let mut zig = tools.zig();
    zig.current_dir(work.folder)
        .env("ZIG_LOCAL_CACHE_DIR", work.inside(&work.layout.output().join("zig")));
    // With checks: a task that reads past an array must trap, not go on and commit. The exports stay,
    // and there is no start. The default stack is 16 MiB, which every run would have to clear.
    zig.args(["build-exe", "-target", "wasm32-freestanding", "-O", "ReleaseSafe", "-fno-strip"]);
    zig.args(["-fno-entry", "-rdynamic", "--stack", "65536", "--name", "task", "--color"]);
    zig.arg(if steps.is_terminal() { "on" } else { "off" });
    zig.arg(format!("-femit-bin={}", work.inside(&module).display()));
    // Each `--dep` is of the module that follows.
    zig.args(["--dep", "task", "--dep", "bugle"]);
    zig.arg(format!("-Mroot={}", sdk.join("entry.zig").display()));
    zig.args(["--dep", "bugle"]).arg(format!("-Mtask={}", work.relative_source().display()));
    zig.arg(format!("-Mbugle={}", sdk.join("bugle.zig").display()));
    run(&mut zig, "compiling", steps)?;
    Ok(module)
}
