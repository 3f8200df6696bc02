//! What the licences of dependencies allow.

use crate::assert_none;
use crate::dependencies::Graph;

/// Licences under which a dependency can be taken along with no more than a notice.
const ALLOWED: [&str; 8] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

/// Other licences, each for one crate and with a reason.
const EXCEPTIONS: [(&str, &str, &str); 4] = [
    ("ece", "MPL-2.0", "copyleft by file: it is linked unchanged, for the content of Web Push"),
    ("notify", "CC0-1.0", "given to the public domain: it asks for nothing"),
    ("option-ext", "MPL-2.0", "copyleft by file: it is linked unchanged, by `directories`"),
    (
        "webpki-root-certs",
        "CDLA-Permissive-2.0",
        "Mozilla's certificates, as data that may be shared",
    ),
];

/// Whether an SPDX expression can be met with allowed licences alone. `/` is an old `OR`.
fn is_met(expression: &str) -> Option<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let spaced = spaced.replace(" WITH ", "_WITH_");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = tokens.as_slice();
    let met = any(&mut rest)?;
    rest.is_empty().then_some(met)
}

fn any(rest: &mut &[&str]) -> Option<bool> {
    let mut met = all(rest)?;
    while let Some((&"OR", after)) = rest.split_first() {
        *rest = after;
        met |= all(rest)?;
    }
    Some(met)
}

fn all(rest: &mut &[&str]) -> Option<bool> {
    let mut met = one(rest)?;
    while let Some((&"AND", after)) = rest.split_first() {
        *rest = after;
        met &= one(rest)?;
    }
    Some(met)
}

fn one(rest: &mut &[&str]) -> Option<bool> {
    let (token, after) = rest.split_first()?;
    *rest = after;
    if *token == "(" {
        let met = any(rest)?;
        let (&")", after) = rest.split_first()? else { return None };
        *rest = after;
        return Some(met);
    }
    Some(ALLOWED.contains(&token.replace("_WITH_", " WITH ").as_str()))
}

#[test]
fn licences_are_allowed() {
    let mut broken = Vec::new();
    for package in &Graph::load().packages {
        let licence = package.licence.as_deref().unwrap_or("none");
        let is_exception =
            EXCEPTIONS.iter().any(|(name, of, _)| *name == package.name && *of == licence);
        if is_met(licence) != Some(true) && !is_exception {
            broken.push(format!("{} {}: {licence}", package.name, package.version));
        }
    }
    assert_none("a dependency has a licence that is not on the list", &broken);
}

#[test]
fn expressions_are_read() {
    assert_eq!(is_met("MIT/Apache-2.0"), Some(true));
    assert_eq!(is_met("(MIT OR GPL-3.0-only) AND Unicode-3.0"), Some(true));
    assert_eq!(is_met("MIT AND GPL-3.0-only"), Some(false));
    assert_eq!(is_met("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only"), Some(true));
    assert_eq!(is_met("MIT ("), None);
    assert_eq!(is_met(""), None);
}
