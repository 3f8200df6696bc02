;;! about = "takes memory page by page and writes to each, and begins again when there is no more"
;;! attack = 3
;;! expect = "out-of-fuel"
;;! busy_with = "growing and touching memory"
;;! limits = "fuel=100000000"
;;! wall_ms_max = 5000
;;! rss_mib_max = 64
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $at i32)
    (loop $again
      (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1))
        (then
          (i32.store (local.get $at) (i32.const 1))
          (local.set $at (i32.add (local.get $at) (i32.const 4096)))
          (if (i32.ge_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))
            (then (local.set $at (i32.const 0)))))
        (else
          (i32.store
            (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (i32.const 1))))
      (br $again))
    (unreachable)))
