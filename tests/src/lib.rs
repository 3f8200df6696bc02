//! What the tests of Bugle share.

pub mod probe;
