;;! about = "40,000 variables of one function that are all in use to its end"
;;! attack = 16
;;! expect = "compile-limit"
;;! compile_seconds = 1
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
    ;;* 40000 (local i32)
    ;;* 40000 (local.set {n} (i32.load offset={n} (local.get 0)))
    ;;* 40000 (local.set 0 (i32.add (local.get 0) (local.get {n})))
    local.get 0)
)
