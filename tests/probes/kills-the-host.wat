;;! about = "runs until fuel ends it, if the host lives so long: it is killed each time the task runs"
;;! attack = 30
;;! deed = "kills-the-host"
;;! expect = "out-of-fuel"
;;! wall_ms_max = 5000
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $again (br $again))
    (unreachable)))
