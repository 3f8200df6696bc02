;;! about = "hands the host half of a character that takes two: UTF-16 may have it, UTF-8 may not"
;;! attack = 27
;;! expect = "trapped"
;;! message = "utf-8"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "\ed\a0\80")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $log (i32.const 2) (i32.const 64) (i32.const 3))
    (i32.const 0)))
