//! The contract's functions over a state in the same process. The limits are those of `wit/`.

const std = @import("std");
const badge = @import("badge.zig");
const context = @import("context.zig");
const log = @import("log.zig");
const memory = @import("memory.zig");
const state = @import("testing_state.zig");
const toasts = @import("toasts.zig");
const types = @import("types.zig");

const Answer = types.Answer;
const gpa = memory.allocator;

const settings_max = 4096;
const value_bytes_max = 8192;
const path_bytes_max = 1024;
const path_names_max = 32;
const name_bytes_max = 255;
const toast_bytes_max = 5120;
const toast_changes_max = 32;
const key_bytes_max = 64;
const work_max = 16;
const work_bytes_max = 8192;
const lines_max = 1000;
const random_bytes_max = 4096;
const attempts_max = 5;
/// What an operator who says nothing else allows.
const fuel = 500_000_000;
const time_ms = 5_000;

fn pathError(path: []const u8) ?[]const u8 {
    if (path.len == 0) return "a path has at least one name";
    if (path.len > path_bytes_max) return "a path has at most 1,024 bytes";
    var names = std.mem.splitScalar(u8, path, '/');
    var depth: usize = 0;
    while (names.next()) |name| : (depth += 1) {
        if (depth == path_names_max) return "a path has at most 32 names";
        if (name.len == 0) return "a name in a path has at least 1 byte";
        if (name.len > name_bytes_max) return "a name in a path has at most 255 bytes";
    }
    return null;
}

/// Where a path is, or belongs.
fn place(path: []const u8) usize {
    for (state.host.effects.settings.items, 0..) |setting, at| {
        if (!std.mem.lessThan(u8, setting.path, path)) return at;
    }
    return state.host.effects.settings.items.len;
}

fn find(path: []const u8) ?*state.Setting {
    const all = state.host.effects.settings.items;
    const at = place(path);
    return if (at < all.len and std.mem.eql(u8, all[at].path, path)) &all[at] else null;
}

pub fn settingsGet(path: []const u8) Answer(?types.Value) {
    if (pathError(path)) |reason| return .{ .refused = .{ .invalid = reason } };
    return .{ .ok = if (find(path)) |setting| setting.value else null };
}

pub fn settingsSet(path: []const u8, value: types.Value) Answer(void) {
    if (pathError(path)) |reason| return .{ .refused = .{ .invalid = reason } };
    const kept: types.Value = switch (value) {
        .text => |text| .{ .text = state.kept(text) },
        .bytes => |bytes| .{ .bytes = state.keptBytes(bytes) },
        else => value,
    };
    const bytes = switch (kept) {
        .text, .bytes => |slice| slice.len,
        else => 8,
    };
    if (bytes > value_bytes_max) return .{ .refused = .{ .too_large = value_bytes_max } };
    if (find(path)) |setting| {
        setting.value = kept;
        return .ok;
    }
    const settings = &state.host.effects.settings;
    if (settings.items.len == settings_max) return .{ .refused = .{ .too_many = settings_max } };
    const setting: state.Setting = .{ .path = state.kept(path), .value = kept };
    settings.insert(gpa, place(path), setting) catch @panic("out of memory");
    return .ok;
}

pub fn settingsRemove(path: []const u8) Answer(bool) {
    if (pathError(path)) |reason| return .{ .refused = .{ .invalid = reason } };
    const is_set = find(path) != null;
    if (is_set) _ = state.host.effects.settings.orderedRemove(place(path));
    return .{ .ok = is_set };
}

/// What a path has behind a container; the empty one has all.
fn within(container: []const u8, path: []const u8) ?[]const u8 {
    if (container.len == 0) return path;
    if (!std.mem.startsWith(u8, path, container)) return null;
    const rest = path[container.len..];
    return if (std.mem.startsWith(u8, rest, "/")) rest[1..] else null;
}

pub fn settingsClear(container: []const u8) Answer(u32) {
    if (container.len > 0) {
        if (pathError(container)) |reason| return .{ .refused = .{ .invalid = reason } };
    }
    const settings = &state.host.effects.settings;
    var count: u32 = 0;
    var at = settings.items.len;
    while (at > 0) {
        at -= 1;
        if (within(container, settings.items[at].path) == null) continue;
        _ = settings.orderedRemove(at);
        count += 1;
    }
    return .{ .ok = count };
}

fn itemBefore(_: void, a: types.Item, b: types.Item) bool {
    return switch (std.mem.order(u8, a.name, b.name)) {
        .lt => true,
        .eq => !a.is_container and b.is_container,
        .gt => false,
    };
}

/// One page has it all: pages are the business of the real host.
pub fn settingsItems(container: []const u8, after: ?[]const u8) Answer([]const types.Item) {
    if (container.len > 0) {
        if (pathError(container)) |reason| return .{ .refused = .{ .invalid = reason } };
    }
    var items: std.ArrayList(types.Item) = .empty;
    for (state.host.effects.settings.items) |setting| {
        const rest = within(container, setting.path) orelse continue;
        const slash = std.mem.indexOfScalar(u8, rest, '/');
        const name = rest[0 .. slash orelse rest.len];
        const is_container = slash != null;
        if (after) |last| if (!std.mem.lessThan(u8, last, name)) continue;
        const is_there = for (items.items) |item| {
            if (item.is_container == is_container and std.mem.eql(u8, item.name, name)) break true;
        } else false;
        if (is_there) continue;
        items.append(gpa, .{ .name = name, .is_container = is_container }) catch
            @panic("out of memory");
    }
    std.mem.sort(types.Item, items.items, {}, itemBefore);
    return .{ .ok = items.items };
}

