//! The contract's functions by the canonical ABI of the component model, by hand: arguments are
//! flattened into numbers, and a result that is not one number is written through a pointer.

const std = @import("std");
const badge = @import("badge.zig");
const context = @import("context.zig");
const log = @import("log.zig");
const memory = @import("memory.zig");
const records = @import("abi_records.zig");
const toasts = @import("toasts.zig");
const types = @import("types.zig");

const Answer = types.Answer;
const Option = records.Option;
const Slice = records.Slice;

/// How many items the host gives at once, at most.
const page_items = 256;

fn Settings(comptime T: type) type {
    return records.Result(T, records.SettingsError);
}

const Call = records.Result(void, records.CallError);

const local_settings = struct {
    extern "bugle:task/local-settings@0.1.0" fn get(
        path: [*]const u8,
        path_len: usize,
        result: *Settings(Option(records.Value)),
    ) void;
    extern "bugle:task/local-settings@0.1.0" fn set(
        path: [*]const u8,
        path_len: usize,
        tag: u32,
        first: u64,
        second: usize,
        result: *Settings(void),
    ) void;
    extern "bugle:task/local-settings@0.1.0" fn remove(
        path: [*]const u8,
        path_len: usize,
        result: *Settings(u8),
    ) void;
    extern "bugle:task/local-settings@0.1.0" fn clear(
        container: [*]const u8,
        container_len: usize,
        result: *Settings(u32),
    ) void;
    extern "bugle:task/local-settings@0.1.0" fn items(
        container: [*]const u8,
        container_len: usize,
        has_after: u32,
        after: [*]const u8,
        after_len: usize,
        limit: u32,
        result: *Settings(records.Page),
    ) void;
    extern "bugle:task/local-settings@0.1.0" fn version() u32;
    extern "bugle:task/local-settings@0.1.0" fn @"set-version"(version: u32) void;
};

const host_toasts = struct {
    extern "bugle:task/toasts@0.1.0" fn permitted() u32;
    extern "bugle:task/toasts@0.1.0" fn show(toast: *const records.Toast, result: *Call) void;
    extern "bugle:task/toasts@0.1.0" fn update(all: *const records.Update, result: *Call) void;
    extern "bugle:task/toasts@0.1.0" fn hide(
        has_tag: u32,
        tag: [*]const u8,
        tag_len: usize,
        has_group: u32,
        group: [*]const u8,
        group_len: usize,
        result: *Call,
    ) void;
};

const host_badge = struct {
    extern "bugle:task/badge@0.1.0" fn get(result: *Option(records.Mark)) void;
    extern "bugle:task/badge@0.1.0" fn set(tag: u32, payload: u32) void;
    extern "bugle:task/badge@0.1.0" fn clear() void;
};

const task_context = struct {
    extern "bugle:task/task-context@0.1.0" fn app(result: *Slice) void;
    extern "bugle:task/task-context@0.1.0" fn @"app-version"(result: *Slice) void;
    extern "bugle:task/task-context@0.1.0" fn task(result: *Slice) void;
    extern "bugle:task/task-context@0.1.0" fn @"trigger-id"(result: *Slice) void;
    extern "bugle:task/task-context@0.1.0" fn @"run-id"(result: *Slice) void;
    extern "bugle:task/task-context@0.1.0" fn attempt() u32;
    extern "bugle:task/task-context@0.1.0" fn @"attempts-max"() u32;
    extern "bugle:task/task-context@0.1.0" fn now() u64;
    extern "bugle:task/task-context@0.1.0" fn random(count: u32, result: *Slice) void;
    extern "bugle:task/task-context@0.1.0" fn @"remaining-fuel"() u64;
    extern "bugle:task/task-context@0.1.0" fn @"remaining-time"() u32;
    extern "bugle:task/task-context@0.1.0" fn cancellation(result: *Option(records.Reason)) void;
    extern "bugle:task/task-context@0.1.0" fn @"report-progress"(percent: u32) void;
    extern "bugle:task/task-context@0.1.0" fn @"on-resume"(
        key: [*]const u8,
        key_len: usize,
        content: [*]const u8,
        content_len: usize,
        result: *Call,
    ) void;
};

const host_log = struct {
    extern "bugle:task/log@0.1.0" fn write(level: u32, text: [*]const u8, len: usize) void;
};

pub fn settingsGet(path: []const u8) Answer(?types.Value) {
    var result: Settings(Option(records.Value)) = undefined;
    local_settings.get(Slice.of(path).ptr, path.len, &result);
    if (result.is_error != 0) return .{ .refused = result.payload.failure.get() };
    const found = result.payload.value;
    return .{ .ok = if (found.is_some != 0) found.value.get() else null };
}

pub fn settingsSet(path: []const u8, value: types.Value) Answer(void) {
    var first: u64 = 0;
    var second: usize = 0;
    switch (value) {
        .boolean => |boolean| first = @intFromBool(boolean),
        .integer => |integer| first = @bitCast(integer),
        .float => |float| first = @bitCast(float),
        .text, .bytes => |slice| {
            first = @intFromPtr(Slice.of(slice).ptr);
            second = slice.len;
        },
        .timestamp => |ms| first = ms,
    }
    var result: Settings(void) = undefined;
    local_settings.set(Slice.of(path).ptr, path.len, @intFromEnum(value), first, second, &result);
    return if (result.is_error == 0) .ok else .{ .refused = result.payload.failure.get() };
}

