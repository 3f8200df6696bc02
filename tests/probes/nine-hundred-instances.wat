;;! about = "nine hundred core instances in a few lines"
;;! attack = 4
;;! expect = "limit-exceeded"
;;! limit = "instances"
;;! used = "instances=903"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (component $ten
    (core module $empty)
    (core instance (instantiate $empty)) (core instance (instantiate $empty))
    (core instance (instantiate $empty)) (core instance (instantiate $empty))
    (core instance (instantiate $empty)) (core instance (instantiate $empty))
    (core instance (instantiate $empty)) (core instance (instantiate $empty))
    (core instance (instantiate $empty)) (core instance (instantiate $empty)))
  (component $ninety
    (alias outer 1 $ten (component $ten))
    (instance (instantiate $ten)) (instance (instantiate $ten)) (instance (instantiate $ten))
    (instance (instantiate $ten)) (instance (instantiate $ten)) (instance (instantiate $ten))
    (instance (instantiate $ten)) (instance (instantiate $ten)) (instance (instantiate $ten)))
  (instance (instantiate $ninety)) (instance (instantiate $ninety))
  (instance (instantiate $ninety)) (instance (instantiate $ninety))
  (instance (instantiate $ninety)) (instance (instantiate $ninety))
  (instance (instantiate $ninety)) (instance (instantiate $ninety))
  (instance (instantiate $ninety)) (instance (instantiate $ninety)))
