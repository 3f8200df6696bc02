//! Background tasks in Zig. The task is a public function of the project's `src/task.zig`:
//!
//!     pub fn run(trigger: bugle.Trigger) !void
//!
//! All memory that this library gives out lives until the run is over: nobody frees it. An instance
//! lives for one run, and its memory goes with it. `allocator` is for the task's own.

const std = @import("std");

const types = @import("types.zig");
const outcome = @import("outcome.zig");

pub const settings = @import("settings.zig");
pub const toasts = @import("toasts.zig");
pub const badge = @import("badge.zig");
pub const context = @import("context.zig");
pub const log = @import("log.zig");
pub const json = @import("json.zig");
/// A host for `zig test`. Not there in a component.
pub const testing = @import("testing.zig");

/// Memory that lives until the run is over. In a component `free` takes back the last block only.
pub const allocator = @import("memory.zig").allocator;

pub const Trigger = types.Trigger;
pub const RawNotification = types.RawNotification;
pub const ToastActivation = types.ToastActivation;
pub const ToastDismissal = types.ToastDismissal;
pub const TimerTick = types.TimerTick;
pub const ApplicationRequest = types.ApplicationRequest;
pub const ChannelExpiry = types.ChannelExpiry;
pub const SystemEvent = types.SystemEvent;
pub const CustomEvent = types.CustomEvent;
pub const Pair = types.Pair;
pub const Timestamp = types.Timestamp;

pub const Error = outcome.Error;
pub const failed = outcome.failed;
pub const retry = outcome.retry;
pub const retryAfter = outcome.retryAfter;
pub const rejected = outcome.rejected;
pub const message = outcome.message;

/// For `entry.zig` and `testing.zig`. Not part of the API.
pub const Outcome = outcome.Outcome;
pub const records = @import("abi_records.zig");
pub const stderr = @import("stderr.zig").io;

test {
    std.testing.refAllDecls(@This());
}
