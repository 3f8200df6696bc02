//! The mark on the app's icon and on the lock screen. The last one set in a run is committed.

const host = @import("host.zig").call;

pub const Mark = union(enum) { number: u32, glyph: Glyph };

pub const Glyph = enum(u8) {
    activity,
    alarm,
    alert,
    attention,
    available,
    away,
    busy,
    @"error",
    new_message,
    paused,
    playing,
    unavailable,
};

/// The mark as it is now, this run's own change included; null where there is none.
pub fn get() ?Mark {
    return host.badgeGet();
}

/// Shows a number, as 99+ above 99; 0 clears.
pub fn setNumber(number: u32) void {
    host.badgeSet(.{ .number = number });
}

/// Shows a sign.
pub fn setGlyph(glyph: Glyph) void {
    host.badgeSet(.{ .glyph = glyph });
}

/// Takes the mark away.
pub fn clear() void {
    host.badgeClear();
}
