;;! about = "names another app's settings by paths, as if they were containers of its own"
;;! attack = 28
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/local-settings@0.1.0" "get" (func $get (param i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "com.example.honest-0/hello")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $get (i32.const 64) (i32.const 26) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (if (i32.load8_u (i32.const 24)) (then (unreachable)))
    (i32.const 0)))
