//! Senders of pushes that people use, unmodified, against the doors of a host. They are what
//! `cargo xtask test` sets up below `target/clients`, driven by `tests/clients`.

mod by_hand;
mod driver;
mod foreground;
mod ntfy;
mod plain;
mod rates;
mod recorded;
mod stage;
mod web_push;
mod wns;
