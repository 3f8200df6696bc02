;;! about = "imports the network"
;;! attack = 18
;;! expect = "refused"
;;! refused = "wasi:sockets/"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:sockets/instance-network@0.2.0" "instance-network"
    (func $network (result i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (drop (call $network))
    (i32.const 0)))
