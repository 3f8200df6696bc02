;;! about = "has structures that a collector would have to collect"
;;! attack = 17
;;! expect = "refused"
;;! refused = "gc"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module (type (struct (field i32)))))
