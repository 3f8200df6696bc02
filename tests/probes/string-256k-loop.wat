;;! about = "hands the host a text of 256 KiB, as long as may be, again and again"
;;! attack = 9
;;! expect = "out-of-fuel"
;;! busy_with = "handing over the longest text"
;;! limits = "fuel=100000000"
;;! wall_ms_max = 5000
;;! rss_mib_max = 16
;;! disk_kib_max = 1280
;;! encode = "module"

(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 5)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $again
      (call $log (i32.const 2) (i32.const 0) (i32.const 262144))
      (br $again))
    (unreachable)))
