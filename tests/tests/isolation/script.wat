;; A task that does what its trigger's content says, act by act. An act is a letter, the number of its
;; words, and each word's length, 16 bits with the lowest first, and bytes:
;;
;;   s PATH TEXT   sets            g PATH   logs what is set, or `none`
;;   i             logs the names of all that is set           c PATH   clears a container, or all
;;   t TITLE BODY TAG GROUP ACTION SMALL-PRINT PERCENT SCENARIO MS   shows a toast
;;   u TAG GROUP TITLE SEQUENCE PERCENT   updates one             h TAG GROUP   hides
;;   b N           sets the badge                B        logs the badge: a digit, or `none`
;;   l TEXT        logs            p N      reports progress   o KEY TEXT   leaves work for the app
;;   f TEXT        fails           j TEXT   rejects
;;
;; A word that is empty, or left out, is none. PERCENT, SCENARIO and SEQUENCE are a byte; MS are 32 bits, the
;; lowest first. What the host refuses is logged as `refused`, with the letter, and the script goes on.
(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "get" (func $get (param i32 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "clear" (func $clear (param i32 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "items"
    (func $items (param i32 i32 i32 i32 i32 i32 i32)))
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (import "bugle:task/toasts@0.1.0" "update" (func $update (param i32 i32)))
  (import "bugle:task/toasts@0.1.0" "hide"
    (func $hide (param i32 i32 i32 i32 i32 i32 i32)))
  (import "bugle:task/badge@0.1.0" "get" (func $badge (param i32)))
  (import "bugle:task/badge@0.1.0" "set" (func $set_badge (param i32 i32)))
  (import "bugle:task/task-context@0.1.0" "report-progress" (func $progress (param i32)))
  (import "bugle:task/task-context@0.1.0" "on-resume"
    (func $on_resume (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 8)
  (global $heap (mut i32) (i32.const 0x10000))
  (data (i32.const 512) "none")
  (data (i32.const 520) "refused ")
  ;; 1024: ten words, each its place and length. 1280: answers of the host. 2048: a toast, or the
  ;; action in it, at 2304, or an update. 2560: the answer to the host.
  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func $at (param $word i32) (result i32)
    (i32.load (i32.add (i32.const 1024) (i32.shl (local.get $word) (i32.const 3)))))
  (func $len (param $word i32) (result i32)
    (i32.load (i32.add (i32.const 1028) (i32.shl (local.get $word) (i32.const 3)))))
  (func $byte (param $word i32) (result i32)
    (i32.load8_u (call $at (local.get $word))))
  (func $put (param $to i32) (param $word i32)
    (i32.store (local.get $to) (call $at (local.get $word)))
    (i32.store (i32.add (local.get $to) (i32.const 4)) (call $len (local.get $word))))
  (func $is_there (param $word i32) (result i32)
    (i32.ne (call $len (local.get $word)) (i32.const 0)))
  (func $byte_or_0 (param $word i32) (result i32)
    (i32.mul (call $is_there (local.get $word)) (call $byte (local.get $word))))
  (func $put_optional (param $to i32) (param $word i32)
    (i32.store8 (local.get $to) (call $is_there (local.get $word)))
    (call $put (i32.add (local.get $to) (i32.const 4)) (local.get $word)))
  (func $say (param $at i32) (param $len i32)
    (call $log (i32.const 2) (local.get $at) (local.get $len)))
  (func $say_none (call $say (i32.const 512) (i32.const 4)))
  ;; Says whether the host refused.
  (func $answered (param $what i32)
    (if (i32.load8_u (i32.const 1280))
      (then
        (i32.store8 (i32.const 528) (local.get $what))
        (call $say (i32.const 520) (i32.const 9)))))
  (func $read_setting
    (call $get (call $at (i32.const 0)) (call $len (i32.const 0)) (i32.const 1280))
    (if (i32.or (i32.load8_u (i32.const 1280)) (i32.eqz (i32.load8_u (i32.const 1288))))
      (then (call $say_none))
      (else (call $say (i32.load (i32.const 1304)) (i32.load (i32.const 1308))))))
  (func $read_items
    (local $item i32) (local $left i32)
    (call $items (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 256) (i32.const 1280))
    (local.set $item (i32.load (i32.const 1284)))
    (local.set $left (i32.load (i32.const 1288)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (call $say (i32.load (local.get $item)) (i32.load offset=4 (local.get $item)))
        (local.set $item (i32.add (local.get $item) (i32.const 12)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next))))
  (func $read_badge
    (call $badge (i32.const 1280))
    (if (i32.load8_u (i32.const 1280))
      (then
        (i32.store8 (i32.const 529) (i32.add (i32.const 48) (i32.load (i32.const 1288))))
        (call $say (i32.const 529) (i32.const 1)))
      (else (call $say_none))))
  ;; A progress with a fraction, as an option.
  (func $put_percent (param $to i32) (param $word i32)
    (if (call $is_there (local.get $word))
      (then
        (i32.store8 (local.get $to) (i32.const 1))
        (i32.store8 offset=32 (local.get $to) (i32.const 1))
        (f64.store offset=40 (local.get $to)
          (f64.div (f64.convert_i32_u (call $byte (local.get $word))) (f64.const 100))))))
  (func $show_toast
    (memory.fill (i32.const 2048) (i32.const 0) (i32.const 512))
    (call $put (i32.const 2048) (i32.const 0))
    (call $put (i32.const 2056) (i32.const 1))
    (call $put_optional (i32.const 2064) (i32.const 5))
    (call $put_optional (i32.const 2196) (i32.const 2))
    (call $put_optional (i32.const 2208) (i32.const 3))
    (call $put_percent (i32.const 2128) (i32.const 6))
    (i32.store8 (i32.const 2192) (call $byte_or_0 (i32.const 7)))
    (if (call $is_there (i32.const 8))
      (then
        (i32.store8 (i32.const 2220) (i32.const 1))
        (i32.store (i32.const 2224) (i32.load (call $at (i32.const 8))))))
    (if (call $is_there (i32.const 4))
      (then
        (call $put (i32.const 2304) (i32.const 4))
        (call $put (i32.const 2312) (i32.const 4))
        (i32.store (i32.const 2108) (i32.const 2304))
        (i32.store (i32.const 2112) (i32.const 1))))
    (call $show (i32.const 2048) (i32.const 1280))
    (call $answered (i32.const 0x74)))
  (func $update_toast
    (memory.fill (i32.const 2048) (i32.const 0) (i32.const 512))
    (call $put (i32.const 2048) (i32.const 0))
    (call $put_optional (i32.const 2056) (i32.const 1))
    (i32.store (i32.const 2068) (call $byte_or_0 (i32.const 3)))
    (call $put_optional (i32.const 2072) (i32.const 2))
    (call $put_percent (i32.const 2096) (i32.const 4))
    (call $update (i32.const 2048) (i32.const 1280))
    (call $answered (i32.const 0x75)))
  (func $is (param $what i32) (param $letter i32) (result i32)
    (i32.eq (local.get $what) (local.get $letter)))
  (func $act (param $what i32)
    (if (call $is (local.get $what) (i32.const 0x73)) ;; s
      (then
        (call $set (call $at (i32.const 0)) (call $len (i32.const 0)) (i32.const 3)
          (i64.extend_i32_u (call $at (i32.const 1))) (call $len (i32.const 1)) (i32.const 1280))
        (call $answered (local.get $what))))
    (if (call $is (local.get $what) (i32.const 0x67)) (then (call $read_setting))) ;; g
    (if (call $is (local.get $what) (i32.const 0x69)) (then (call $read_items))) ;; i
    (if (call $is (local.get $what) (i32.const 0x63)) ;; c
      (then
        (call $clear (call $at (i32.const 0)) (call $len (i32.const 0)) (i32.const 1280))
        (call $answered (local.get $what))))
    (if (call $is (local.get $what) (i32.const 0x74)) (then (call $show_toast))) ;; t
    (if (call $is (local.get $what) (i32.const 0x75)) (then (call $update_toast))) ;; u
    (if (call $is (local.get $what) (i32.const 0x68)) ;; h
      (then
        (call $hide
          (call $is_there (i32.const 0)) (call $at (i32.const 0)) (call $len (i32.const 0))
          (call $is_there (i32.const 1)) (call $at (i32.const 1)) (call $len (i32.const 1))
          (i32.const 1280))
        (call $answered (local.get $what))))
    (if (call $is (local.get $what) (i32.const 0x62)) ;; b
      (then (call $set_badge (i32.const 0) (call $byte (i32.const 0)))))
    (if (call $is (local.get $what) (i32.const 0x42)) (then (call $read_badge))) ;; B
    (if (call $is (local.get $what) (i32.const 0x6c)) ;; l
      (then (call $say (call $at (i32.const 0)) (call $len (i32.const 0)))))
    (if (call $is (local.get $what) (i32.const 0x70)) ;; p
      (then (call $progress (call $byte (i32.const 0)))))
    (if (call $is (local.get $what) (i32.const 0x6f)) ;; o
      (then
        (call $on_resume (call $at (i32.const 0)) (call $len (i32.const 0))
          (call $at (i32.const 1)) (call $len (i32.const 1)) (i32.const 1280))
        (call $answered (local.get $what)))))
  ;; Reads an act's words from where they begin; gives where the next act begins.
  (func $read_words (param $from i32) (param $count i32) (result i32)
    (local $to i32) (local $len i32)
    (memory.fill (i32.const 1024) (i32.const 0) (i32.const 80))
    (local.set $to (i32.const 1024))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $len (i32.load16_u (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 2)))
        (i32.store (local.get $to) (local.get $from))
        (i32.store offset=4 (local.get $to) (local.get $len))
        (local.set $from (i32.add (local.get $from) (local.get $len)))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (local.get $from))
  ;; The answer `err` with a case that has a text.
  (func $err (param $case i32) (result i32)
    (i32.store8 (i32.const 2560) (i32.const 1))
    (i32.store8 (i32.const 2564) (local.get $case))
    (call $put (i32.const 2568) (i32.const 0))
    (i32.const 2560))
  (func (export "bugle:task/entry@0.1.0#run")
    (param $kind i32) (param $a i32) (param $b i32) (param $c i64) (param $d i32)
    (param i32 i32 i32 i32 i32 i64) (result i32)
    (local $at i32) (local $end i32) (local $what i32)
    ;; An application trigger begins with its content; a push has a name first.
    (if (i32.eq (local.get $kind) (i32.const 4))
      (then (local.set $at (local.get $a)) (local.set $end (local.get $b)))
      (else
        (local.set $at (i32.wrap_i64 (local.get $c)))
        (local.set $end (local.get $d))))
    (local.set $end (i32.add (local.get $end) (local.get $at)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $what (i32.load8_u (local.get $at)))
        (local.set $at (call $read_words
          (i32.add (local.get $at) (i32.const 2))
          (i32.load8_u offset=1 (local.get $at))))
        (if (call $is (local.get $what) (i32.const 0x66)) ;; f
          (then (return (call $err (i32.const 0)))))
        (if (call $is (local.get $what) (i32.const 0x6a)) ;; j
          (then (return (call $err (i32.const 2)))))
        (call $act (local.get $what))
        (br $next)))
    (i32.const 0)))
