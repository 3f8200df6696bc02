//! The contract's types, as Zig has them. The limits are those of `wit/`.

const std = @import("std");
const outcome = @import("outcome.zig");

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
pub const Timestamp = struct { ms: u64 };

/// A name and its value, as in a header or a form.
pub const Pair = struct { name: []const u8, value: []const u8 };

/// Why the task was woken. A manifest names the kinds that a task takes; no other wakes it.
pub const Trigger = union(enum) {
    raw_notification: RawNotification,
    toast_activated: ToastActivation,
    toast_dismissed: ToastDismissal,
    timer: TimerTick,
    application: ApplicationRequest,
    channel_expiring: ChannelExpiry,
    system: SystemEvent,
    custom: CustomEvent,

    /// The trigger's kind, as a manifest names it.
    pub fn kind(trigger: Trigger) []const u8 {
        return switch (trigger) {
            .raw_notification => "raw-notification",
            .toast_activated => "toast-activated",
            .toast_dismissed => "toast-dismissed",
            .timer => "timer",
            .application => "application",
            .channel_expiring => "channel-expiring",
            .system => "system",
            .custom => "custom",
        };
    }

    /// The raw notification, for a task that takes no other trigger; `error.Rejected` for others.
    pub fn rawNotification(trigger: Trigger) outcome.Error!RawNotification {
        return switch (trigger) {
            .raw_notification => |push| push,
            else => outcome.rejected(
                "this task takes raw notifications only, and was woken by `{s}`",
                .{trigger.kind()},
            ),
        };
    }
};

/// A raw push notification, as the sender gave it.
pub const RawNotification = struct {
    /// The channel's name in the manifest.
    channel: []const u8,
    /// 0 to 5,000 bytes.
    content: []const u8,
    /// The sender's media type, if it gave one; at most 255 bytes.
    content_type: ?[]const u8 = null,
    /// Lower-case names; at most 16, at most 4 KiB together.
    headers: []const Pair = &.{},
    /// When the host made it durable.
    received_at: Timestamp,

    /// The content as text; null if it is not UTF-8.
    pub fn text(push: RawNotification) ?[]const u8 {
        return if (std.unicode.utf8ValidateSlice(push.content)) push.content else null;
    }

    /// The first header of a name, which is in lower case.
    pub fn header(push: RawNotification, name: []const u8) ?[]const u8 {
        return find(push.headers, name);
    }
};

/// Somebody chose a toast, or one of its actions.
pub const ToastActivation = struct {
    tag: ?[]const u8,
    group: ?[]const u8,
    /// Of the toast or of the action that was chosen.
    argument: []const u8,
    /// What was typed or selected, by the id of the input; at most 5, at most 2 KiB each.
    inputs: []const Pair,

    /// What was typed or selected in the input of an id.
    pub fn input(activation: ToastActivation, id: []const u8) ?[]const u8 {
        return find(activation.inputs, id);
    }
};

/// A toast left the screen without being chosen.
pub const ToastDismissal = struct {
    tag: ?[]const u8,
    group: ?[]const u8,
    reason: Reason,

    pub const Reason = enum(u8) { by_user, by_app, expired };
};

/// A timer of the manifest is due.
pub const TimerTick = struct {
    name: []const u8,
    due_at: Timestamp,
    /// Ticks that passed while the host was down or a condition did not hold.
    missed: u32,
};

/// The app asked for this run itself.
pub const ApplicationRequest = struct {
    /// At most 64 KiB.
    content: []const u8,
    content_type: ?[]const u8,
};

/// A channel ends soon: the app should open another and tell its senders.
pub const ChannelExpiry = struct { channel: []const u8, expires_at: Timestamp };

/// Something around the app changed.
pub const SystemEvent = union(enum) {
    internet_available,
    user_present,
    user_away,
    session_connected,
    power_source_changed,
    time_zone_changed,
    /// The version before.
    app_updated: []const u8,
    other: []const u8,
};

/// A trigger of the embedder's own.
pub const CustomEvent = struct {
    /// Reverse-DNS; `bugle.*` is reserved.
    kind: []const u8,
    /// At most 64 KiB.
    content: []const u8,
};

/// What a setting holds; at most 8 KiB.
pub const Value = union(enum) {
    boolean: bool,
    integer: i64,
    float: f64,
    text: []const u8,
    bytes: []const u8,
    timestamp: u64,
};

/// One entry of a container of settings.
pub const Item = struct { name: []const u8, is_container: bool };

/// Why the host did not do what a task asked, as the contract has it: of settings, toasts and work.
pub const Refusal = union(enum) {
    invalid: []const u8,
    too_large: u32,
    quota_exceeded: u32,
    too_many: u32,
    other: []const u8,
};

/// What the host answers.
pub fn Answer(comptime T: type) type {
    return union(enum) { ok: T, refused: Refusal };
}

fn find(pairs: []const Pair, name: []const u8) ?[]const u8 {
    for (pairs) |pair| {
        if (std.mem.eql(u8, pair.name, name)) return pair.value;
    }
    return null;
}
