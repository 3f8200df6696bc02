;;! about = "logs 16 random letters: the same for the same seed"
;;! attack = 22
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "wasi:random/random@0.2.0" "get-random-bytes"
    (func $random (param i64 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $from i32) (local $at i32)
    (call $random (i64.const 16) (i32.const 16))
    (local.set $from (i32.load (i32.const 16)))
    (loop $again
      (i32.store8 offset=64 (local.get $at) (i32.add (i32.const 0x61)
        (i32.and (i32.load8_u (i32.add (local.get $from) (local.get $at))) (i32.const 15))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 16))))
    (call $log (i32.const 2) (i32.const 64) (i32.const 16))
    (i32.const 0)))