pub fn settingsVersion() u32 {
    return state.host.effects.settings_version;
}

pub fn settingsSetVersion(version: u32) void {
    state.host.effects.settings_version = version;
}

/// Copies all texts in a value of whatever shape, and counts their bytes.
fn take(value: anytype) usize {
    const T = @TypeOf(value.*);
    if (T == []const u8) {
        value.* = state.kept(value.*);
        return value.len;
    }
    var bytes: usize = 0;
    switch (@typeInfo(T)) {
        .optional => if (value.*) |*some| {
            bytes = take(some);
        },
        .pointer => |pointer| {
            const copy = gpa.dupe(pointer.child, value.*) catch @panic("out of memory");
            for (copy) |*element| bytes += take(element);
            value.* = copy;
        },
        .@"struct" => inline for (comptime std.meta.fieldNames(T)) |field| {
            bytes += take(&@field(value, field));
        },
        else => {},
    }
    return bytes;
}

fn isKey(key: ?[]const u8) bool {
    const text = key orelse return true;
    return text.len >= 1 and text.len <= key_bytes_max;
}

fn invalid(reason: []const u8) Answer(void) {
    return .{ .refused = .{ .invalid = reason } };
}

pub fn toastsPermitted() bool {
    return true;
}

pub fn toastsShow(toast: *const toasts.Toast) Answer(void) {
    var copy = toast.*;
    if (take(&copy) > toast_bytes_max) return .{ .refused = .{ .too_large = toast_bytes_max } };
    if (copy.title.len == 0) return invalid("the title is empty");
    if (copy.actions.len > 5) return invalid("a toast has at most 5 actions");
    if (copy.hints.len > 16) return invalid("a toast has at most 16 hints");
    if (!isKey(copy.tag) or !isKey(copy.group)) {
        return invalid("a tag and a group have 1 to 64 bytes");
    }
    if (copy.inputs.len > 5) return invalid("a toast has at most 5 inputs of at most 5 choices");
    const left = state.host.toasts_left;
    const raised = &state.host.effects.toasts;
    if (raised.items.len >= left) return .{ .refused = .{ .too_many = left } };
    raised.append(gpa, copy) catch @panic("out of memory");
    return .ok;
}

fn change(tag: ?[]const u8, group: ?[]const u8) Answer(void) {
    if (!isKey(tag) or !isKey(group)) return invalid("a tag and a group have 1 to 64 bytes");
    const changes = &state.host.effects.toast_changes;
    if (changes.* == toast_changes_max) return .{ .refused = .{ .too_many = toast_changes_max } };
    changes.* += 1;
    return .ok;
}

pub fn toastsUpdate(
    tag: []const u8,
    group: ?[]const u8,
    sequence: u32,
    update: *const toasts.Update,
) Answer(void) {
    _ = sequence;
    if (update.title) |title| if (title.len == 0) return invalid("the title is empty");
    return change(tag, group);
}

pub fn toastsHide(tag: ?[]const u8, group: ?[]const u8) Answer(void) {
    return change(tag, group);
}

pub fn badgeGet() ?badge.Mark {
    return state.host.effects.badge;
}

/// A number of 0 is no mark.
pub fn badgeSet(mark: badge.Mark) void {
    state.host.effects.badge = if (mark == .number and mark.number == 0) null else mark;
}

pub fn badgeClear() void {
    state.host.effects.badge = null;
}

pub fn contextText(comptime text: @EnumLiteral()) []const u8 {
    return switch (text) {
        .app => "com.example.app",
        .app_version => "1.0.0",
        .task => "task",
        .trigger_id => "trigger-1",
        .run_id => memory.print("run-{d}", .{state.host.attempt}),
        else => @compileError("no text of the context"),
    };
}

pub fn contextAttempt() u32 {
    return state.host.attempt;
}

pub fn contextAttemptsMax() u32 {
    return attempts_max;
}

pub fn contextNow() u64 {
    return state.host.now;
}

/// Bytes that are the same in every test: the finalizer of SplitMix64 over a counter.
pub fn contextRandom(count: u32) []const u8 {
    const bytes = memory.alloc(u8, @min(count, random_bytes_max));
    for (bytes) |*byte| {
        state.host.random_given += 1;
        const word = state.host.random_given *% 0x9e3779b97f4a7c15;
        byte.* = @truncate(((word ^ (word >> 30)) *% 0xbf58476d1ce4e5b9) >> 56);
    }
    return bytes;
}

/// All of it, always: native code uses none.
pub fn contextRemainingFuel() u64 {
    return fuel;
}

pub fn contextRemainingMs() u32 {
    return time_ms;
}

pub fn contextCancellation() ?context.Cancellation {
    return state.host.cancellation;
}

pub fn contextReportProgress(_: u32) void {}

pub fn contextOnResume(key: []const u8, content: []const u8) Answer(void) {
    if (!isKey(key)) return invalid("a key has 1 to 64 bytes");
    if (content.len > work_bytes_max) return .{ .refused = .{ .too_large = work_bytes_max } };
    const work = &state.host.effects.work;
    const left: types.Pair = .{ .name = state.kept(key), .value = state.keptBytes(content) };
    for (work.items) |*other| {
        if (std.mem.eql(u8, other.name, key)) {
            other.* = left;
            return .ok;
        }
    }
    if (work.items.len == work_max) return .{ .refused = .{ .too_many = work_max } };
    work.append(gpa, left) catch @panic("out of memory");
    return .ok;
}

pub fn logWrite(level: log.Level, text: []const u8) void {
    const lines = &state.host.lines;
    if (lines.items.len == lines_max) return;
    lines.append(gpa, .{ .level = level, .text = state.kept(text) }) catch
        @panic("out of memory");
}
