;;! about = "traps unless its memory, table and global are new, then fills them for the next"
;;! attack = 23
;;! expect = "completed"
;;! wall_ms_max = 500
;;! rss_mib_max = 32
;;! encode = "module"

(module
  (memory (export "memory") 16)
  (table $table 64 funcref)
  (global $global (mut i64) (i64.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  ;; Looks before the host writes the trigger into the memory.
  (func $start
    (local $at i32)
    (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable)))
    (loop $again
      (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (unreachable)))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 0x200000))))
    (local.set $at (i32.const 0))
    (loop $again
      (if (i32.eqz (ref.is_null (table.get $table (local.get $at)))) (then (unreachable)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 64))))
    (if (i64.ne (global.get $global) (i64.const 0)) (then (unreachable))))
  (start $start)
  (elem declare func $start)
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    ;; The first bytes stay: they are the answer.
    (memory.fill (i32.const 8) (i32.const 0xaa) (i32.const 0x1ffff8))
    (table.fill $table (i32.const 0) (ref.func $start) (i32.const 64))
    (global.set $global (i64.const 0xaaaaaaaa))
    (i32.const 0)))
