;;! about = "has a memory that threads share"
;;! attack = 17
;;! expect = "refused"
;;! refused = "threads"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module (memory 1 1 shared)))
