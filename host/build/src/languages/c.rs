//! C and C++, by zig's clang, whose C library comes with it. The bindings have the contract in them.

use std::fs;
use std::path::{Path, PathBuf};

use bugle_toolchain::Zig;

use super::Work;
use crate::error::at;
use crate::steps::{Steps, run};
use crate::{BuildError, Language, bindings};

/// The stack of a task. zig's driver would take 16 MiB, which every run would have to clear.
const STACK_BYTES: u32 = 64 * 1024;

pub(super) fn compile(
    work: &Work<'_>,
    tools: &Zig,
    steps: &mut dyn Steps,
) -> Result<PathBuf, BuildError> {
    let source = work.source()?;
    let made = work.layout.bindings();
    bindings::write_c(&made)?;
    let sdk = work.layout.sdk(work.language);
    let is_cpp = work.language == Language::Cpp;
    let module = work.layout.output().join("task.core.wasm");
    // The SDK and the bindings are C in both languages.
    let mut c_sources = sources(&sdk.join("src"), &["c"])?;
    c_sources.push(made.join("background_task.c"));
    let own = sources(source.parent().unwrap_or(work.folder), &["c", "cc", "cpp", "cxx"])?;
    let is_c = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "c");
    let (own_c, own_cpp): (Vec<_>, Vec<_>) = own.into_iter().partition(is_c);
    c_sources.extend(own_c);
    let mut objects = Vec::new();
    if is_cpp {
        objects = self::objects(work, tools, &c_sources, steps)?;
    }
    let mut zig = tools.zig();
    zig.current_dir(work.folder).arg(if is_cpp { "c++" } else { "cc" });
    options(&mut zig, work, is_cpp, steps);
    let inputs: &[PathBuf] = if is_cpp { &own_cpp } else { &c_sources };
    zig.args(inputs.iter().map(|path| work.inside(path)));
    zig.args(&objects).arg(work.inside(&made.join("background_task_component_type.o")));
    zig.arg("-mexec-model=reactor").arg(format!("-Wl,-z,stack-size={STACK_BYTES}"));
    zig.arg("-o").arg(work.inside(&module));
    run(&mut zig, "compiling", steps)?;
    Ok(module)
}

fn options(zig: &mut std::process::Command, work: &Work<'_>, is_cpp: bool, steps: &dyn Steps) {
    // No main: a constructor runs, then the task.
    zig.args(["-target", "wasm32-wasi", "-Os", "-g", "-Wall", "-Wextra"]);
    if is_cpp {
        zig.args(["-std=c++20", "-fno-exceptions", "-fno-rtti"]);
    } else {
        zig.arg("-std=c11");
    }
    zig.arg(if steps.is_terminal() { "-fcolor-diagnostics" } else { "-fno-color-diagnostics" });
    for include in [work.layout.sdk(work.language).join("include"), work.layout.bindings()] {
        zig.arg("-I").arg(work.inside(&include));
    }
    zig.env("ZIG_LOCAL_CACHE_DIR", work.inside(&work.layout.output().join("zig")));
}

/// Compiles C for a task in C++, one file at a time: the driver for C++ would take it for C++.
fn objects(
    work: &Work<'_>,
    tools: &Zig,
    sources: &[PathBuf],
    steps: &mut dyn Steps,
) -> Result<Vec<PathBuf>, BuildError> {
    let mut objects = Vec::new();
    for source in sources {
        let name = source.file_stem().unwrap_or_default().to_string_lossy();
        let object = work.inside(&work.layout.output().join(format!("{name}.o")));
        let mut zig = tools.zig();
        zig.current_dir(work.folder).args(["cc", "-c"]).arg(work.inside(source));
        options(&mut zig, work, false, steps);
        zig.arg("-o").arg(&object);
        run(&mut zig, "compiling the SDK", steps)?;
        objects.push(object);
    }
    Ok(objects)
}

/// The sources in a folder, in the order of their names, so that the result is always the same.
fn sources(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, BuildError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        if endings.contains(&&*ending) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
