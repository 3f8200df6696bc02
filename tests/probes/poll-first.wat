;;! about = "waits for the first of two moments"
;;! attack = 15
;;! expect = "completed"
;;! used = "handles=2,host-call-bytes=8"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration"
    (func $subscribe (param i64) (result i32)))
  (import "wasi:io/poll@0.2.0" "poll" (func $poll (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.store (i32.const 64) (call $subscribe (i64.const 2000000000)))
    (i32.store (i32.const 68) (call $subscribe (i64.const 1000000000)))
    (call $poll (i32.const 64) (i32.const 2) (i32.const 16))
    ;; One is ready, the second; and less than 1.1 s has gone by.
    (if (i32.ne (i32.load (i32.const 20)) (i32.const 1)) (then (unreachable)))
    (if (i32.ne (i32.load (i32.load (i32.const 16))) (i32.const 1)) (then (unreachable)))
    (if (i64.gt_u (i64.sub (call $now) (i64.const 1000000000)) (i64.const 100000000))
      (then (unreachable)))
    (i32.const 0)))
