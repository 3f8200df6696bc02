//! Compilation in a child process, held to its limits.

use std::time::{Duration, Instant};

use bugle::Compiler;
use bugle_sandbox::{Allocation, CompileError, CompileLimits, Sandbox};
use bugle_tests::program;

/// A component of one long straight function: small to send, long to compile.
fn bomb(operations: usize) -> anyhow::Result<Vec<u8>> {
    let body = "(local.set 0 (i32.add (local.get 0) (i32.const 3)))".repeat(operations);
    let text = format!("(component (core module (func (local i32) {body})))");
    Ok(wat::parse_str(text)?)
}

fn compile(
    operations: usize,
    limits: CompileLimits,
) -> anyhow::Result<Result<Vec<u8>, CompileError>> {
    let sandbox = Sandbox::new(Allocation::OnDemand)?;
    let compiler =
        Compiler::Child { program: program::path()?, args: vec!["compile-component".into()] };
    Ok(compiler.compile(&sandbox, &bomb(operations)?, &limits))
}

#[test]
fn a_child_that_compiles_for_too_long_dies() -> anyhow::Result<()> {
    let started = Instant::now();
    let limits = CompileLimits { cpu_seconds: 1, ..CompileLimits::default() };
    // Takes some ten times as long.
    let compiled = compile(500_000, limits)?;
    let is_refused = matches!(compiled, Err(CompileError::LimitReached("processor time")));
    assert!(is_refused, "{:?}", compiled.map(|code| code.len()));
    assert!(started.elapsed() < Duration::from_secs(30), "it did not wait for the end");
    Ok(())
}

#[test]
fn a_child_that_takes_too_much_memory_dies() -> anyhow::Result<()> {
    // Enough to begin with; a function of this length takes 118 MiB for each megabyte.
    let limits = CompileLimits { memory_bytes: 192 * 1024 * 1024, ..CompileLimits::default() };
    let compiled = compile(500_000, limits)?;
    let is_refused = matches!(compiled, Err(CompileError::LimitReached("memory")));
    assert!(is_refused, "{:?}", compiled.map(|code| code.len()));
    Ok(())
}

#[test]
fn a_child_that_takes_too_long_in_real_time_is_ended() -> anyhow::Result<()> {
    let limits = CompileLimits { wall: Duration::from_millis(200), ..CompileLimits::default() };
    let compiled = compile(100_000, limits)?;
    let is_refused = matches!(compiled, Err(CompileError::LimitReached("real time")));
    assert!(is_refused, "{:?}", compiled.map(|code| code.len()));
    Ok(())
}

#[test]
fn native_code_that_is_too_large_is_not_taken() -> anyhow::Result<()> {
    let limits = CompileLimits { artifact_bytes: 1_000, ..CompileLimits::default() };
    let compiled = compile(100_000, limits)?;
    let is_refused = matches!(compiled, Err(CompileError::LimitReached(_)));
    assert!(is_refused, "{:?}", compiled.map(|code| code.len()));
    Ok(())
}
