;;! about = "reads its clock for ever, as who counts by it would; calls are counted"
;;! attack = 21
;;! expect = "limit-exceeded"
;;! limit = "host-calls"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $again
      (drop (call $now))
      (br $again))
    (unreachable)))
