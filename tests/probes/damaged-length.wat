;;! about = "a good component whose first part says that it is longer than the file"
;;! attack = 17
;;! expect = "refused"
;;! refused = "damaged"
;;! damage = "length"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.const 0)))
