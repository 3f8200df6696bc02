//! A core module as it is after its start: what `bugle build` makes of a Go program.

use bugle_sandbox::snapshot;
use wasmtime::{Engine, Linker, Module, Store};

/// Prints, and leaves something in a global, in its memory, and in memory that it takes.
const STARTS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1 4)
    (global $step (mut i64) (i64.const -1))
    (global $fixed f64 (f64.const 0.5))
    (data (i32.const 64) "hello\n")
    (func (export "_initialize")
        (i64.store (i32.const 0) (i64.const 0x6_0000_0040))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (drop (memory.grow (i32.const 1)))
        (i64.store (i32.const 131064) (i64.const 40))
        (global.set $step (i64.add (global.get $step) (i64.const 3))))
    (func (export "answer") (result i64)
        (i64.add (global.get $step) (i64.load (i32.const 131064)))))"#;

fn module(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the text is a module")
}

#[test]
fn what_a_start_left_is_there_without_it() {
    let made = snapshot(&module(STARTS)).expect("the module starts");
    assert_eq!(made.printed, "hello\n");

    let engine = Engine::default();
    let module = Module::new(&engine, &made.module).expect("the snapshot is a module");
    assert!(module.exports().all(|export| export.name() != "_initialize"));
    let (mut store, mut linker) = (Store::new(&engine, ()), Linker::new(&engine));
    linker.define_unknown_imports_as_traps(&module).expect("it imports one function");
    let instance = linker.instantiate(&mut store, &module).expect("the snapshot starts");
    let answer = instance.get_typed_func::<(), i64>(&mut store, "answer").expect("it is there");
    assert_eq!(answer.call(&mut store, ()).expect("it answers"), 42);
}

#[test]
fn a_module_without_a_start_stays_as_it_is() {
    let plain = module(r#"(module (memory (export "memory") 1))"#);
    assert_eq!(snapshot(&plain).expect("there is nothing to do").module, plain);
}

#[test]
fn what_cannot_be_kept_is_refused_and_a_start_that_fails_says_how() {
    let with = |rest: &str| {
        let start = r#"(memory (export "memory") 1) (func (export "_initialize")"#;
        snapshot(&module(&format!("(module {rest} {start} unreachable))"))).expect_err("it fails")
    };
    assert_eq!(with("").code(), "snapshot-start");
    for rest in [r#"(data "x")"#, "(global (mut externref) (ref.null extern))", "(memory 1)"] {
        let error = with(rest);
        assert_eq!(error.code(), "snapshot-unsupported", "{error}");
        assert!(error.to_string().contains("build it without a snapshot"), "{error}");
    }
    assert_eq!(snapshot(b"no module").expect_err("it is text").code(), "snapshot-invalid");
}
