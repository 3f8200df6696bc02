;;! about = "opens standard input for ever and closes nothing"
;;! attack = 14
;;! expect = "limit-exceeded"
;;! limit = "handles"
;;! used = "handles=256,host-call-bytes=0"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:cli/stdin@0.2.0" "get-stdin" (func $stdin (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $again
      (drop (call $stdin))
      (br $again))
    (unreachable)))
