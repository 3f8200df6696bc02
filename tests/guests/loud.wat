;; Says everywhere what a terminal would obey: in its log, in a setting, in a toast, and, when four
;; bytes are pushed, in its error.
(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "text")
  ;; 30 bytes: clear the screen, set the title, turn the direction of the text, twice, go back to the
  ;; line's start, and a colour by an 8-bit control character.
  (data (i32.const 128) "\1b[2J\1b]0;owned\07\e2\80\aeevil\e2\81\a6\0d\c2\9b31m")
  ;; A toast: title and body are the text, and all else is empty or none.
  (data (i32.const 256) "\80\00\00\00\1e\00\00\00\80\00\00\00\1e\00\00\00")
  ;; An error: `failed` with the text.
  (data (i32.const 512) "\01\00\00\00\00\00\00\00\80\00\00\00\1e\00\00\00")
  (global $free (mut i32) (i32.const 4096))

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $free))
    (global.set $free
      (i32.and (i32.add (i32.add (local.get $at) (local.get 3)) (i32.const 7)) (i32.const -8)))
    (local.get $at))

  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64) (param $length i32) (param i32 i32 i32 i32 i32 i64) (result i32)
    (call $log (i32.const 4) (i32.const 128) (i32.const 30))
    (call $set (i32.const 64) (i32.const 4)
      (i32.const 3) (i64.const 128) (i32.const 30) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (call $show (i32.const 256) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    (if (result i32) (i32.eq (local.get $length) (i32.const 4))
      (then (i32.const 512))
      (else (i32.const 0)))))
