;;! about = "times one loop a thousand times by its clock: were it the machine's, one time would differ"
;;! attack = 21
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "module"

(module
  (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (local $round i32) (local $start i64) (local $time i64) (local $count i32)
    (loop $again
      (local.set $start (call $now))
      (local.set $count (i32.const 1000))
      (loop $spin
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br_if $spin (local.get $count)))
      (local.set $start (i64.sub (call $now) (local.get $start)))
      (if (local.get $round)
        (then (if (i64.ne (local.get $start) (local.get $time)) (then (unreachable))))
        (else (local.set $time (local.get $start))))
      (local.set $round (i32.add (local.get $round) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $round) (i32.const 1000))))
    (i32.const 0)))
