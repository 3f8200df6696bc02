//! The mark on the app's icon and on the lock screen. The last one set in a run is committed with
//! it.

use crate::host;

pub use crate::bindings::bugle::task::badge::{Glyph, Mark};

/// The mark as it is now, this run's own change included; none where there is none.
#[must_use]
pub fn get() -> Option<Mark> {
    host::badge::get()
}

/// Shows a number, as 99+ above 99; 0 clears.
pub fn set_number(number: u32) {
    host::badge::set(Mark::Number(number));
}

/// Shows a sign.
pub fn set_glyph(glyph: Glyph) {
    host::badge::set(Mark::Glyph(glyph));
}

/// Takes the mark away.
pub fn clear() {
    host::badge::clear();
}
