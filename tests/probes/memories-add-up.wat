;;! about = "four memories that are small enough one by one, and 50 MiB together"
;;! attack = 4
;;! expect = "out-of-memory"
;;! wall_ms_max = 500
;;! rss_mib_max = 64
;;! encode = "beside"

(component
  (core module $memory
    (memory 0)
    (func $start
      (if (i32.eq (memory.grow (i32.const 200)) (i32.const -1)) (then (unreachable))))
    (start $start))
  (core instance (instantiate $memory)) (core instance (instantiate $memory))
  (core instance (instantiate $memory)) (core instance (instantiate $memory)))
