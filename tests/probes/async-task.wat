;;! about = "is a task that goes on after it returned"
;;! attack = 26
;;! expect = "refused"
;;! refused = "async"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func (export "f") async (canon lift (core func $i "f") async)))
