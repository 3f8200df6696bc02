//! What only a component shows: where bugs and the standard library's log end.

const std = @import("std");
const bugle = @import("bugle");

const Part = enum { log, index, overflow, retry, rejected };

pub fn run(trigger: bugle.Trigger) !void {
    const push = try trigger.rawNotification();
    const part = std.meta.stringToEnum(Part, push.content) orelse return error.UnknownPart;
    // Lost with a run that does not complete.
    try bugle.settings.set("was-here", true);
    switch (part) {
        .log => {
            std.log.info("unread: {d}", .{3});
            std.log.scoped(.mail).warn("none", .{});
            std.debug.print("{s} is printed\n", .{push.content});
        },
        .index => {
            var bytes = [_]u8{ 1, 2, 3 };
            bytes[push.content.len] = 4;
            try bugle.settings.set("sum", bytes[0] + bytes[1] + bytes[2]);
        },
        .overflow => {
            var sum: u8 = 0;
            for (push.content) |byte| sum += byte;
            try bugle.settings.set("sum", sum);
        },
        .retry => return between(bugle.retryAfter(60_000)),
        .rejected => return between(bugle.rejected("the reason", .{})),
    }
}

/// Another call fails before the task ends with an error.
fn between(code: bugle.Error) bugle.Error {
    if (bugle.settings.get(i64, "no//path")) |_| {
        bugle.log.warn("the path is one", .{});
    } else |refused| {
        bugle.log.info("{s}", .{@errorName(refused)});
    }
    return code;
}
