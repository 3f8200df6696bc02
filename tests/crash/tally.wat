;; The task of the crash test. A push is
;;
;;   8 bytes: the path of a setting, to whose bytes the push's number is added
;;   4 bytes: the push's number
;;   the rest: the title of a toast, if there is any
;;
;; What it does, in this order, so that half of it would show: adds to the bytes; computes for about
;; as long as a commit takes; counts itself in the setting `count`, on the badge, and as a toast.
(module
  (import "bugle:task/local-settings@0.1.0" "get" (func $get (param i32 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (import "bugle:task/badge@0.1.0" "set" (func $badge (param i32 i32)))
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (memory (export "memory") 4)
  (data (i32.const 64) "count")
  ;; 256: an answer of the host. 512: a toast of 192 bytes, of which only the title is set.
  ;; 65,536: the bytes as they will be. 131,072 and on: what the host hands over.
  (global $free (mut i32) (i32.const 131072))

  ;; Never frees: an instance runs once.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $free))
    (global.set $free
      (i32.and (i32.add (i32.add (local.get $at) (local.get 3)) (i32.const 7)) (i32.const -8)))
    (local.get $at))

  ;; Traps if the answer at 256 is an error.
  (func $check (if (i32.load8_u (i32.const 256)) (then (unreachable))))

  (func $add (param $push i32)
    (local $length i32)
    (call $get (local.get $push) (i32.const 8) (i32.const 256))
    (call $check)
    (if (i32.load8_u (i32.const 264))
      (then
        (local.set $length (i32.load (i32.const 284)))
        (memory.copy (i32.const 65536) (i32.load (i32.const 280)) (local.get $length))))
    (i32.store offset=65536 (local.get $length) (i32.load offset=8 (local.get $push)))
    (call $set (local.get $push) (i32.const 8)
      (i32.const 4) (i64.const 65536) (i32.add (local.get $length) (i32.const 4)) (i32.const 256))
    (call $check))

  (func $compute
    (local $left i32)
    (local.set $left (i32.const 100000))
    (loop $again
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left))))

  (func $count
    (local $count i64)
    (call $get (i32.const 64) (i32.const 5) (i32.const 256))
    (call $check)
    (if (i32.load8_u (i32.const 264)) (then (local.set $count (i64.load (i32.const 280)))))
    (local.set $count (i64.add (local.get $count) (i64.const 1)))
    (call $set (i32.const 64) (i32.const 5)
      (i32.const 1) (local.get $count) (i32.const 0) (i32.const 256))
    (call $check)
    (call $badge (i32.const 0) (i32.wrap_i64 (local.get $count))))

  (func $toast (param $title i32) (param $length i32)
    (i32.store (i32.const 512) (local.get $title))
    (i32.store (i32.const 516) (local.get $length))
    (call $show (i32.const 512) (i32.const 256))
    (call $check))

  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32) (param $content i64) (param $length i32)
    (param i32 i32 i32 i32 i32 i64) (result i32)
    (local $push i32)
    (local.set $push (i32.wrap_i64 (local.get $content)))
    (call $add (local.get $push))
    (call $compute)
    (call $count)
    (if (i32.gt_u (local.get $length) (i32.const 12))
      (then
        (call $toast
          (i32.add (local.get $push) (i32.const 12))
          (i32.sub (local.get $length) (i32.const 12)))))
    (i32.const 0)))
