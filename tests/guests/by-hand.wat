;; A task by hand: counts pushes, and shows what each of them says.
(module
  ;; A text is a pointer and a length. What comes back and is more than one number is written where the
  ;; last argument points.
  (import "bugle:task/log@0.1.0" "write" (func $log (param $level i32) (param $text i32) (param $len i32)))
  (import "bugle:task/local-settings@0.1.0" "get"
    (func $get (param $path i32) (param $len i32) (param $answer i32)))
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param $path i32) (param $len i32)
      (param $case i32) (param $number i64) (param $unused i32) (param $answer i32)))
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param $toast i32) (param $answer i32)))

  (memory (export "memory") 2)
  (data (i32.const 16) "unread")
  (data (i32.const 32) "New message")
  ;; 256: an answer of the host. 512: a toast of 192 bytes, all zeros but its title and its body.
  (data (i32.const 512) "\20\00\00\00\0b\00\00\00")

  ;; The host asks for memory to write the trigger into, and the task never gives any back: it ends.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  ;; A trigger is the number of its case, and then the fields of that case. Of `raw-notification`, case
  ;; 0, these are the channel (text), the content (bytes), and what is not used here.
  (func (export "bugle:task/entry@0.1.0#run")
    (param $case i32) (param $channel i32) (param $channel_len i32)
    (param $content i64) (param $content_len i32)
    (param i32 i32 i32 i32 i32 i64) (result i32)
    (local $unread i64)
    ;; result<option<value>, error>: 0 is `ok`; 8 bytes on, 1 is `some`; 8 on, the value's case, where 1
    ;; is `integer`; 8 on, the number.
    (call $get (i32.const 16) (i32.const 6) (i32.const 256))
    (if (i32.load8_u (i32.const 256)) (then (unreachable)))
    (if (i32.load8_u (i32.const 264))
      (then (local.set $unread (i64.load (i32.const 280)))))
    (call $set (i32.const 16) (i32.const 6)
      (i32.const 1) (i64.add (local.get $unread) (i64.const 1)) (i32.const 0) (i32.const 256))
    (if (i32.load8_u (i32.const 256)) (then (unreachable)))
    ;; The toast's body is the content.
    (i32.store (i32.const 520) (i32.wrap_i64 (local.get $content)))
    (i32.store (i32.const 524) (local.get $content_len))
    (call $show (i32.const 512) (i32.const 256))
    (if (i32.load8_u (i32.const 256)) (then (unreachable)))
    ;; 2 is `info`.
    (call $log (i32.const 2) (i32.const 32) (i32.const 11))
    ;; result<_, task-error>: at 0 there are zeros, and 0 is `ok`.
    (i32.const 0)))
