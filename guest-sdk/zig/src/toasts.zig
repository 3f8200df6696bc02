//! Notices for the person. They are raised when the run is committed, not before.
//!
//! All text is plain text in UTF-8. At most 8 toasts a run, each at most 5 KiB, at most 32 updates
//! and hides a run, and 60 toasts an hour for an app. Where toasts are not wanted all of this still
//! succeeds and nothing is shown: see `permitted`.

const host = @import("host.zig").call;
const outcome = @import("outcome.zig");
const types = @import("types.zig");

const Error = outcome.Error;

/// `toasts.show(.{ .title = "New message", .tag = "inbox" })`.
pub const Toast = struct {
    /// At least 1 byte.
    title: []const u8,
    /// Lines are separated by line feeds; a sink shows at least the first two.
    body: []const u8 = "",
    /// Where it comes from, in small print.
    attribution: ?[]const u8 = null,
    /// Handed back when the toast itself is chosen.
    argument: []const u8 = "",
    image: ?Image = null,
    /// At most 5.
    actions: []const Action = &.{},
    /// At most 5, each with an id of its own.
    inputs: []const Input = &.{},
    progress: ?Progress = null,
    scenario: Scenario = .standard,
    silent: bool = false,
    /// With `group`, names the toast: a later one of the same name replaces it. 1 to 64 bytes.
    tag: ?[]const u8 = null,
    /// 1 to 64 bytes.
    group: ?[]const u8 = null,
    /// When to take it away, in milliseconds; at most 3 days, which is also the default.
    expires_after_ms: ?u32 = null,
    /// Names and values for one kind of sink; what is not known is ignored. At most 16.
    hints: []const types.Pair = &.{},
};

/// How insistent a toast is; `quiet` goes straight to the list of past toasts.
pub const Scenario = enum(u8) { standard, reminder, alarm, incoming_call, quiet };

pub const Image = struct {
    /// A path inside the app's own folder, or an `https:` address on a host that the manifest
    /// allows. At most 1,024 bytes.
    uri: []const u8,
    alternative_text: []const u8,
    placement: Placement = .@"inline",

    pub const Placement = enum(u8) { @"inline", app_logo, hero };
};

/// What a person can choose.
pub const Action = struct {
    label: []const u8,
    /// Handed back in `ToastActivation.argument`.
    argument: []const u8,
    /// Opens the app instead of waking the task.
    foreground: bool = false,
};

/// What a person can fill in.
pub const Input = struct {
    id: []const u8,
    label: ?[]const u8 = null,
    placeholder: ?[]const u8 = null,
    /// Empty for free text; otherwise a choice among these, at most 5.
    choices: []const Choice = &.{},
};

pub const Choice = struct { id: []const u8, label: []const u8 };

pub const Progress = struct {
    title: ?[]const u8 = null,
    status: []const u8,
    /// 0 to 1; null for "some time yet".
    fraction: ?f64 = null,
    /// Shown in place of the percentage.
    value_text: ?[]const u8 = null,
};

/// Changes to a toast that is already shown; what is null stays.
pub const Update = struct {
    title: ?[]const u8 = null,
    body: ?[]const u8 = null,
    progress: ?Progress = null,
};

/// Whether the person, and who runs the host, want this app's toasts.
pub fn permitted() bool {
    return host.toastsPermitted();
}

/// Raises a toast, in place of one with the same tag and group. `error.ToastTooLarge`,
/// `error.TooManyToasts`, `error.InvalidToast`; toasts that were raised before stay.
pub fn show(toast: Toast) Error!void {
    return done(host.toastsShow(&toast));
}

/// Changes a toast if it is still there. An update whose `sequence` is not above the last that was
/// applied is ignored; 0 always applies. Errors as for `show`.
pub fn update(tag: []const u8, group: ?[]const u8, sequence: u32, change: Update) Error!void {
    return done(host.toastsUpdate(tag, group, sequence, &change));
}

/// Takes one toast away; all of a group if `tag` is null; all of the app's if both are.
/// `error.TooManyToasts`, `error.InvalidToast`.
pub fn hide(tag: ?[]const u8, group: ?[]const u8) Error!void {
    return done(host.toastsHide(tag, group));
}

fn done(answer: types.Answer(void)) Error!void {
    const why = switch (answer) {
        .ok => return,
        .refused => |why| why,
    };
    return switch (why) {
        .too_large => |bytes| outcome.with(
            error.ToastTooLarge,
            "the toast is too large: it may have {d} bytes of text",
            .{bytes},
        ),
        .too_many => |count| outcome.with(
            error.TooManyToasts,
            "too many toasts: no more than {d} may be raised or changed",
            .{count},
        ),
        .invalid => |reason| outcome.with(
            error.InvalidToast,
            "the toast is not valid: {s}",
            .{reason},
        ),
        .quota_exceeded => unreachable, // of settings only
        .other => |reason| outcome.with(error.HostRefused, "the host refused: {s}", .{reason}),
    };
}
