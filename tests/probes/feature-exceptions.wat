;;! about = "throws an exception"
;;! attack = 17
;;! expect = "refused"
;;! refused = "exceptions"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module (tag $t) (func (throw $t))))
