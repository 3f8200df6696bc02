;;! about = "two parts of a task hand one another 4 MiB of text in two encodings, again and again; no fuel is taken for it, so that real time ends it"
;;! attack = 9
;;! expect = "cut"
;;! limits = "watchdog-ms=1000"
;;! busy_with = "changing the encoding of texts between its parts"
;;! wall_ms_max = 1500
;;! rss_mib_max = 32
;;! encode = "beside"

(component
  (component $callee
    (core module $m
      (memory (export "memory") 129)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
      (func (export "take") (param i32 i32)))
    (core instance $i (instantiate $m))
    (func (export "take") (param "text" string)
      (canon lift (core func $i "take") string-encoding=utf16
        (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (instance $callee (instantiate $callee))
  (component $caller
    (import "take" (func $take (param "text" string)))
    (core module $text (memory (export "memory") 65))
    (core instance $text (instantiate $text))
    (core func $take
      (canon lower (func $take) string-encoding=utf8
        (memory (core memory $text "memory"))))
    (core module $m
      (import "" "take" (func $take (param i32 i32)))
      (func $start
        (loop $again
          (call $take (i32.const 0) (i32.const 4194304))
          (br $again)))
      (start $start))
    (core instance (instantiate $m (with "" (instance (export "take" (func $take)))))))
  (instance (instantiate $caller (with "take" (func $callee "take")))))
