;;! about = "adds numbers of 128 bits"
;;! attack = 17
;;! expect = "refused"
;;! refused = "wide arithmetic"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module (func (result i64 i64) (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)))))
