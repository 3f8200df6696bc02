;;! about = "imports the log of a version that is not there"
;;! attack = 18
;;! expect = "refused"
;;! refused = "bugle:task/log@0.9.0"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/log@0.9.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $log (i32.const 0) (i32.const 0) (i32.const 0))
    (i32.const 0)))
