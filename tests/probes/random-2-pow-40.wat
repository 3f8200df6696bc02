;;! about = "asks for 2^40 random bytes"
;;! attack = 22
;;! expect = "trapped"
;;! message = "random bytes"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:random/random@0.2.0" "get-random-bytes"
    (func $random (param i64 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $random (i64.const 1099511627776) (i32.const 16))
    (i32.const 0)))
