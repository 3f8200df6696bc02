;; What QuickJS asks of WASI in a run, by what the contract has. Whatever else it could ask for is a
;; trap: it has no files, and its randomness was drawn when the snapshot was taken.
(module
  (import "bugle:task/task-context@0.1.0" "now" (func $now (result i64)))
  (import "bugle:task/log@0.1.0" "write" (func $write (param i32 i32 i32)))
  (import "env" "memory" (memory 0))

  ;; A `datetime`: seconds, and nanoseconds of the next one.
  (func (export "wasi:clocks/wall-clock#now") (param $into i32)
    (local $ms i64)
    (local.set $ms (call $now))
    (i64.store (local.get $into) (i64.div_u (local.get $ms) (i64.const 1000)))
    (i32.store offset=8 (local.get $into)
      (i32.mul
        (i32.wrap_i64 (i64.rem_u (local.get $ms) (i64.const 1000)))
        (i32.const 1000000))))

  ;; The same clock, in nanoseconds.
  (func (export "wasi:clocks/monotonic-clock#now") (result i64)
    (i64.mul (call $now) (i64.const 1000000)))

  ;; Before it traps, the engine writes to standard error why: to the log, that is. First it asks for
  ;; its environment, which is empty, for all streams, and whether they are terminals.
  (func (export "wasi:cli/environment#get-environment") (param $into i32)
    (i64.store (local.get $into) (i64.const 0)))
  (func (export "wasi:cli/stdin#get-stdin") (result i32) (i32.const 1))
  (func (export "wasi:cli/stdout#get-stdout") (result i32) (i32.const 2))
  (func (export "wasi:cli/stderr#get-stderr") (result i32) (i32.const 3))
  (func $none (param $into i32) (i32.store8 (local.get $into) (i32.const 0)))
  (export "wasi:cli/terminal-stdin#get-terminal-stdin" (func $none))
  (export "wasi:cli/terminal-stdout#get-terminal-stdout" (func $none))
  (export "wasi:cli/terminal-stderr#get-terminal-stderr" (func $none))
  (func (export "wasi:io/streams#[method]output-stream.check-write")
    (param $stream i32) (param $into i32)
    (i32.store8 (local.get $into) (i32.const 0))
    (i64.store offset=8 (local.get $into) (i64.const 4096)))
  (func (export "wasi:io/streams#[method]output-stream.write")
    (param $stream i32) (param $text i32) (param $bytes i32) (param $into i32)
    (call $write (i32.const 4 (; error ;)) (local.get $text) (local.get $bytes))
    (i32.store8 (local.get $into) (i32.const 0)))
  (func (export "wasi:io/streams#[method]output-stream.blocking-flush")
    (param $stream i32) (param $into i32)
    (i32.store8 (local.get $into) (i32.const 0))))
