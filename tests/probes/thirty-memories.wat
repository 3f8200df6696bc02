;;! about = "declares thirty memories, each small"
;;! attack = 4
;;! expect = "limit-exceeded"
;;! limit = "memories"
;;! used = "instances=33,memories=31"
;;! wall_ms_max = 500
;;! rss_mib_max = 16
;;! encode = "beside"

(component
  (component $ten
    (core module $memory (memory 1))
    (core instance (instantiate $memory)) (core instance (instantiate $memory))
    (core instance (instantiate $memory)) (core instance (instantiate $memory))
    (core instance (instantiate $memory)) (core instance (instantiate $memory))
    (core instance (instantiate $memory)) (core instance (instantiate $memory))
    (core instance (instantiate $memory)) (core instance (instantiate $memory)))
  (instance (instantiate $ten))
  (instance (instantiate $ten))
  (instance (instantiate $ten)))
