;; A task that does what its trigger's content says: the first byte is what, the rest is with what.
;;
;; Every run logs the content and adds one to the setting `n`, so that effects can be counted. Then:
;;
;;   t TITLE  shows a toast; logs `no toast` if it is refused
;;   f TEXT   fails          r TEXT  rejects           x  traps
;;   w        retries later  W       retries in 5 s    a  fails until its third attempt
;;   l        loops for ever           k  loops until it is asked to end, then completes
;;   p        reports 50 percent       o TEXT  leaves work for the app
;;
;; and everything else completes.
(module
  (import "bugle:task/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "get" (func $get (param i32 i32 i32)))
  (import "bugle:task/local-settings@0.1.0" "set"
    (func $set (param i32 i32 i32 i64 i32 i32)))
  (import "bugle:task/toasts@0.1.0" "show" (func $show (param i32 i32)))
  (import "bugle:task/task-context@0.1.0" "attempt" (func $attempt (result i32)))
  (import "bugle:task/task-context@0.1.0" "cancellation" (func $cancellation (param i32)))
  (import "bugle:task/task-context@0.1.0" "report-progress" (func $progress (param i32)))
  (import "bugle:task/task-context@0.1.0" "on-resume"
    (func $on_resume (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 4)
  (global $heap (mut i32) (i32.const 0x10000))
  ;; 256: answers of the host. 512: a toast of 192 bytes. 768: the answer to the host.
  (data (i32.const 1024) "n")
  (data (i32.const 1032) "no toast")
  (data (i32.const 1048) "asked to end")
  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func $count
    (local $n i64)
    (call $get (i32.const 1024) (i32.const 1) (i32.const 256))
    (if (i32.load8_u (i32.const 256)) (then (unreachable)))
    (if (i32.load8_u (i32.const 264)) (then (local.set $n (i64.load (i32.const 280)))))
    (call $set (i32.const 1024) (i32.const 1) (i32.const 1)
      (i64.add (local.get $n) (i64.const 1)) (i32.const 0) (i32.const 256))
    (if (i32.load8_u (i32.const 256)) (then (unreachable))))
  ;; The answer `err` with a case that has a text.
  (func $err (param $case i32) (param $text i32) (param $len i32) (result i32)
    (i32.store8 (i32.const 768) (i32.const 1))
    (i32.store8 (i32.const 772) (local.get $case))
    (i32.store (i32.const 776) (local.get $text))
    (i32.store (i32.const 780) (local.get $len))
    (i32.const 768))
  (func $wait_to_be_asked
    (local $left i32)
    (loop $again
      (local.set $left (i32.const 100000))
      (loop $work
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $work (local.get $left)))
      (call $cancellation (i32.const 256))
      (br_if $again (i32.eqz (i32.load8_u (i32.const 256)))))
    (call $log (i32.const 2) (i32.const 1048) (i32.const 12)))
  (func (export "bugle:task/entry@0.1.0#run")
    (param $kind i32) (param $a i32) (param $b i32) (param $c i64) (param $d i32)
    (param i32 i32 i32 i32 i32 i64) (result i32)
    (local $text i32) (local $len i32) (local $what i32)
    ;; An application trigger begins with its content; a push and a custom event have a name first.
    (if (i32.eq (local.get $kind) (i32.const 4))
      (then (local.set $text (local.get $a)) (local.set $len (local.get $b)))
      (else
        (local.set $text (i32.wrap_i64 (local.get $c)))
        (local.set $len (local.get $d))))
    (call $log (i32.const 2) (local.get $text) (local.get $len))
    (call $count)
    (local.set $what (i32.load8_u (local.get $text)))
    (local.set $text (i32.add (local.get $text) (i32.const 1)))
    (local.set $len (i32.sub (local.get $len) (i32.const 1)))
    (if (i32.eq (local.get $what) (i32.const 0x74)) ;; t
      (then
        (i32.store (i32.const 512) (local.get $text))
        (i32.store (i32.const 516) (local.get $len))
        (call $show (i32.const 512) (i32.const 256))
        (if (i32.load8_u (i32.const 256))
          (then (call $log (i32.const 3) (i32.const 1032) (i32.const 8))))))
    (if (i32.eq (local.get $what) (i32.const 0x66)) ;; f
      (then (return (call $err (i32.const 0) (local.get $text) (local.get $len)))))
    (if (i32.eq (local.get $what) (i32.const 0x72)) ;; r
      (then (return (call $err (i32.const 2) (local.get $text) (local.get $len)))))
    (if (i32.eq (local.get $what) (i32.const 0x77)) ;; w
      (then (return (call $err (i32.const 1) (i32.const 0) (i32.const 0)))))
    (if (i32.eq (local.get $what) (i32.const 0x57)) ;; W
      (then (return (call $err (i32.const 1) (i32.const 1) (i32.const 5000)))))
    (if (i32.eq (local.get $what) (i32.const 0x61)) ;; a
      (then
        (if (i32.lt_u (call $attempt) (i32.const 3))
          (then (return (call $err (i32.const 0) (local.get $text) (local.get $len)))))))
    (if (i32.eq (local.get $what) (i32.const 0x6c)) ;; l
      (then (loop $again (br $again))))
    (if (i32.eq (local.get $what) (i32.const 0x6b)) ;; k
      (then (call $wait_to_be_asked)))
    (if (i32.eq (local.get $what) (i32.const 0x78)) ;; x
      (then (unreachable)))
    (if (i32.eq (local.get $what) (i32.const 0x70)) ;; p
      (then (call $progress (i32.const 50))))
    (if (i32.eq (local.get $what) (i32.const 0x6f)) ;; o
      (then (call $on_resume (i32.const 1024) (i32.const 1)
        (local.get $text) (local.get $len) (i32.const 256))))
    (i32.const 0)))