pub fn settingsRemove(path: []const u8) Answer(bool) {
    var result: Settings(u8) = undefined;
    local_settings.remove(Slice.of(path).ptr, path.len, &result);
    if (result.is_error != 0) return .{ .refused = result.payload.failure.get() };
    return .{ .ok = result.payload.value != 0 };
}

pub fn settingsClear(container: []const u8) Answer(u32) {
    var result: Settings(u32) = undefined;
    local_settings.clear(Slice.of(container).ptr, container.len, &result);
    if (result.is_error != 0) return .{ .refused = result.payload.failure.get() };
    return .{ .ok = result.payload.value };
}

pub fn settingsItems(container: []const u8, after: ?[]const u8) Answer([]const types.Item) {
    const from = Slice.of(after orelse "");
    const has_after = @intFromBool(after != null);
    var result: Settings(records.Page) = undefined;
    local_settings.items(
        Slice.of(container).ptr,
        container.len,
        has_after,
        from.ptr,
        from.len,
        page_items,
        &result,
    );
    if (result.is_error != 0) return .{ .refused = result.payload.failure.get() };
    const page = result.payload.value.items;
    const items = memory.alloc(types.Item, page.len);
    for (items, page.ptr[0..page.len]) |*to, item| {
        to.* = .{ .name = item.name.get(), .is_container = item.is_container != 0 };
    }
    return .{ .ok = items };
}

pub fn settingsVersion() u32 {
    return local_settings.version();
}

pub fn settingsSetVersion(version: u32) void {
    local_settings.@"set-version"(version);
}

fn answer(result: Call) Answer(void) {
    return if (result.is_error == 0) .ok else .{ .refused = result.payload.failure.get() };
}

pub fn toastsPermitted() bool {
    return host_toasts.permitted() != 0;
}

pub fn toastsShow(toast: *const toasts.Toast) Answer(void) {
    var result: Call = undefined;
    host_toasts.show(&.of(toast), &result);
    return answer(result);
}

pub fn toastsUpdate(
    tag: []const u8,
    group: ?[]const u8,
    sequence: u32,
    change: *const toasts.Update,
) Answer(void) {
    var result: Call = undefined;
    host_toasts.update(&.of(tag, group, sequence, change), &result);
    return answer(result);
}

pub fn toastsHide(tag: ?[]const u8, group: ?[]const u8) Answer(void) {
    const t, const g = .{ Slice.of(tag orelse ""), Slice.of(group orelse "") };
    const has_tag, const has_group = .{ @intFromBool(tag != null), @intFromBool(group != null) };
    var result: Call = undefined;
    host_toasts.hide(has_tag, t.ptr, t.len, has_group, g.ptr, g.len, &result);
    return answer(result);
}

pub fn badgeGet() ?badge.Mark {
    var result: Option(records.Mark) = undefined;
    host_badge.get(&result);
    return if (result.is_some != 0) result.value.get() else null;
}

pub fn badgeSet(mark: badge.Mark) void {
    host_badge.set(@intFromEnum(mark), switch (mark) {
        .number => |number| number,
        .glyph => |glyph| @intFromEnum(glyph),
    });
}

pub fn badgeClear() void {
    host_badge.clear();
}

pub const Text = enum { app, app_version, task, trigger_id, run_id };

pub fn contextText(text: Text) []const u8 {
    var slice: Slice = undefined;
    switch (text) {
        .app => task_context.app(&slice),
        .app_version => task_context.@"app-version"(&slice),
        .task => task_context.task(&slice),
        .trigger_id => task_context.@"trigger-id"(&slice),
        .run_id => task_context.@"run-id"(&slice),
    }
    return slice.get();
}

pub fn contextAttempt() u32 {
    return task_context.attempt();
}

pub fn contextAttemptsMax() u32 {
    return task_context.@"attempts-max"();
}

pub fn contextNow() u64 {
    return task_context.now();
}

pub fn contextRandom(count: u32) []const u8 {
    var slice: Slice = undefined;
    task_context.random(count, &slice);
    return slice.get();
}

pub fn contextRemainingFuel() u64 {
    return task_context.@"remaining-fuel"();
}

pub fn contextRemainingMs() u32 {
    return task_context.@"remaining-time"();
}

pub fn contextCancellation() ?context.Cancellation {
    var result: Option(records.Reason) = undefined;
    task_context.cancellation(&result);
    if (result.is_some == 0) return null;
    const reasons = [_]context.Cancellation{
        .uninstall, .update,         .terminating, .time_limit,
        .quota,     .condition_lost, .requested,
    };
    const tag = result.value.tag;
    return if (tag < reasons.len) reasons[tag] else .{ .other = result.value.other.get() };
}

pub fn contextReportProgress(percent: u32) void {
    task_context.@"report-progress"(percent);
}

pub fn contextOnResume(key: []const u8, content: []const u8) Answer(void) {
    var result: Call = undefined;
    const k, const c = .{ Slice.of(key), Slice.of(content) };
    task_context.@"on-resume"(k.ptr, k.len, c.ptr, c.len, &result);
    return answer(result);
}

pub fn logWrite(level: log.Level, text: []const u8) void {
    host_log.write(@intFromEnum(level), Slice.of(text).ptr, text.len);
}
