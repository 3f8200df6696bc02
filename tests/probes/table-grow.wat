;;! about = "grows its table until the host says no, and cannot go on without"
;;! attack = 5
;;! expect = "limit-exceeded"
;;! limit = "table-elements"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (table 1 funcref)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $again
      (br_if $again
        (i32.ne (table.grow (ref.null func) (i32.const 1000)) (i32.const -1))))
    (unreachable)))
