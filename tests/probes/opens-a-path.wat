;;! about = "opens a file by a way that leads out of every folder, with a handle that it was never given"
;;! attack = 19
;;! expect = "trapped"
;;! message = "handle"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.open-at"
    (func $open (param i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "../../../etc/passwd/")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (call $open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 20)
      (i32.const 0) (i32.const 1) (i32.const 16))
    (i32.const 0)))
