;;! about = "a core module, not a component"
;;! attack = 17
;;! expect = "refused"
;;! refused = "core module"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "component"

(module (func (export "run")))
