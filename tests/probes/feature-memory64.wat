;;! about = "has a memory with addresses of 64 bits"
;;! attack = 17
;;! expect = "refused"
;;! refused = "memory64"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module (memory i64 1)))
