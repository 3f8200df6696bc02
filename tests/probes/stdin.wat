;;! about = "reads standard input, which is at its end"
;;! attack = 15
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:cli/stdin@0.2.0" "get-stdin" (func $stdin (result i32)))
  (import "wasi:io/streams@0.2.0" "[method]input-stream.blocking-read"
    (func $read (param i32 i64 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $read (call $stdin) (i64.const 100) (i32.const 16))
    ;; An error, and the error is `closed`.
    (if (i32.ne (i32.load8_u (i32.const 16)) (i32.const 1)) (then (unreachable)))
    (if (i32.ne (i32.load8_u (i32.const 20)) (i32.const 1)) (then (unreachable)))
    (i32.const 0)))
