;;! about = "hands the host a text of 8 MiB"
;;! attack = 9
;;! expect = "limit-exceeded"
;;! limit = "host-call-bytes"
;;! used = "host-call-bytes=262144"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 129)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $log (i32.const 2) (i32.const 0) (i32.const 8388608))
    (i32.const 0)))
