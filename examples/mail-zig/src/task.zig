//! Announces new mails: a toast each, the unread count on the badge, and work for the app.

const std = @import("std");
const bugle = @import("bugle");
const mail = @import("mail.zig");

/// How many mails nobody has read yet; the app lowers it.
const unread_path = "inbox/unread";
/// The id of the newest mail that was announced.
const last_path = "inbox/last";
/// More toasts than this at once are noise; the rest share one.
const toasts_max = 5;

/// Takes a JSON list of new mails, the oldest first.
pub fn run(trigger: bugle.Trigger) !void {
    const push = try trigger.rawNotification();
    const mails = try mail.parse(push.content);
    const last = try bugle.settings.get([]const u8, last_path);
    const new = mail.after(mails, last);
    if (new.len == 0) {
        bugle.log.info("mails: {d}, none of them new", .{mails.len});
        return;
    }
    try show(new);
    const unread = try count(new.len);
    try bugle.settings.set(last_path, new[new.len - 1].id);
    try bugle.context.onResume("sync", try mail.ids(new));
    bugle.log.info("new mails: {d}, unread: {d}", .{ new.len, unread });
}

/// A toast for each of the first mails, and one for the rest.
fn show(mails: []const mail.Mail) !void {
    raise(mails) catch |code| switch (code) {
        // The hour's toasts are used up. The mails still count as unread.
        error.TooManyToasts => bugle.log.warn("{s}", .{bugle.message(code)}),
        else => return code,
    };
}

fn raise(mails: []const mail.Mail) !void {
    const shown = @min(mails.len, toasts_max);
    for (mails[0..shown]) |new| try bugle.toasts.show(try new.toast());
    if (mails.len == shown) return;
    const more = .{mails.len - shown};
    try bugle.toasts.show(.{
        .title = try std.fmt.allocPrint(bugle.allocator, "and {d} more", more),
        .tag = "more",
        .group = "mail",
    });
}

/// Adds to the unread mails, and shows their number on the badge.
fn count(new: usize) !i64 {
    const before = @max(try bugle.settings.get(i64, unread_path) orelse 0, 0);
    const unread = before +| @as(i64, @intCast(new));
    try bugle.settings.set(unread_path, unread);
    bugle.badge.setNumber(std.math.lossyCast(u32, unread));
    return unread;
}

test {
    _ = @import("tests.zig");
}
