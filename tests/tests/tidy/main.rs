//! The mechanical rules of this repository. A reader who finds one broken here need not look for it
//! in a review.
//!
//! Each test gathers all that breaks its rule, so that one look mends everything.

mod codes;
mod dependencies;
mod documents;
mod licences;
mod limits;
mod names;
mod service;
mod source;
mod tree;

/// Fails with all that breaks a rule, one a line.
#[track_caller]
fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}\n", broken.join("\n  "));
}
