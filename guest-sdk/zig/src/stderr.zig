//! Standard error, for `std.debug.print`: what one call prints is a line of the run's log. A component
//! has no other streams, and `std.debug` asks an `Io` for this one.

const std = @import("std");
const log = @import("log.zig");
const memory = @import("memory.zig");

pub const io: std.Io = .{ .userdata = null, .vtable = &vtable };

const vtable: std.Io.VTable = made: {
    var all = std.Io.failing.vtable.*;
    all.swapCancelProtection = swapCancelProtection;
    all.lockStderr = lock;
    all.unlockStderr = unlock;
    break :made all;
};

/// What was printed since the lock was taken.
var text: std.ArrayList(u8) = .empty;

var writer: std.Io.File.Writer = .{
    .io = io,
    .file = undefined, // `drain` needs none
    .interface = .{ .vtable = &.{ .drain = drain }, .buffer = &.{} },
};

fn lock(_: ?*anyopaque, _: ?std.Io.Terminal.Mode) std.Io.Cancelable!std.Io.LockedStderr {
    return .{ .file_writer = &writer, .terminal_mode = .no_color };
}

fn unlock(_: ?*anyopaque) void {
    writer.interface.flush() catch unreachable; // `drain` does not fail
    writer.interface.buffer = &.{};
    const line = std.mem.trimEnd(u8, text.items, "\n");
    if (line.len > 0) log.write(.debug, line);
    text = .empty;
}

fn drain(to: *std.Io.Writer, data: []const []const u8, splat: usize) std.Io.Writer.Error!usize {
    append(to.buffered());
    to.end = 0;
    for (data[0 .. data.len - 1]) |part| append(part);
    for (0..splat) |_| append(data[data.len - 1]);
    return std.Io.Writer.countSplat(data, splat);
}

fn append(part: []const u8) void {
    text.appendSlice(memory.allocator, part) catch @panic("out of memory");
}

/// Nothing here waits, so that nothing is ever cancelled.
fn swapCancelProtection(_: ?*anyopaque, _: std.Io.CancelProtection) std.Io.CancelProtection {
    return .unblocked;
}

test "what one call prints is a line of the log" {
    var run: @import("testing.zig").Run = .init();
    defer run.deinit();
    const long: [200]u8 = @splat('x');
    for ([_][]const u8{ "short\n", &long }) |printed| {
        var buffer: [64]u8 = undefined;
        const locked = try io.lockStderr(&buffer, null);
        defer io.unlockStderr();
        try locked.file_writer.interface.print("{s}", .{printed});
    }
    try std.testing.expectEqual(2, run.lines().len);
    try std.testing.expectEqualStrings("short", run.lines()[0].text);
    try std.testing.expectEqualStrings(&long, run.lines()[1].text);
}
