//! This run, as the task may know it.

const host = @import("host.zig").call;
const outcome = @import("outcome.zig");
const types = @import("types.zig");

/// Why a run should end soon.
pub const Cancellation = union(enum) {
    /// The app is being removed.
    uninstall,
    /// A new version takes over.
    update,
    /// The host is shutting down.
    terminating,
    /// The allowance of time is used up; the grace period runs.
    time_limit,
    /// The app's allowance over time is used up.
    quota,
    /// A condition that the manifest asked for no longer holds.
    condition_lost,
    /// The person, or the app, asked for it.
    requested,
    other: []const u8,
};

/// The app's id, as in its manifest: `com.example.mail`.
pub fn app() []const u8 {
    return host.contextText(.app);
}

/// The app's version, as in its manifest.
pub fn appVersion() []const u8 {
    return host.contextText(.app_version);
}

/// The task's name in the manifest.
pub fn task() []const u8 {
    return host.contextText(.task);
}

/// The trigger's id, the same on every attempt: use it as an idempotency key.
pub fn triggerId() []const u8 {
    return host.contextText(.trigger_id);
}

/// The run's id, new for every attempt.
pub fn runId() []const u8 {
    return host.contextText(.run_id);
}

/// Which attempt this is; 1 at first.
pub fn attempt() u32 {
    return host.contextAttempt();
}

/// After this attempt there is no other.
pub fn attemptsMax() u32 {
    return host.contextAttemptsMax();
}

/// The run's own time: it starts at the run's start and advances with the work done.
pub fn now() types.Timestamp {
    return .{ .ms = host.contextNow() };
}

/// Bytes of the run's own randomness; at most 4,096 a call. A replayed run gets the same ones.
pub fn random(count: u32) []const u8 {
    return host.contextRandom(count);
}

/// How much work the run may still do: one unit is about one instruction.
pub fn remainingFuel() u64 {
    return host.contextRemainingFuel();
}

/// What is left of the run's own time, in milliseconds; 0 in the grace period.
pub fn remainingMs() u32 {
    return host.contextRemainingMs();
}

/// Whether the run should end soon, and why. A grace period is left from the first answer on.
pub fn cancellation() ?Cancellation {
    return host.contextCancellation();
}

/// How far the run is, in percent (more than 100 is 100): an app in the foreground sees it.
pub fn reportProgress(percent: u32) void {
    host.contextReportProgress(percent);
}

/// Leaves work for the app to do when it is next in the foreground; a later one with the same key
/// replaces it. A key has 1 to 64 bytes, content at most 8 KiB, and a run leaves at most 16 keys:
/// `error.InvalidWork`, `error.WorkTooLarge`, `error.TooMuchWork`.
pub fn onResume(key: []const u8, content: []const u8) outcome.Error!void {
    const why = switch (host.contextOnResume(key, content)) {
        .ok => return,
        .refused => |why| why,
    };
    return switch (why) {
        .too_large => |bytes| outcome.with(
            error.WorkTooLarge,
            "the work `{s}` for the app is too large: it may have {d} bytes",
            .{ key, bytes },
        ),
        .too_many => |count| outcome.with(
            error.TooMuchWork,
            "too much work for the app: no room for `{s}`, there may be {d} keys",
            .{ key, count },
        ),
        .invalid => |reason| outcome.with(
            error.InvalidWork,
            "the work `{s}` for the app is not valid: {s}",
            .{ key, reason },
        ),
        .quota_exceeded => unreachable, // of settings only
        .other => |reason| outcome.with(error.HostRefused, "the host refused: {s}", .{reason}),
    };
}
