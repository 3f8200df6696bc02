;;! about = "imports a clock of a WASI that is not there"
;;! attack = 18
;;! expect = "refused"
;;! refused = "wasi:clocks/monotonic-clock@0.3.0"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:clocks/monotonic-clock@0.3.0" "now" (func $now (result i64)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (drop (call $now))
    (i32.const 0)))
