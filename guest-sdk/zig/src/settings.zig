//! The app's settings: what its tasks remember, and what its user interface reads.
//!
//! A path is names joined by `/`: `inbox/unread`. A name has 1 to 255 bytes; a path has at most 32
//! names and 1,024 bytes. A value has at most 8 KiB, and an app at most 1 MiB in 4,096 settings.
//! Reads see this run's own writes; writes are committed with the rest of the run.

const std = @import("std");
const host = @import("host.zig").call;
const memory = @import("memory.zig");
const outcome = @import("outcome.zig");
const types = @import("types.zig");

const Error = outcome.Error;

pub const Value = types.Value;
pub const Item = types.Item;

/// Bytes that are no text: `[]const u8` is text.
pub const Bytes = struct { bytes: []const u8 };

/// What is set at a path, as `bool`, `i64`, `f64`, `[]const u8` (text), `Bytes`, `Timestamp` or
/// `Value` (whatever is set); null where nothing is. `error.WrongType`, `error.InvalidPath`.
pub fn get(comptime T: type, path: []const u8) Error!?T {
    const found = switch (host.settingsGet(path)) {
        .ok => |found| found orelse return null,
        .refused => |why| return refused(path, why),
    };
    if (T == Value) return found;
    const wanted = comptime case(T);
    if (found != wanted) return outcome.with(
        error.WrongType,
        "the setting `{s}` is of the type {s}, not {s}",
        .{ path, @tagName(found), @tagName(wanted) },
    );
    const payload = @field(found, @tagName(wanted));
    return if (T == Bytes)
        .{ .bytes = payload }
    else if (T == types.Timestamp)
        .{ .ms = payload }
    else
        payload;
}

/// Sets a value in place of whatever value and type was there. `error.ValueTooLarge`,
/// `error.QuotaExceeded`, `error.TooManySettings`, `error.InvalidPath`.
pub fn set(path: []const u8, value: anytype) Error!void {
    switch (host.settingsSet(path, valueOf(value))) {
        .ok => {},
        .refused => |why| return refused(path, why),
    }
}

/// Removes a setting; says whether there was one. `error.InvalidPath`, `error.QuotaExceeded` if a run
/// may not change more.
pub fn remove(path: []const u8) Error!bool {
    return switch (host.settingsRemove(path)) {
        .ok => |was_set| was_set,
        .refused => |why| refused(path, why),
    };
}

/// Removes a container and all in it; the empty path clears the app. Says how many settings went.
/// `error.InvalidPath`, `error.QuotaExceeded` if a run may not change so much.
pub fn clear(container: []const u8) Error!u32 {
    return switch (host.settingsClear(container)) {
        .ok => |count| count,
        .refused => |why| refused(container, why),
    };
}

/// At most 256 entries of a container (the empty path is the app's root), in the order of the bytes
/// of their names, after the name `after`, or from the first. A name that is both a setting and a
/// container comes twice, the setting first. An empty page is the end. `error.InvalidPath`.
pub fn items(container: []const u8, after: ?[]const u8) Error![]const Item {
    return switch (host.settingsItems(container, after)) {
        .ok => |page| page,
        .refused => |why| refused(container, why),
    };
}

/// The version of the app's settings, 0 at first: for an app to know what shape its data has.
pub fn version() u32 {
    return host.settingsVersion();
}

pub fn setVersion(number: u32) void {
    host.settingsSetVersion(number);
}

fn case(comptime T: type) std.meta.Tag(Value) {
    return switch (T) {
        bool => .boolean,
        i64 => .integer,
        f64 => .float,
        []const u8 => .text,
        Bytes => .bytes,
        types.Timestamp => .timestamp,
        else => @compileError("a setting cannot be read as " ++ @typeName(T)),
    };
}

fn valueOf(value: anytype) Value {
    const T = @TypeOf(value);
    return switch (T) {
        Value => value,
        bool => .{ .boolean = value },
        Bytes => .{ .bytes = value.bytes },
        types.Timestamp => .{ .timestamp = value.ms },
        else => switch (@typeInfo(T)) {
            .int, .comptime_int => .{ .integer = value },
            .float, .comptime_float => .{ .float = value },
            else => .{ .text = value },
        },
    };
}

fn refused(path: []const u8, why: types.Refusal) Error {
    return switch (why) {
        .invalid => |reason| outcome.with(
            error.InvalidPath,
            "`{s}` is not the path of a setting: {s}",
            .{ path, reason },
        ),
        .too_large => |bytes| outcome.with(
            error.ValueTooLarge,
            "the value for the setting `{s}` is too large: it may have {d} bytes",
            .{ path, bytes },
        ),
        .quota_exceeded => |bytes| outcome.with(
            error.QuotaExceeded,
            "no room for the setting `{s}`: there may be {d} bytes in all",
            .{ path, bytes },
        ),
        .too_many => |count| outcome.with(
            error.TooManySettings,
            "no room for the setting `{s}`: there may be {d} settings",
            .{ path, count },
        ),
        .other => |reason| outcome.with(error.HostRefused, "the host refused: {s}", .{reason}),
    };
}
