;;! about = "takes all memory that it may have and writes to every byte of it, again and again"
;;! attack = 3
;;! expect = "out-of-fuel"
;;! busy_with = "filling all memory at once"
;;! limits = "fuel=100000000"
;;! wall_ms_max = 5000
;;! rss_mib_max = 64
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    ;; It is refused the last pages, which good tasks of other memories have.
    (loop $again
      (memory.fill
        (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536)))
      (br $again))
    (unreachable)))
