;;! about = "fills its log in every run; a kept run has 64 KiB of it, and there are so many kept runs"
;;! attack = 32
;;! expect = "completed"
;;! pushes = 4
;;! used = "log-bytes=65536"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! disk_kib_max = 1280
;;! encode = "module"

(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $count i32)
    (loop $again
      (call $log (i32.const 2) (i32.const 65536) (i32.const 2048))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $count) (i32.const 40))))
    (i32.const 0)))
