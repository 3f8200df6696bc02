//! What a task has to say to its author. Kept with the run, however it ends: at most 64 KiB in at
//! most 1,000 lines of 2 KiB; the rest is cut and counted. Formats are those of `std.fmt`.

const std = @import("std");
const host = @import("host.zig").call;
const memory = @import("memory.zig");

pub const Level = enum(u8) { trace, debug, info, warn, @"error" };

/// Writes one line as it is.
pub fn write(level: Level, text: []const u8) void {
    host.logWrite(level, text);
}

/// For whoever follows each step.
pub fn trace(comptime format: []const u8, arguments: anytype) void {
    write(.trace, memory.print(format, arguments));
}

/// For whoever looks for a fault.
pub fn debug(comptime format: []const u8, arguments: anytype) void {
    write(.debug, memory.print(format, arguments));
}

/// For whoever wants to know what happened.
pub fn info(comptime format: []const u8, arguments: anytype) void {
    write(.info, memory.print(format, arguments));
}

/// About what should not be, and was got over.
pub fn warn(comptime format: []const u8, arguments: anytype) void {
    write(.warn, memory.print(format, arguments));
}

/// About what went wrong.
pub fn err(comptime format: []const u8, arguments: anytype) void {
    write(.@"error", memory.print(format, arguments));
}

/// For `std_options.logFn`: what `std.log` says is a line here, behind its scope if it has one.
pub fn standard(
    comptime level: std.log.Level,
    comptime scope: @EnumLiteral(),
    comptime format: []const u8,
    arguments: anytype,
) void {
    const prefix = if (scope == .default) "" else "(" ++ @tagName(scope) ++ ") ";
    write(switch (level) {
        .err => .@"error",
        .warn => .warn,
        .info => .info,
        .debug => .debug,
    }, memory.print(prefix ++ format, arguments));
}

test "std.log is written with its level and its scope" {
    var run: @import("testing.zig").Run = .init();
    defer run.deinit();
    standard(.err, .default, "no {s}", .{"mail"});
    standard(.debug, .mail, "read", .{});
    try std.testing.expectEqual(.@"error", run.lines()[0].level);
    try std.testing.expectEqualStrings("no mail", run.lines()[0].text);
    try std.testing.expectEqualStrings("(mail) read", run.lines()[1].text);
}
