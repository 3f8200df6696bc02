;;! about = "has data for a place that is outside of its memory"
;;! attack = 2
;;! expect = "trapped"
;;! message = "out of bounds"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (data (i32.const 131071) "xx")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.const 0)))
