;;! about = "sets the honest task's setting to another value and shows a toast with its words"
;;! attack = 28
;;! expect = "completed"
;;! toasts = 1
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "hello")
  (data (i32.const 128) "\40\00\00\00\05\00\00\00")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $set
      (i32.const 64) (i32.const 5) (i32.const 1) (i64.const 666) (i32.const 0) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (call $show (i32.const 128) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (i32.const 0)))
