;;! about = "four tables that are small enough one by one, and too large together"
;;! attack = 5
;;! expect = "limit-exceeded"
;;! limit = "table-elements"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module $table
    (table 0 funcref)
    (func $start
      (if (i32.eq (table.grow (ref.null func) (i32.const 6000)) (i32.const -1))
        (then (unreachable))))
    (start $start))
  (core instance (instantiate $table)) (core instance (instantiate $table))
  (core instance (instantiate $table)) (core instance (instantiate $table)))
