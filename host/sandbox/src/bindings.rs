//! The contract's types as wasmtime moves them, generated from `wit/` at build time.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "background-task",
});
