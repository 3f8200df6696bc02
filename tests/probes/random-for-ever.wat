;;! about = "asks for 64 KiB of random bytes, as many as may be, again and again"
;;! attack = 22
;;! expect = "out-of-fuel"
;;! busy_with = "asking for random bytes"
;;! limits = "fuel=100000000"
;;! wall_ms_max = 5000
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:random/random@0.2.0" "get-random-bytes" (func $random (param i64 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $again
      (call $random (i64.const 65536) (i32.const 16))
      (br $again))
    (unreachable)))
