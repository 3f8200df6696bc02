;;! about = "returns ok and traps when the host cleans up: none of its effects count"
;;! attack = 24
;;! expect = "trapped"
;;! toasts = 0
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "x")
  (data (i32.const 128) "\40\00\00\00\01\00\00\00")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $show (i32.const 128) (i32.const 16))
    (i32.const 0))
  (func (export "cabi_post_bugle:task/entry@0.1.0#run") (param i32)
    (unreachable)))
