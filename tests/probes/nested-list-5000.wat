;;! about = "has a type of 5,000 lists within lists"
;;! attack = 7
;;! expect = "refused"
;;! refused = "nesting"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (type (list u8))
  ;;* 5000 (type (list {n}))
)
