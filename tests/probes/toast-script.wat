;;! about = "shows a toast that a page would run as a script, and a notification server as markup"
;;! attack = 27
;;! expect = "completed"
;;! toasts = 1
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "</td><script>fetch('/push')</script><img src=x onerror=alert(1)>")
  (data (i32.const 256) "\40\00\00\00\40\00\00\00\40\00\00\00\40\00\00\00")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $show (i32.const 256) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (i32.const 0)))
