;;! about = "hands the host a list that says to have 2^28 entries, and has a few"
;;! attack = 10
;;! expect = "trapped"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.store (i32.const 132) (i32.const 1))
    (i32.store (i32.const 308) (i32.const 65536))
    (i32.store (i32.const 312) (i32.const 0x10000000))
    (call $show (i32.const 128) (i32.const 16))
    (i32.const 0)))
