;;! about = "gives the host one place for everything: it gets what it deserves, and the host no harm"
;;! attack = 25
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/task-context@0.1.0" "random" (func $random (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $random (i32.const 4096) (i32.const 4096))
    (call $random (i32.const 4096) (i32.const 4096))
    (i32.const 0)))
