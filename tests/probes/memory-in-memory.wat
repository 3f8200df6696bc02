;;! about = "declares two memories in one module"
;;! attack = 4
;;! expect = "refused"
;;! refused = "memor"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module (memory 1) (memory 1)))
