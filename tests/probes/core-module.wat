;;! about = "a core module, not a component"
;;! expect = "refused"
;;! refused = "core module"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "component"

(module (func (export "run")))
