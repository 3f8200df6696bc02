;;! about = "hands the host a list of 5,000 empty entries, again and again"
;;! attack = 10
;;! expect = "out-of-fuel"
;;! busy_with = "handing over a long list"
;;! wall_ms_max = 5000
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (memory (export "memory") 4)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.store (i32.const 132) (i32.const 1))
    (i32.store (i32.const 308) (i32.const 65536))
    (i32.store (i32.const 312) (i32.const 5000))
    (loop $again
      (call $show (i32.const 128) (i32.const 16))
      (br $again))
    (unreachable)))
