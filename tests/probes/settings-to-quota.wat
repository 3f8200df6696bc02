;;! about = "sets 256 KiB of settings in every run, until it is told that the app has as much as it may"
;;! attack = 32
;;! expect = "completed"
;;! pushes = 8
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! disk_kib_max = 1280
;;! encode = "module"

(module
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (import "bugle:task/task-context@0.1.0" "random" (func $random (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $count i32)
    ;; Names of their own for each run: eight random letters and one that counts.
    (call $random (i32.const 8) (i32.const 16))
    (i64.store (i32.const 64)
      (i64.or (i64.const 0x6161616161616161)
        (i64.and (i64.load (i32.load (i32.const 16))) (i64.const 0x0f0f0f0f0f0f0f0f))))
    (loop $again
      (i32.store8 (i32.const 72) (i32.add (i32.const 97) (local.get $count)))
      (call $set (i32.const 64) (i32.const 9)
        (i32.const 4) (i64.const 65536) (i32.const 8000) (i32.const 24))
      ;; The answers are `ok` and `quota-exceeded`: of the run's change, or of the app.
      (if (i32.load8_u (i32.const 24))
        (then (if (i32.ne (i32.load8_u (i32.const 28)) (i32.const 2)) (then (unreachable)))))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $count) (i32.const 25))))
    (i32.const 0)))
