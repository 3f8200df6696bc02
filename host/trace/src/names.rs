//! Functions' names as their authors wrote them.

use std::borrow::Cow;

/// The longest name that is worth showing; what is longer is generic code within generic code.
const CHARS_MAX: usize = 160;

/// A name as its language writes it: Rust's and C++'s are demangled, others are as they are.
pub(crate) fn readable(name: &str) -> String {
    let name = demangled(name);
    let end = name.char_indices().nth(CHARS_MAX).map(|(at, _)| at);
    match end.and_then(|end| name.get(..end)) {
        Some(start) => format!("{start}…"),
        None => name.into_owned(),
    }
}

fn demangled(name: &str) -> Cow<'_, str> {
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        // Without the hash, which changes with every compiler.
        return format!("{rust:#}").into();
    }
    let is_cpp = name.starts_with("_Z");
    let cpp = is_cpp.then(|| cpp_demangle::Symbol::new(name).ok()?.demangle().ok()).flatten();
    cpp.map_or(Cow::Borrowed(name), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_their_authors_wrote_them() {
        assert_eq!(readable("_ZN4mail5inbox4read17h0123456789abcdefE"), "mail::inbox::read");
        assert_eq!(readable("_RNvNtCs1234_7mycrate3foo3bar"), "mycrate::foo::bar");
        assert_eq!(readable("_ZN5inbox4readEi"), "inbox::read(int)");
        assert_eq!(readable("JS_CallInternal"), "JS_CallInternal");
        assert_eq!(readable(&"x".repeat(200)).chars().count(), CHARS_MAX + 1);
    }
}
