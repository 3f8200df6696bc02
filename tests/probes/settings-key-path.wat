;;! about = "sets settings under names that mean a folder above to a file system"
;;! attack = 27
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "../../bugle.db\27;--")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $set
      (i32.const 64) (i32.const 17) (i32.const 1) (i64.const 1) (i32.const 0) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    ;; A name that is empty is none, so that nothing begins at a root.
    (call $set
      (i32.const 66) (i32.const 15) (i32.const 1) (i64.const 1) (i32.const 0) (i32.const 16))
    (if (i32.eqz (i32.load8_u (i32.const 16))) (then (unreachable)))
    (i32.const 0)))
