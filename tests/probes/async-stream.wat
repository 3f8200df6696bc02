;;! about = "has a stream that lives on between two components"
;;! attack = 26
;;! expect = "refused"
;;! refused = "async"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (type (stream u8)))
