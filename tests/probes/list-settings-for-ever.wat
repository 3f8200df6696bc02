;;! about = "sets as many settings as it may and lists them all, again and again"
;;! attack = 8
;;! expect = "out-of-fuel"
;;! busy_with = "listing 4,096 settings"
;;! wall_ms_max = 5000
;;! rss_mib_max = 32
;;! encode = "module"

(module
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "items"
    (func $items (param i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $count i32)
    ;; A name is four letters, and counts in base 16.
    (loop $more
      (i32.store (i32.const 64) (i32.add (i32.const 0x61616161)
        (i32.or
          (i32.or (i32.and (local.get $count) (i32.const 0xf))
            (i32.shl (i32.and (local.get $count) (i32.const 0xf0)) (i32.const 4)))
          (i32.shl (i32.and (local.get $count) (i32.const 0xf00)) (i32.const 8)))))
      (call $set
        (i32.const 64) (i32.const 4) (i32.const 0) (i64.const 1) (i32.const 0) (i32.const 16))
      (local.set $count (i32.add (local.get $count) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $count) (i32.const 4096))))
    (loop $again
      (call $items (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 256) (i32.const 16))
      (br $again))
    (unreachable)))
