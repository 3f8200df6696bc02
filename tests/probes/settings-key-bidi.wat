;;! about = "sets a setting whose name turns round and moves the cursor"
;;! attack = 27
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "user\e2\80\aenimda\1b[A")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $set
      (i32.const 64) (i32.const 15) (i32.const 3) (i64.const 64) (i32.const 15) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (i32.const 0)))
