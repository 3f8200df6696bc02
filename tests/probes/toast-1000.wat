;;! about = "shows a thousand toasts; the limit is answered, and what was shown before it stays"
;;! attack = 13
;;! expect = "completed"
;;! toasts = 8
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
    (local $count i32) (local $shown i32)
    (loop $again
      (call $show (i32.const 128) (i32.const 16))
      (if (i32.load8_u (i32.const 16))
        ;; The answer is `too-many`.
        (then (if (i32.ne (i32.load8_u (i32.const 20)) (i32.const 1)) (then (unreachable))))
        (else (local.set $shown (i32.add (local.get $shown) (i32.const 1)))))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $count) (i32.const 1000))))
    (if (i32.ne (local.get $shown) (i32.const 8)) (then (unreachable)))
    (i32.const 0)))
