;;! about = "an honest task, whose native code in the cache was damaged, cut, or is another's"
;;! attack = 29
;;! deed = "tampers-with-cache"
;;! expect = "completed"
;;! log = "mine"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "mine")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $log (i32.const 2) (i32.const 64) (i32.const 4))
    (i32.const 0)))
