;; The functions of `shortcuts.wit`. A result without a value has the form of an optional error.
;; What is exported `instead:` of a function of the engine's is the task's in its place.
(module
  (import "bugle:task/local-settings@0.1.0" "get" (func $get (param i32 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "set" (func $set (param i32 i32 i32 i64 i32 i32)))
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (import "bugle:task/badge@0.1.0" "set" (func $set-badge (param i32 i32)))
  (import "bugle:task/task-context@0.1.0" "on-resume" (func $on-resume (param i32 i32 i32 i32 i32)))
  (type $run (func (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)))
  (import "env" "bugle:task/entry@0.1.0#run" (func $run (type $run)))
  (import "env" "cabi_post_bugle:task/entry@0.1.0#run" (func $clean-up (param i32)))
  (import "env" "bugle:task/pushed@0.1.0#run" (func $run-pushed (result i32)))
  (import "env" "cabi_post_bugle:task/pushed@0.1.0#run" (func $clean-up-pushed (param i32)))
  (import "env" "memory" (memory 0))
  (import "env" "__indirect_function_table" (table 0 funcref))
  (import "env" "__stack_pointer" (global $stack (mut i32)))
  ;; The engine's function that allocates, by its place in the table.
  (import "GOT.func" "cabi_realloc" (global $realloc (mut i32)))

  ;; What was found last: the number, or the place and length of the text.
  (global $found (mut i64) (i64.const 0))

  ;; The push that the task is run for, each part as a place and a length.
  (global $is-pushed (mut i32) (i32.const 0))
  (global $channel (mut i64) (i64.const 0))
  (global $content (mut i64) (i64.const 0))
  (global $has-content-type (mut i32) (i32.const 0))
  (global $content-type (mut i64) (i64.const 0))
  (global $headers (mut i64) (i64.const 0))
  (global $received-at (mut i64) (i64.const 0))

  (func $part (param $place i32) (param $length i32) (result i64)
    (i64.or
      (i64.extend_i32_u (local.get $place))
      (i64.shl (i64.extend_i32_u (local.get $length)) (i64.const 32))))

  (func (export "instead:bugle:task/entry@0.1.0#run") (type $run)
    (if (i32.eqz (local.get 0) (; raw-notification ;))
      (then
        (global.set $is-pushed (i32.const 1))
        (global.set $channel (call $part (local.get 1) (local.get 2)))
        (global.set $content (call $part (i32.wrap_i64 (local.get 3)) (local.get 4)))
        (global.set $has-content-type (local.get 5))
        (global.set $content-type (call $part (local.get 6) (local.get 7)))
        (global.set $headers (call $part (local.get 8) (local.get 9)))
        (global.set $received-at (local.get 10))
        (return (call $run-pushed))))
    (call $run
      (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
      (local.get 6) (local.get 7) (local.get 8) (local.get 9) (local.get 10)))

  (func (export "instead:cabi_post_bugle:task/entry@0.1.0#run") (param $result i32)
    (if (global.get $is-pushed)
      (then (call $clean-up-pushed (local.get $result)))
      (else (call $clean-up (local.get $result)))))

  (func (export "bugle:task/shortcuts#pushed-channel") (param $into i32)
    (i64.store align=4 (local.get $into) (global.get $channel)))

  (func (export "bugle:task/shortcuts#pushed-content") (param $into i32)
    (i64.store align=4 (local.get $into) (global.get $content)))

  (func (export "bugle:task/shortcuts#pushed-content-type") (param $into i32)
    (i32.store8 (local.get $into) (global.get $has-content-type))
    (i64.store offset=4 align=4 (local.get $into) (global.get $content-type)))

  (func (export "bugle:task/shortcuts#pushed-headers") (param $into i32)
    (i64.store align=4 (local.get $into) (global.get $headers)))

  (func (export "bugle:task/shortcuts#pushed-received-at") (result i64)
    (global.get $received-at))

  (func (export "bugle:task/shortcuts#find") (param $path i32) (param $bytes i32) (result i32)
    (local $value i32)
    (global.set $stack (local.tee $value (i32.sub (global.get $stack) (i32.const 32))))
    (call $get (local.get $path) (local.get $bytes) (local.get $value))
    (global.set $stack (i32.add (local.get $value) (i32.const 32)))
    (global.set $found (i64.load offset=24 (local.get $value)))
    (if (i32.load8_u (local.get $value)) (then (return (i32.const 255))))
    (if (i32.eqz (i32.load8_u offset=8 (local.get $value))) (then (return (i32.const 0))))
    (i32.add (i32.load8_u offset=16 (local.get $value)) (i32.const 1)))

  (func (export "bugle:task/shortcuts#found-number") (result i64)
    (global.get $found))

  (func (export "bugle:task/shortcuts#found-text") (param $into i32)
    (i64.store align=4 (local.get $into) (global.get $found)))

  (func (export "bugle:task/shortcuts#set-integer")
    (param $path i32) (param $bytes i32) (param $value i64) (param $into i32)
    (call $set
      (local.get $path) (local.get $bytes)
      (i32.const 1 (; integer ;)) (local.get $value) (i32.const 0)
      (local.get $into)))

  (func (export "bugle:task/shortcuts#set-text")
    (param $path i32) (param $path-bytes i32) (param $text i32) (param $bytes i32) (param $into i32)
    (call $set
      (local.get $path) (local.get $path-bytes)
      (i32.const 3 (; text ;)) (i64.extend_i32_u (local.get $text)) (local.get $bytes)
      (local.get $into)))

  ;; The fields of the record that are not given are those that are 0: no options, empty lists, the
  ;; first scenario.
  (func (export "bugle:task/shortcuts#show")
    (param $title i32) (param $title-bytes i32) (param $body i32) (param $body-bytes i32)
    (param $argument i32) (param $argument-bytes i32)
    (param $tag i32) (param $tag-bytes i32) (param $group i32) (param $group-bytes i32)
    (param $names i32) (param $into i32)
    (local $toast i32)
    (global.set $stack (local.tee $toast (i32.sub (global.get $stack) (i32.const 192))))
    (memory.fill (local.get $toast) (i32.const 0) (i32.const 192))
    (i32.store (local.get $toast) (local.get $title))
    (i32.store offset=4 (local.get $toast) (local.get $title-bytes))
    (i32.store offset=8 (local.get $toast) (local.get $body))
    (i32.store offset=12 (local.get $toast) (local.get $body-bytes))
    (i32.store offset=28 (local.get $toast) (local.get $argument))
    (i32.store offset=32 (local.get $toast) (local.get $argument-bytes))
    (i32.store8 offset=148 (local.get $toast) (i32.and (local.get $names) (i32.const 1)))
    (i32.store offset=152 (local.get $toast) (local.get $tag))
    (i32.store offset=156 (local.get $toast) (local.get $tag-bytes))
    (i32.store8 offset=160 (local.get $toast)
      (i32.shr_u (i32.and (local.get $names) (i32.const 2)) (i32.const 1)))
    (i32.store offset=164 (local.get $toast) (local.get $group))
    (i32.store offset=168 (local.get $toast) (local.get $group-bytes))
    (call $show (local.get $toast) (local.get $into))
    (global.set $stack (i32.add (local.get $toast) (i32.const 192))))

  (func (export "bugle:task/shortcuts#set-badge") (param $number i32)
    (call $set-badge (i32.const 0 (; number ;)) (local.get $number)))

  ;; A text is passed as its bytes are.
  (export "bugle:task/shortcuts#on-resume" (func $on-resume))

  (func (export "bugle:task/shortcuts#ascii") (param $from i32) (param $bytes i32) (param $into i32)
    (local $at i32) (local $end i32) (local $text i32)
    (local.set $at (local.get $from))
    (local.set $end (i32.add (local.get $from) (local.get $bytes)))
    (i32.store8 (local.get $into) (i32.const 0))
    (block $rest
      (loop $eight
        (br_if $rest (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 8)))
        (if (i64.ne
              (i64.and (i64.load align=1 (local.get $at)) (i64.const 0x8080808080808080))
              (i64.const 0))
          (then (return)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $eight)))
    (block $done
      (loop $one
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (br_if 2 (i32.ge_u (i32.load8_u (local.get $at)) (i32.const 0x80)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $one)))
    ;; The engine takes what is returned for its own, and frees what it gave.
    (local.set $text
      (call_indirect (param i32 i32 i32 i32) (result i32)
        (i32.const 0) (i32.const 0) (i32.const 1) (local.get $bytes)
        (global.get $realloc)))
    (memory.copy (local.get $text) (local.get $from) (local.get $bytes))
    (i32.store8 (local.get $into) (i32.const 1))
    (i32.store offset=4 (local.get $into) (local.get $text))
    (i32.store offset=8 (local.get $into) (local.get $bytes))))
