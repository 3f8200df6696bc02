;;! about = "gives the host a place for a list of pairs that is not where such a list may begin"
;;! attack = 25
;;! expect = "trapped"
;;! message = "aligned"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:io/poll@0.2.0" "poll" (func $poll (param i32 i32 i32)))
  (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration"
    (func $subscribe (param i64) (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4097))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.store (i32.const 64) (call $subscribe (i64.const 1)))
    (call $poll (i32.const 64) (i32.const 1) (i32.const 16))
    (i32.const 0)))
