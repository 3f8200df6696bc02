;;! about = "computes what may differ from machine to machine"
;;! attack = 17
;;! expect = "refused"
;;! refused = "relaxed"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module (func (result v128) (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))
