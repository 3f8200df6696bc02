//! Where the guests of `guests/` and `crash/` are, by name: see `build.rs`.

include!(concat!(env!("OUT_DIR"), "/fixtures.rs"));
