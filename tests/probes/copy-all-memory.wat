;;! about = "copies half of all memory that it may have onto the other half, again and again"
;;! attack = 3
;;! expect = "out-of-fuel"
;;! busy_with = "copying half of all memory at once"
;;! limits = "fuel=100000000"
;;! wall_ms_max = 5000
;;! rss_mib_max = 64
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $half i32)
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (local.set $half (i32.mul (memory.size) (i32.const 32768)))
    (loop $again
      (memory.copy (local.get $half) (i32.const 0) (local.get $half))
      (br $again))
    (unreachable)))
