//! The contract in Rust, made from `wit/` when this crate is built. Its types are also those of the
//! public API, so that they cannot differ; its functions are called through `host` only.

#![expect(clippy::same_length_and_capacity, reason = "made by wit-bindgen")]

wit_bindgen::generate!({
    path: "../../wit",
    world: "background-task",
    additional_derives: [PartialEq],
    generate_unused_types: true,
    pub_export_macro: true,
});
