;;! about = "traps in its first call, and would loop for ever in a second one of the same instance"
;;! attack = 23
;;! expect = "trapped"
;;! message = "unreachable"
;;! pushes = 3
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (global $was_called (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (if (global.get $was_called) (then (loop $for_ever (br $for_ever))))
    (global.set $was_called (i32.const 1))
    (unreachable)))
