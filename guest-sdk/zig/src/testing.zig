//! Runs a task natively in a plain `zig test`, on a host of its own.
//!
//!     var run: bugle.testing.Run = .init();
//!     defer run.deinit();
//!     try bugle.settings.set("inbox/unread", 3);             // what is there before the run
//!     const outcome = run.push(task.run, "hello");
//!     try std.testing.expectEqual(.completed, outcome);
//!     try std.testing.expectEqual(4, try bugle.settings.get(i64, "inbox/unread")); // and after it
//!     try std.testing.expectEqualStrings("hello", run.toasts()[0].body);
//!
//! As on the real host, a run that does not complete leaves nothing but its log. Paths, keys, the
//! size of values and the number of toasts are checked with the real host's words; what only
//! `bugle test` holds are the sandbox's limits (fuel, time, memory) and the app's quotas.

const std = @import("std");
const context = @import("context.zig");
const memory = @import("memory.zig");
const outcome = @import("outcome.zig");
const state = @import("testing_state.zig");
const types = @import("types.zig");

pub const host = @import("testing_host.zig");

pub const Outcome = outcome.Outcome;
pub const Toast = @import("toasts.zig").Toast;
pub const Line = state.Line;

/// The host of one test. One at a time: a task's functions have no argument to tell hosts apart.
pub const Run = struct {
    /// A host on which nothing has happened: the first of 5 attempts of the task `task` of the app
    /// `com.example.app`, at 2024-01-01T00:00:00Z.
    pub fn init() Run {
        _ = memory.arena.reset(.free_all);
        outcome.forget();
        state.host = .{};
        return .{};
    }

    /// Frees all that the run gave out.
    pub fn deinit(_: *Run) void {
        _ = init();
    }

    /// How many toasts the app may still raise in this hour; 8, a run's most, unless this is said.
    pub fn toastsLeft(_: *Run, count: u32) void {
        state.host.toasts_left = @min(count, state.toasts_max);
    }

    /// Which attempt this is.
    pub fn attempt(_: *Run, number: u32) void {
        state.host.attempt = number;
    }

    /// When the run starts.
    pub fn time(_: *Run, now: types.Timestamp) void {
        state.host.now = now.ms;
    }

    /// The run is to end soon.
    pub fn cancellation(_: *Run, reason: context.Cancellation) void {
        state.host.cancellation = reason;
    }

    /// Wakes the task with a raw notification on the channel `inbox`.
    pub fn push(run: *Run, comptime task: anytype, content: []const u8) Outcome {
        return run.wake(task, .{ .raw_notification = .{
            .channel = "inbox",
            .content = content,
            .received_at = .{ .ms = state.host.now },
        } });
    }

    /// Wakes the task with any trigger.
    pub fn wake(_: *Run, comptime task: anytype, trigger: types.Trigger) Outcome {
        const before = state.host.effects;
        state.host.effects.settings = state.copy(before.settings.items);
        const ended: Outcome = .of(task(trigger));
        if (ended != .completed) state.host.effects = before;
        return ended;
    }

    /// The toasts that the run raised, in order.
    pub fn toasts(_: *const Run) []const Toast {
        return state.host.effects.toasts.items;
    }

    /// How many toasts it changed or hid.
    pub fn toastChanges(_: *const Run) usize {
        return state.host.effects.toast_changes;
    }

    /// The work that it left under a key.
    pub fn work(_: *const Run, key: []const u8) ?[]const u8 {
        for (state.host.effects.work.items) |left| {
            if (std.mem.eql(u8, left.name, key)) return left.value;
        }
        return null;
    }

    /// What it said.
    pub fn lines(_: *const Run) []const Line {
        return state.host.lines.items;
    }
};
