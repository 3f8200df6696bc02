;;! about = "writes a line in two parts to standard output, and half a line to standard error"
;;! attack = 11
;;! expect = "completed"
;;! log = "hello, world"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $stderr (result i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "hello, world\n")
  (data (i32.const 128) "oops")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $out i32)
    (local.set $out (call $stdout))
    (call $write (local.get $out) (i32.const 64) (i32.const 5) (i32.const 16))
    (call $write (call $stderr) (i32.const 128) (i32.const 4) (i32.const 24))
    (call $write (local.get $out) (i32.const 69) (i32.const 8) (i32.const 32))
    ;; All three were taken.
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (if (i32.load8_u (i32.const 24)) (then (unreachable)))
    (if (i32.load8_u (i32.const 32)) (then (unreachable)))
    (i32.const 0)))
