;;! about = "sets one setting for ever; calls are counted"
;;! attack = 8
;;! expect = "limit-exceeded"
;;! limit = "host-calls"
;;! used = "host-calls=10000,setting-value-bytes=8"
;;! wall_ms_max = 2000
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "k")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $again
      (call $set
        (i32.const 64) (i32.const 1) (i32.const 0) (i64.const 1) (i32.const 0) (i32.const 16))
      (br $again))
    (unreachable)))
