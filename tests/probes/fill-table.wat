;;! about = "takes all table elements that it may have and writes to each of them, again and again"
;;! attack = 5
;;! expect = "out-of-fuel"
;;! busy_with = "filling and copying a whole table"
;;! limits = "fuel=100000000"
;;! wall_ms_max = 5000
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (table 1 funcref)
  (func $one)
  (elem declare func $one)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (loop $more (br_if $more (i32.ne (table.grow (ref.null func) (i32.const 1)) (i32.const -1))))
    (loop $again
      (table.fill (i32.const 0) (ref.func $one) (table.size))
      (table.copy (i32.const 0) (i32.const 1) (i32.sub (table.size) (i32.const 1)))
      (br $again))
    (unreachable)))
