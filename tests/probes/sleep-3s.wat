;;! about = "sleeps for 3 s of the run's own time, and none of the host's"
;;! attack = 15
;;! expect = "completed"
;;! used = "handles=1,grace-ms=0"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration"
    (func $subscribe (param i64) (result i32)))
  (import "wasi:clocks/wall-clock@0.2.0" "now" (func $wall (param i32)))
  (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop (param i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $start i64) (local $moment i32)
    (local.set $start (call $now))
    (call $wall (i32.const 32))
    (local.set $moment (call $subscribe (i64.const 3000000000)))
    (call $block (local.get $moment))
    (call $drop (local.get $moment))
    (call $wall (i32.const 48))
    ;; Both clocks are 3 s further, and hardly more.
    (if (i64.gt_u (i64.sub (i64.sub (call $now) (local.get $start)) (i64.const 3000000000))
        (i64.const 100000000)) (then (unreachable)))
    (if (i64.gt_u (i64.sub (i64.sub (i64.load (i32.const 48)) (i64.load (i32.const 32)))
        (i64.const 3)) (i64.const 1)) (then (unreachable)))
    (i32.const 0)))
