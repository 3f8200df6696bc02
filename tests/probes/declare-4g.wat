;;! about = "declares 4 GiB of memory"
;;! attack = 3
;;! expect = "refused"
;;! refused = "memory-bytes"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (memory (export "memory") 65536)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.const 0)))
