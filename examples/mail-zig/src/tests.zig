//! The task, natively: `bugle test` runs it as it is shipped.

const std = @import("std");
const bugle = @import("bugle");
const task = @import("task.zig");

const Run = bugle.testing.Run;
const expect = std.testing.expect;
const expectEqual = std.testing.expectEqual;
const expectEqualStrings = std.testing.expectEqualStrings;

/// Pushes mails with ids from 1 on.
fn pushMails(run: *Run, comptime count: usize) bugle.testing.Outcome {
    var json: std.ArrayList(u8) = .empty;
    inline for (1..count + 1) |id| {
        json.appendSlice(bugle.allocator, std.fmt.comptimePrint(
            "{c}{{\"id\":\"{d}\",\"from\":\"Ada\",\"subject\":\"Number {d}\"}}",
            .{ if (id == 1) '[' else ',', id, id },
        )) catch unreachable;
    }
    json.append(bugle.allocator, ']') catch unreachable;
    return run.push(task.run, json.items);
}

test "a mail becomes a toast, a count and work" {
    var run: Run = .init();
    defer run.deinit();
    try bugle.settings.set("inbox/unread", 2);
    const outcome = run.push(task.run,
        \\[{"id":"a1","from":"Ada","subject":"Notes","preview":"On the \"engine\""}]
    );
    try expectEqual(.completed, outcome);
    try expectEqual(1, run.toasts().len);
    const toast = run.toasts()[0];
    try expectEqualStrings("Ada", toast.title);
    try expectEqualStrings("Notes\nOn the \"engine\"", toast.body);
    try expectEqualStrings("a1", toast.tag.?);
    try expectEqual(3, try bugle.settings.get(i64, "inbox/unread"));
    try expectEqualStrings("a1", (try bugle.settings.get([]const u8, "inbox/last")).?);
    try expectEqual(bugle.badge.Mark{ .number = 3 }, bugle.badge.get());
    try expectEqualStrings("[\"a1\"]", run.work("sync").?);
    try expectEqualStrings("new mails: 1, unread: 3", run.lines()[0].text);
}

test "many mails share one toast" {
    var run: Run = .init();
    defer run.deinit();
    try expectEqual(.completed, pushMails(&run, 8));
    try expectEqual(6, run.toasts().len);
    try expectEqualStrings("and 3 more", run.toasts()[5].title);
}

test "mails that were announced are skipped" {
    var run: Run = .init();
    defer run.deinit();
    try bugle.settings.set("inbox/last", "3");
    try expectEqual(.completed, pushMails(&run, 3));
    try expectEqual(0, run.toasts().len);
    try expectEqual(null, try bugle.settings.get(i64, "inbox/unread"));
}

test "when the hour's toasts are used up mails still count" {
    var run: Run = .init();
    defer run.deinit();
    run.toastsLeft(1);
    try expectEqual(.completed, pushMails(&run, 3));
    try expectEqual(1, run.toasts().len);
    try expectEqual(3, try bugle.settings.get(i64, "inbox/unread"));
    try expectEqual(.warn, run.lines()[0].level);
}

test "what is no list of mails is rejected and changes nothing" {
    const bad = [_][2][]const u8{
        .{ "{}", "the push is not a JSON list of mails, but another value" },
        .{ "[{\"id\":\"1\",\"from\":\"Ada\"}]", "mail 1 of the push has no text `subject`" },
        .{ "[{\"id\":7}]", "mail 1 of the push has no text `id`" },
        .{ "[{\"id\":\"\"}]", "mail 1 of the push has an id of 0 bytes, not 1 to 64" },
    };
    for (bad) |case| {
        var run: Run = .init();
        defer run.deinit();
        const outcome = run.push(task.run, case[0]);
        try expectEqualStrings(case[1], outcome.rejected);
        try expectEqual(0, run.toasts().len);
    }
    var run: Run = .init();
    defer run.deinit();
    try expect(run.push(task.run, "[{\"id\":\"\\ud800\"}]") == .rejected);
}

test "a setting of another type fails and says so" {
    var run: Run = .init();
    defer run.deinit();
    try bugle.settings.set("inbox/unread", "many");
    const outcome = pushMails(&run, 1);
    const why = "the setting `inbox/unread` is of the type text, not integer";
    try expectEqualStrings(why, outcome.failed);
    try expectEqual(0, run.toasts().len);
}
