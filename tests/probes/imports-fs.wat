;;! about = "looks for folders, and has none"
;;! attack = 19
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:filesystem/preopens@0.2.0" "get-directories"
    (func $folders (param i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $folders (i32.const 16))
    (if (i32.load (i32.const 20)) (then (unreachable)))
    (i32.const 0)))
