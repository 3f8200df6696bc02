;;! about = "looks for variables, arguments and a folder to be in, and has none"
;;! attack = 20
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:cli/environment@0.2.0" "get-environment" (func $variables (param i32)))
  (import "wasi:cli/environment@0.2.0" "get-arguments" (func $arguments (param i32)))
  (import "wasi:cli/environment@0.2.0" "initial-cwd" (func $folder (param i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $variables (i32.const 16))
    (call $arguments (i32.const 24))
    (call $folder (i32.const 32))
    (if (i32.or (i32.load (i32.const 20)) (i32.load (i32.const 28))) (then (unreachable)))
    (if (i32.load8_u (i32.const 32)) (then (unreachable)))
    (i32.const 0)))
