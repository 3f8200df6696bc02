//! What the testing host keeps.

const std = @import("std");
const badge = @import("badge.zig");
const context = @import("context.zig");
const log = @import("log.zig");
const memory = @import("memory.zig");
const toasts = @import("toasts.zig");
const types = @import("types.zig");

/// The most toasts of a run.
pub const toasts_max = 8;

/// One line of a run's log.
pub const Line = struct { level: log.Level, text: []const u8 };

pub const Setting = struct { path: []const u8, value: types.Value };

/// What a run changes, and what stays as it was if it does not complete.
pub const Effects = struct {
    /// In the order of the paths' bytes.
    settings: std.ArrayList(Setting) = .empty,
    settings_version: u32 = 0,
    badge: ?badge.Mark = null,
    toasts: std.ArrayList(toasts.Toast) = .empty,
    toast_changes: usize = 0,
    work: std.ArrayList(types.Pair) = .empty,
};

pub var host: struct {
    effects: Effects = .{},
    lines: std.ArrayList(Line) = .empty,
    toasts_left: u32 = toasts_max,
    attempt: u32 = 1,
    /// 2024-01-01T00:00:00Z: a time that no test can take for the machine's.
    now: u64 = 1_704_067_200_000,
    random_given: u64 = 0,
    cancellation: ?context.Cancellation = null,
} = .{};

/// Settings of its own for a run that may come to nothing.
pub fn copy(settings: []const Setting) std.ArrayList(Setting) {
    var made: std.ArrayList(Setting) = .empty;
    made.appendSlice(memory.allocator, settings) catch @panic("out of memory");
    return made;
}

/// A copy of a text: the task may use its own again. What is no text traps in a component.
pub fn kept(text: []const u8) []const u8 {
    if (!std.unicode.utf8ValidateSlice(text)) @panic("a text for the host is not UTF-8");
    return keptBytes(text);
}

pub fn keptBytes(bytes: []const u8) []const u8 {
    return memory.allocator.dupe(u8, bytes) catch @panic("out of memory");
}
