const std = @import("std");
const bugle = @import("bugle");

/// Counts pushes, and shows what each of them says.
pub fn run(trigger: bugle.Trigger) !void {
    const push = try trigger.rawNotification();
    const text = push.text() orelse return bugle.rejected("the push is not UTF-8", .{});
    const unread = (try bugle.settings.get(i64, "inbox/unread") orelse 0) + 1;
    try bugle.settings.set("inbox/unread", unread);
    bugle.badge.setNumber(std.math.lossyCast(u32, unread));
    try bugle.toasts.show(.{ .title = "New message", .body = text, .tag = "inbox" });
    bugle.log.info("unread: {d}", .{unread});
}

test "a push is counted and shown" {
    var host: bugle.testing.Run = .init();
    defer host.deinit();
    try bugle.settings.set("inbox/unread", 3);
    try std.testing.expectEqual(.completed, host.push(run, "hello"));
    try std.testing.expectEqual(4, try bugle.settings.get(i64, "inbox/unread"));
    try std.testing.expectEqualStrings("hello", host.toasts()[0].body);
    try std.testing.expectEqualStrings("unread: 4", host.lines()[0].text);
}

test "a push that is no text is rejected" {
    var host: bugle.testing.Run = .init();
    defer host.deinit();
    try std.testing.expectEqualStrings("the push is not UTF-8", host.push(run, "\xff").rejected);
    try std.testing.expectEqual(0, host.toasts().len);
}
