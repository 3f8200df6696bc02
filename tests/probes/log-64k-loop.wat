;;! about = "makes the host copy 64 KiB at four units a call, unless the host takes fuel for it"
;;! attack = 8
;;! expect = "out-of-fuel"
;;! used = "host-call-bytes=65536,log-line-bytes=2048,log-bytes=65536"
;;! wall_ms_max = 5000
;;! rss_mib_max = 16
;;! disk_kib_max = 1280
;;! encode = "module"

(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $again
      (call $log (i32.const 2) (i32.const 0) (i32.const 65536))
      (br $again))
    (unreachable)))
