//! AssemblyScript: the SDK's entry has the exports, and its transform gives them the contract's names.

use std::path::PathBuf;

use bugle_toolchain::AssemblyScript;

use super::Work;
use crate::BuildError;
use crate::steps::{Steps, run};

pub(super) fn compile(
    work: &Work<'_>,
    tools: &AssemblyScript,
    steps: &mut dyn Steps,
) -> Result<PathBuf, BuildError> {
    work.source()?;
    let module = work.layout.output().join("task.core.wasm");
    let sdk = work.inside(&work.layout.sdk(work.language));
    let mut asc = tools.asc();
    asc.current_dir(work.folder).arg(sdk.join("entry.ts")).arg(work.relative_source());
    asc.arg("--path").arg(&sdk);
    // An instance lives for one run, so that nothing is freed; an abort is told in the log.
    asc.args(["-O3", "--runtime", "stub", "--use", "abort=~lib/bugle/abort/abort", "--debug"]);
    // Without its `./` the transform would be taken for a package.
    asc.arg("--transform").arg(format!("./{}", sdk.join("transform.mjs").display()));
    asc.arg(if steps.is_terminal() { "--colors" } else { "--noColors" });
    asc.arg("-o").arg(work.inside(&module));
    run(&mut asc, "compiling", steps)?;
    Ok(module)
}
