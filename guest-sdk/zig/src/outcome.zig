//! How a task ends. Zig's errors carry no text, so the text of the last one is kept beside it.

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

const Last = struct { code: anyerror, text: []const u8, pause_ms: ?u32 = null };

var last: ?Last = null;

/// It went wrong: `return bugle.failed("no {s}", .{name})`. The host tries again with growing
/// pauses, up to the attempt limit, then keeps the trigger as a dead letter with this message.
pub fn failed(comptime format: []const u8, arguments: anytype) Error {
    return with(error.Failed, format, arguments);
}

/// Not now. The host tries again after a pause of its own. This counts as an attempt.
pub fn retry() Error {
    last = .{ .code = error.Retry, .text = "" };
    return error.Retry;
}

/// Not now. The host tries again after a pause: at most 24 hours, and longer ones are that.
pub fn retryAfter(pause_ms: u64) Error {
    const ms: u32 = @intCast(@min(pause_ms, retry_ms_max));
    last = .{ .code = error.Retry, .text = "", .pause_ms = ms };
    return error.Retry;
}

/// Never: this trigger will not succeed however often it is tried. A dead letter at once.
pub fn rejected(comptime format: []const u8, arguments: anytype) Error {
    return with(error.Rejected, format, arguments);
}

/// What an error says: the text it was made with, or its name if this library did not make it.
pub fn message(code: anyerror) []const u8 {
    if (last) |made| {
        if (made.code == code) return made.text;
    }
    return @errorName(code);
}

/// An error with its text; messages are kept with the run, cut at 4 KiB.
pub fn with(code: Error, comptime format: []const u8, arguments: anytype) Error {
    last = .{ .code = code, .text = memory.print(format, arguments) };
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
            error.Retry => .{ .retry = if (last) |made| made.pause_ms else null },
            error.Rejected => .{ .rejected = message(code) },
            else => .{ .failed = message(code) },
        };
        return .completed;
    }
};

/// For tests, each of which is a run of its own.
pub fn forget() void {
    last = null;
}
