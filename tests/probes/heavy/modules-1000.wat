;;! about = "a thousand modules in some kilobytes"
;;! attack = 16
;;! expect = "refused"
;;! refused = "core modules"
;;! wall_ms_max = 500
;;! rss_mib_max = 64
;;! encode = "beside"

(component
  ;;* 1000 (core module)
)
