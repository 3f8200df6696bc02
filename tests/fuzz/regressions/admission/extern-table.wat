;; Was admitted, and is of a feature that the engine does not have.
(module
  (memory (export "memory") 2)
  (table 1 externref)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32) (i32.const 0)))
