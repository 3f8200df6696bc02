;;! about = "looks for the honest task's setting, then removes all settings and hides all toasts that it can reach"
;;! attack = 28
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/local-settings@0.1.0" "get" (func $get (param i32 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "clear" (func $clear (param i32 i32 i32)))
  (import "bugle:task/toasts@0.1.0" "hide" (func $hide (param i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "hello")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    ;; The honest task has set `hello`; here there is none.
    (call $get (i32.const 64) (i32.const 5) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (if (i32.load8_u (i32.const 24)) (then (unreachable)))
    ;; Not one goes.
    (call $clear (i32.const 0) (i32.const 0) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (if (i32.load (i32.const 20)) (then (unreachable)))
    (call $hide (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (i32.const 0)))
