use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, ReturnType, Safety, Signature};

/// What every refusal ends with: the one shape that is right.
const SHAPE: &str = "write `fn run(trigger: Trigger) -> Result<(), TaskError>`, with any name";

/// The function as it was, and what makes it a task.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`background_task` takes no arguments"));
    }
    let whole = item.clone();
    let function: ItemFn = syn::parse2(item).map_err(|_| {
        Error::new_spanned(whole, format!("`background_task` belongs on a function: {SHAPE}"))
    })?;
    check(&function.sig)?;
    let name = &function.sig.ident;
    // The function's own place, so that a type that does not fit is reported there.
    let has_the_right_types = quote_spanned! {function.sig.span()=>
        const _: fn(::bugle_guest::Trigger) -> ::core::result::Result<(), ::bugle_guest::TaskError> =
            #name;
    };
    Ok(quote! {
        #function

        #has_the_right_types

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Task;

            impl ::bugle_guest::__private::Guest for Task {
                fn run(
                    trigger: ::bugle_guest::Trigger,
                ) -> ::core::result::Result<(), ::bugle_guest::__private::TaskError> {
                    ::bugle_guest::__private::run(#name, trigger)
                }
            }

            ::bugle_guest::__private::export!(
                Task with_types_in ::bugle_guest::__private::bindings
            );
        };
    })
}

/// Refuses what could never be called with one trigger and answer with a result.
fn check(signature: &Signature) -> syn::Result<()> {
    let refuse = |at: &dyn quote::ToTokens, why: &str| {
        Err(Error::new_spanned(at.to_token_stream(), format!("{why}: {SHAPE}")))
    };
    if let Some(token) = &signature.asyncness {
        return refuse(token, "a background task is not async, since no call to the host waits");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        return refuse(token, "a background task is not unsafe");
    }
    if let Some(token) = &signature.abi {
        return refuse(token, "a background task has no ABI of its own");
    }
    if !signature.generics.params.is_empty() {
        return refuse(&signature.generics, "a background task is not generic");
    }
    if let Some(receiver) =
        signature.inputs.iter().find(|input| matches!(input, FnArg::Receiver(_)))
    {
        return refuse(receiver, "a background task is not a method");
    }
    if signature.inputs.len() != 1 || signature.variadic.is_some() {
        return refuse(&signature.ident, "a background task takes one argument, the trigger");
    }
    if matches!(signature.output, ReturnType::Default) {
        return refuse(&signature.ident, "a background task says how it ended");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(item: TokenStream) -> String {
        expand(TokenStream::new(), item).expect_err("the function is refused").to_string()
    }

    #[test]
    fn the_function_stays_and_an_export_joins_it() {
        let item = quote! {
            /// Documented.
            pub fn wake(trigger: Trigger) -> Result<(), TaskError> { Ok(()) }
        };
        let output = expand(TokenStream::new(), item).expect("the function is a task").to_string();
        assert!(output.contains("pub fn wake (trigger : Trigger)"), "{output}");
        assert!(output.contains("__private :: run (wake , trigger)"), "{output}");
        assert!(output.contains("# [cfg (target_arch = \"wasm32\")]"), "{output}");
    }

    #[test]
    fn other_shapes_are_refused_with_the_right_one() {
        let refused = [
            (
                quote!(
                    async fn run(t: Trigger) -> Result<(), TaskError> {}
                ),
                "not async",
            ),
            (
                quote!(
                    unsafe fn run(t: Trigger) -> Result<(), TaskError> {}
                ),
                "not unsafe",
            ),
            (
                quote!(
                    extern "C" fn run(t: Trigger) -> Result<(), TaskError> {}
                ),
                "no ABI",
            ),
            (
                quote!(
                    fn run<T>(t: T) -> Result<(), TaskError> {}
                ),
                "not generic",
            ),
            (
                quote!(
                    fn run(&self) -> Result<(), TaskError> {}
                ),
                "not a method",
            ),
            (
                quote!(
                    fn run() -> Result<(), TaskError> {}
                ),
                "takes one argument",
            ),
            (
                quote!(
                    fn run(a: A, b: B) -> Result<(), TaskError> {}
                ),
                "takes one argument",
            ),
            (
                quote!(
                    fn run(t: Trigger) {}
                ),
                "says how it ended",
            ),
            (
                quote!(
                    struct Run;
                ),
                "belongs on a function",
            ),
        ];
        for (item, why) in refused {
            let message = refusal(item);
            assert!(message.contains(why), "{message}");
            assert!(message.ends_with(SHAPE), "{message}");
        }
    }

    #[test]
    fn the_attribute_has_no_arguments() {
        let item = quote!(
            fn run(t: Trigger) -> Result<(), TaskError> {
                Ok(())
            }
        );
        let error = expand(quote!(name = "mail"), item).expect_err("there are no arguments");
        assert_eq!(error.to_string(), "`background_task` takes no arguments");
    }
}
