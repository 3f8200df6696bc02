;;! about = "imports a later patch of WASI 0.2 than the host knows, and only what it knows of it"
;;! attack = 18
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:random/insecure@0.2.99" "get-insecure-random-u64"
    (func $random (result i64)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (drop (call $random))
    (i32.const 0)))
