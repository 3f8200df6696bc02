;;! about = "has functions that can be left and come back to"
;;! attack = 17
;;! expect = "refused"
;;! refused = "stack switching"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module (type $f (func)) (type (cont $f))))
