;;! about = "writes 9,000 lines; what is over the limit is counted, and the run goes on"
;;! attack = 11
;;! expect = "completed"
;;! log = "flood"
;;! wall_ms_max = 1000
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "flood")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $left i32)
    (local.set $left (i32.const 9000))
    (loop $again
      (call $log (i32.const 2) (i32.const 64) (i32.const 5))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (i32.const 0)))
