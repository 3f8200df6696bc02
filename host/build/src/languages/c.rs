//! C and C++, by zig's clang, whose libraries come with it. The bindings have the contract in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bugle_toolchain::Zig;

use super::Work;
use crate::error::at;
use crate::steps::{Steps, run};
use crate::{BuildError, Language, bindings};

/// The stack of a task. zig's driver would take 16 MiB, which every run would have to clear.
const STACK_BYTES: &str = "65536";

/// A task throws nothing: what a library throws ends it, and the SDK says so in the log.
const CPP: [&str; 3] = ["-std=c++23", "-fno-exceptions", "-fno-rtti"];

pub(super) fn compile(
    work: &Work<'_>,
    tools: &Zig,
    steps: &mut dyn Steps,
) -> Result<PathBuf, BuildError> {
    let source = work.source()?;
    let made = work.layout.bindings();
    bindings::write_c(&made)?;
    let sdk = work.layout.sdk(work.language).join("src");
    let own = source.parent().unwrap_or(work.folder);
    let mut c = sources(&sdk, "c")?;
    c.push(made.join("background_task.c"));
    c.extend(sources(own, "c")?);
    let module = work.layout.output().join("task.core.wasm");
    let mut zig = tools.zig();
    zig.current_dir(work.folder);
    zig.env("ZIG_LOCAL_CACHE_DIR", work.inside(&work.layout.output().join("zig")));
    // A reactor has no main: constructors run, then the task.
    zig.args(["build-exe", "-target", "wasm32-wasi", "-O", "ReleaseSmall", "-fno-strip"]);
    zig.args(["-mexec-model=reactor", "--stack", STACK_BYTES, "--name", "task", "-lc", "--color"]);
    zig.arg(if steps.is_terminal() { "on" } else { "off" });
    zig.arg(format!("-femit-bin={}", work.inside(&module).display()));
    add(&mut zig, work, &["-std=c11"], &c);
    if work.language == Language::Cpp {
        let mut cpp = sources(&sdk, "cpp")?;
        cpp.extend(sources(own, "cpp")?);
        zig.arg("-lc++");
        add(&mut zig, work, &CPP, &cpp);
    }
    zig.arg(work.inside(&made.join("background_task_component_type.o")));
    run(&mut zig, "compiling", steps)?;
    Ok(module)
}

/// Adds sources with the flags of their language, which hold up to the next ones.
fn add(zig: &mut Command, work: &Work<'_>, flags: &[&str], sources: &[PathBuf]) {
    zig.arg("-cflags").args(flags).args(["-Wall", "-Wextra"]);
    for include in [work.layout.sdk(work.language).join("include"), work.layout.bindings()] {
        zig.arg(format!("-I{}", work.inside(&include).display()));
    }
    zig.arg("--").args(sources.iter().map(|path| work.inside(path)));
}

/// The sources in a folder, in the order of their names, so that the result is always the same.
fn sources(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, BuildError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.extension().is_some_and(|of| of == ending) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
