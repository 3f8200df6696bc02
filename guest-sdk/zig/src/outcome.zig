//! How a task ends. Zig's errors carry no text, so the last text of each is kept beside it.

const std = @import("std");
const memory = @import("memory.zig");

/// All errors of this library. Each but the last three means that one call did nothing.
pub const Error = error{
    /// A setting's path is not one.
    InvalidPath,
    /// A setting holds a value of another type.
    WrongType,
    /// A setting's value has more than 8 KiB.
    ValueTooLarge,
    /// The app's settings, or what one run changes in them, would be too much.
    QuotaExceeded,
    /// The app has all the settings that it may have.
    TooManySettings,
    /// A toast has more than 5 KiB.
    ToastTooLarge,
    /// The run, or the app in this hour, may not raise or change another toast.
    TooManyToasts,
    /// A field of a toast is not as documented.
    InvalidToast,
    /// Work for the app has more than 8 KiB.
    WorkTooLarge,
    /// The run has left all the work that it may.
    TooMuchWork,
    /// A key of work has not 1 to 64 bytes.
    InvalidWork,
    /// What a later version of the contract may add.
    HostRefused,
    /// It went wrong; made by `failed`.
    Failed,
    /// Not now; made by `retry` and `retryAfter`.
    Retry,
    /// Never; made by `rejected`.
    Rejected,
};

/// The longest pause that the contract knows: 24 hours.
const retry_ms_max = 24 * 60 * 60 * 1000;

const codes = @typeInfo(Error).error_set.error_names.?;

/// What was said with each error of this library, in the order of `codes`.
var texts: [codes.len]?[]const u8 = @splat(null);

/// The pause of the last `error.Retry`; null leaves it to the host.
var pause: ?u32 = null;

fn textOf(code: anyerror) ?*?[]const u8 {
    inline for (codes, &texts) |name, *text| {
        if (code == @field(anyerror, name)) return text;
    }
    return null;
}

/// It went wrong: `return bugle.failed("no {s}", .{name})`. The host tries again with growing
/// pauses, up to the attempt limit, then keeps the trigger as a dead letter with this message.
pub fn failed(comptime format: []const u8, arguments: anytype) Error {
    return with(error.Failed, format, arguments);
}

/// Not now. The host tries again after a pause of its own. This counts as an attempt.
pub fn retry() Error {
    pause = null;
    return error.Retry;
}

/// Not now. The host tries again after a pause: at most 24 hours, and longer ones are that.
pub fn retryAfter(pause_ms: u64) Error {
    pause = @intCast(@min(pause_ms, retry_ms_max));
    return error.Retry;
}

/// Never: this trigger will not succeed however often it is tried. A dead letter at once.
pub fn rejected(comptime format: []const u8, arguments: anytype) Error {
    return with(error.Rejected, format, arguments);
}

/// What an error says: the text that it was last made with, or its name if this library did not make
/// it. Whoever goes on after an error and needs its text later takes the text at once.
pub fn message(code: anyerror) []const u8 {
    const text = textOf(code) orelse return @errorName(code);
    return text.* orelse @errorName(code);
}

/// An error with its text; messages are kept with the run, cut at 4 KiB.
pub fn with(code: Error, comptime format: []const u8, arguments: anytype) Error {
    textOf(code).?.* = memory.print(format, arguments);
    return code;
}

/// How a task ends, as the contract has it.
pub const Outcome = union(enum) {
    completed,
    failed: []const u8,
    /// The pause in milliseconds; null leaves it to the host.
    retry: ?u32,
    rejected: []const u8,

    /// Any error that is none of the three is a failure.
    pub fn of(result: anyerror!void) Outcome {
        result catch |code| return switch (code) {
            error.Retry => .{ .retry = pause },
            error.Rejected => .{ .rejected = message(code) },
            else => .{ .failed = message(code) },
        };
        return .completed;
    }
};

/// For tests, each of which is a run of its own.
pub fn forget() void {
    texts = @splat(null);
    pause = null;
}

test "an error keeps its text and its pause when another call fails in between" {
    forget();
    defer forget();
    const later = retryAfter(60_000);
    const never = rejected("the {s}", .{"reason"});
    const large = with(error.ValueTooLarge, "too large", .{});
    try std.testing.expectEqual(error.InvalidPath, with(error.InvalidPath, "another", .{}));
    try std.testing.expectEqual(60_000, Outcome.of(later).retry);
    try std.testing.expectEqualStrings("the reason", Outcome.of(never).rejected);
    try std.testing.expectEqualStrings("too large", Outcome.of(large).failed);
    try std.testing.expectEqualStrings("Mine", Outcome.of(error.Mine).failed);
    try std.testing.expectEqual(null, Outcome.of(retry()).retry);
}
