//! The attribute `#[background_task]`, which `bugle-guest` re-exports: use it from there.
//!
//! It turns one function into a component's only export. It checks the shape of the function and
//! leaves its types to the compiler, which names them better.

mod task;

use proc_macro::TokenStream;

/// Makes a function the background task of its crate.
///
/// The function has any name, takes one `Trigger` and gives `Result<(), TaskError>`. It stays an
/// ordinary function: tests call it through `bugle_guest::testing::Run`. When the crate is built
/// for `wasm32`, it is exported as the `run` of the contract's world as well; a crate has one task.
///
/// # Errors
///
/// It is an error at build time if the function is async, generic, unsafe or a method, or if its
/// arguments or what it returns are not as above.
#[proc_macro_attribute]
pub fn background_task(arguments: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(arguments.into(), item.into())
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
