;;! about = "loops in its start function, before there is a call to it"
;;! attack = 2
;;! expect = "out-of-fuel"
;;! wall_ms_max = 5000
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (func $start (loop $again (br $again)))
  (start $start)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.const 0)))
