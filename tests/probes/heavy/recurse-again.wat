;;! about = "recurses a thousand deep and comes back, again and again"
;;! attack = 6
;;! expect = "out-of-fuel"
;;! busy_with = "recursing"
;;! limits = "fuel=100000000"
;;! wall_ms_max = 5000
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (func $down (param $depth i32) (result i32)
    (if (result i32) (local.get $depth)
      (then (i32.add (call $down (i32.sub (local.get $depth) (i32.const 1))) (i32.const 1)))
      (else (i32.const 0))))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $again
      (drop (call $down (i32.const 1000)))
      (br $again))
    (unreachable)))
