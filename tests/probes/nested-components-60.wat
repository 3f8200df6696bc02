;;! about = "has 60 components within components"
;;! attack = 7
;;! expect = "refused"
;;! refused = "levels"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  ;;* 60 (component
  ;;* 60 )
)
