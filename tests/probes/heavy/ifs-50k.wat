;;! about = "50,000 branches in one function"
;;! attack = 16
;;! expect = "compile-limit"
;;! compile_mib = 192
;;! is_long = true
;;! wall_ms_max = 500
;;! rss_mib_max = 64
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.const 0))
  (func (param i32) (result i32)
    ;;* 50000 (if (local.get 0) (then (local.set 0 (i32.const {n}))))
    local.get 0)
)
