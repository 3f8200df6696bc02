;;! about = "4,096 hints that are all the same 64 KiB: 256 MiB for the host, out of 192 KiB"
;;! attack = 10
;;! expect = "limit-exceeded"
;;! limit = "host-call-bytes"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (memory (export "memory") 3)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $at i32)
    ;; Pairs of 16 bytes: a name of 1 byte and a value of 64 KiB.
    (loop $again
      (i32.store offset=65540 (local.get $at) (i32.const 1))
      (i32.store offset=65544 (local.get $at) (i32.const 131072))
      (i32.store offset=65548 (local.get $at) (i32.const 65536))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 65536))))
    ;; A toast's title is at 0, its hints at 180.
    (i32.store offset=4 (i32.const 128) (i32.const 1))
    (i32.store offset=180 (i32.const 128) (i32.const 65536))
    (i32.store offset=184 (i32.const 128) (i32.const 4096))
    (call $show (i32.const 128) (i32.const 16))
    (i32.const 0)))
