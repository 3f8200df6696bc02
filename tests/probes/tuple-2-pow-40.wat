;;! about = "has a type of 2^40 parts, in forty lines"
;;! attack = 7
;;! expect = "refused"
;;! refused = "type size"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (type (tuple u8 u8))
  ;;* 39 (type (tuple {n} {n}))
)
