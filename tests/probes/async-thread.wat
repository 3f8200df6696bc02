;;! about = "asks how many threads it may start"
;;! attack = 26
;;! expect = "refused"
;;! refused = "thread"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core func (canon thread.available_parallelism)))
