//! Standard error, for `std.debug.print`: what one call prints is a line of the run's log. A component
//! has no other streams, and `std.debug` asks an `Io` for this one.

const std = @import("std");
const bugle = @import("bugle");

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
    writer.interface.flush() catch @panic("out of memory");
    writer.interface.buffer = &.{};
    const line = std.mem.trimEnd(u8, text.items, "\n");
    if (line.len > 0) bugle.log.debug("{s}", .{line});
    text.clearRetainingCapacity();
}

fn drain(to: *std.Io.Writer, data: []const []const u8, splat: usize) std.Io.Writer.Error!usize {
    append(to.buffered());
    to.end = 0;
    for (data[0 .. data.len - 1]) |part| append(part);
    for (0..splat) |_| append(data[data.len - 1]);
    return std.Io.Writer.countSplat(data, splat);
}

fn append(part: []const u8) void {
    text.appendSlice(bugle.allocator, part) catch @panic("out of memory");
}

/// Nothing here waits, so that nothing is ever cancelled.
fn swapCancelProtection(_: ?*anyopaque, _: std.Io.CancelProtection) std.Io.CancelProtection {
    return .unblocked;
}
