;;! about = "a component that is no task"
;;! attack = 17
;;! expect = "refused"
;;! refused = "bugle:task/entry"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "component"

(component
  (core module $main (func (export "main")))
  (core instance $main (instantiate $main))
  (func (export "main") (canon lift (core func $main "main"))))
