;;! about = "sets settings until it is told that there are too many, and goes on"
;;! attack = 12
;;! expect = "completed"
;;! wall_ms_max = 2000
;;! rss_mib_max = 16
;;! disk_kib_max = 768
;;! encode = "module"

(module
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $count i32)
    ;; A name is four letters, and counts in base 16.
    (loop $again
      (i32.store (i32.const 64) (i32.add (i32.const 0x61616161)
        (i32.or
          (i32.or (i32.and (local.get $count) (i32.const 0xf))
            (i32.shl (i32.and (local.get $count) (i32.const 0xf0)) (i32.const 4)))
          (i32.or (i32.shl (i32.and (local.get $count) (i32.const 0xf00)) (i32.const 8))
            (i32.shl (i32.and (local.get $count) (i32.const 0xf000)) (i32.const 12))))))
      (call $set
        (i32.const 64) (i32.const 4) (i32.const 0) (i64.const 1) (i32.const 0) (i32.const 16))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $again (i32.eqz (i32.load8_u (i32.const 16)))))
    ;; The one over 4,096 was answered with `too-many`.
    (if (i32.ne (local.get $count) (i32.const 4097)) (then (unreachable)))
    (if (i32.ne (i32.load8_u (i32.const 20)) (i32.const 3)) (then (unreachable)))
    (i32.const 0)))
