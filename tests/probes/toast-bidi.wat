;;! about = "shows a toast whose text turns round, is hidden, and has an end of file in it"
;;! attack = 27
;;! expect = "completed"
;;! toasts = 1
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (memory (export "memory") 2)
  ;; 24 bytes: a right-to-left override, an isolate, a zero-width space, a NUL, a line separator.
  (data (i32.const 64) "ab\e2\80\aedc\e2\81\a6e\e2\80\8bf\00g\e2\80\a8hijk")
  (data (i32.const 256) "\40\00\00\00\18\00\00\00\40\00\00\00\18\00\00\00")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $show (i32.const 256) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (i32.const 0)))
