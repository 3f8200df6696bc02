;;! about = "calls a component that is busy calling it"
;;! attack = 23
;;! expect = "trapped"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (core module $inner (func (export "f")))
  (core instance $inner (instantiate $inner))
  (func $f (canon lift (core func $inner "f")))
  (core func $f (canon lower (func $f)))
  (core module $caller (import "" "f" (func $f)) (start $f))
  (core instance (instantiate $caller (with "" (instance (export "f" (func $f)))))))
