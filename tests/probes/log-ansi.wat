;;! about = "writes to its log what clears a screen, sets a title and writes to a clipboard"
;;! attack = 27
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "\1b[2J\1b]0;own\07\1b]52;c;b3du\07\c2\9b5m\0d")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $log (i32.const 2) (i32.const 64) (i32.const 30))
    (i32.const 0)))
