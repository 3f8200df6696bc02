;;! about = "one branch to a million places: more than the compiler takes"
;;! attack = 16
;;! expect = "compile-refused"
;;! wall_ms_max = 500
;;! rss_mib_max = 64
;;! encode = "module"

(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32)
    (i32.const 0))
  (func (param i32)
    (block $a
      (block $b
        (br_table
          ;;* 500000 $a $b
          $a (local.get 0)))))
)
