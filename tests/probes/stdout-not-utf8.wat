;;! about = "writes bytes to standard output that are no text; the log has what is none replaced"
;;! attack = 27
;;! expect = "completed"
;;! log = "a�� b"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "a\ff\fe b\0a")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $write (call $stdout) (i32.const 64) (i32.const 5) (i32.const 16))
    (i32.const 0)))
