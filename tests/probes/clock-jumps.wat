;;! about = "shows a toast, once a push, on hosts whose clocks jump by a year between them and by an hour within"
;;! attack = 31
;;! deed = "sets-the-clock"
;;! expect = "completed"
;;! toasts = 1
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (memory (export "memory") 2)
  ;; A toast is 192 bytes; all but its title is empty or none.
  (data (i32.const 64) "once")
  (data (i32.const 128) "\40\00\00\00\04\00\00\00")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $show (i32.const 128) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (i32.const 0)))
