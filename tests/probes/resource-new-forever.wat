;;! about = "makes handles to resources of its own for ever"
;;! attack = 14
;;! expect = "limit-exceeded"
;;! limit = "handles"
;;! used = "handles=256"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (type $thing (resource (rep i32)))
  (core func $new (canon resource.new $thing))
  (core module $maker
    (import "" "new" (func $new (param i32) (result i32)))
    (func $start (loop $again (drop (call $new (i32.const 0))) (br $again)))
    (start $start))
  (core instance (instantiate $maker (with "" (instance (export "new" (func $new)))))))
