;;! about = "declares twenty tables, each with one element"
;;! attack = 4
;;! expect = "limit-exceeded"
;;! limit = "tables"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module $table (table 1 funcref))
  ;;* 20 (core instance (instantiate $table))
)
