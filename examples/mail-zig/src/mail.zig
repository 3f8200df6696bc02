const std = @import("std");
const bugle = @import("bugle");

const Toast = bugle.toasts.Toast;

/// The most bytes an id may have, since it is also the tag of a toast.
const id_bytes_max = 64;

/// One mail, as the push has it.
pub const Mail = struct {
    id: []const u8,
    from: []const u8,
    subject: []const u8,
    preview: ?[]const u8,

    /// The mail as a toast that a later push of the same mail replaces.
    pub fn toast(mail: Mail) !Toast {
        const parts = [_][]const u8{ mail.subject, "\n", mail.preview orelse "" };
        return .{
            .title = if (mail.from.len > 0) mail.from else "Unknown sender",
            .body = if (mail.preview == null)
                mail.subject
            else
                try std.mem.concat(bugle.allocator, u8, &parts),
            .tag = mail.id,
            .group = "mail",
            .argument = mail.id,
        };
    }

    /// A mail from JSON. Fields that are not known are ignored, so that the sender may add some.
    fn fromJson(json: bugle.json.Value, number: usize) !Mail {
        const id = try needed(json, "id", number);
        if (id.len < 1 or id.len > id_bytes_max) return bugle.rejected(
            "mail {d} of the push has an id of {d} bytes, not 1 to {d}",
            .{ number, id.len, id_bytes_max },
        );
        return .{
            .id = id,
            .from = try needed(json, "from", number),
            .subject = try needed(json, "subject", number),
            .preview = json.text("preview"),
        };
    }
};

fn needed(json: bugle.json.Value, name: []const u8, number: usize) ![]const u8 {
    return json.text(name) orelse
        bugle.rejected("mail {d} of the push has no text `{s}`", .{ number, name });
}

/// The mails of a push, the oldest first. Rejects what is no list of mails, and says where the push
/// is not JSON, or which mail is not as it should be.
pub fn parse(content: []const u8) ![]const Mail {
    var place: bugle.json.Place = .{};
    const json = bugle.json.parse(content, &place) catch |code| return bugle.rejected(
        "the push is not a JSON list of mails: {s} at line {d} column {d}",
        .{ @errorName(code), place.line, place.column },
    );
    if (json != .array) {
        return bugle.rejected("the push is not a JSON list of mails, but another value", .{});
    }
    const mails = try bugle.allocator.alloc(Mail, json.array.len);
    for (mails, json.array, 1..) |*mail, value, number| mail.* = try Mail.fromJson(value, number);
    return mails;
}

/// The mails that come after the one that was announced last; all, if it is not among them.
pub fn after(mails: []const Mail, last: ?[]const u8) []const Mail {
    const id = last orelse return mails;
    var at = mails.len;
    while (at > 0) : (at -= 1) {
        if (std.mem.eql(u8, mails[at - 1].id, id)) return mails[at..];
    }
    return mails;
}

/// The ids as a JSON list, for the app to fetch.
pub fn ids(mails: []const Mail) ![]const u8 {
    var json: std.ArrayList(u8) = .empty;
    try json.append(bugle.allocator, '[');
    for (mails, 0..) |mail, at| {
        if (at > 0) try json.append(bugle.allocator, ',');
        try bugle.json.appendString(&json, mail.id);
    }
    try json.append(bugle.allocator, ']');
    return json.items;
}
