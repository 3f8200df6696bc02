;; Was admitted and compiled, and did not fit the pool: one module with two tables.
(module
  (memory (export "memory") 2)
  (table 1 funcref)
  (table 1 funcref)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "bugle:task/entry@0.1.0#run")
    (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32) (i32.const 0)))
