//! The root of a component: it exports what the contract asks for, and calls the project's task.

const std = @import("std");
const bugle = @import("bugle");
const task = @import("task");

const records = bugle.records;

/// `std.log` goes to the run's log, all of its levels: whoever reads the log chooses among them.
pub const std_options: std.Options = .{ .log_level = .debug, .logFn = bugle.log.standard };

/// `std.debug.print` goes there, too.
pub const std_options_debug_io = bugle.stderr;

/// A panic leaves its message in the log before it traps: a trap alone says nothing.
pub const panic = std.debug.FullPanic(panicked);

fn panicked(text: []const u8, _: ?usize) noreturn {
    bugle.log.write(.@"error", text);
    @trap();
}

const TaskError = extern struct {
    tag: u8,
    payload: extern union { text: records.Slice, pause: records.Option(u32) },
};

const Ended = extern struct { is_error: u8, failure: TaskError };

var ended: Ended = undefined;

/// A trigger by the canonical ABI: its case, and ten numbers that are what the case has.
fn run(
    tag: u32,
    a: usize,
    b: usize,
    c: u64,
    d: usize,
    e: usize,
    f: usize,
    g: usize,
    h: usize,
    i: usize,
    j: u64,
) callconv(.c) *const Ended {
    const low: usize = @truncate(c);
    const trigger: bugle.Trigger = switch (tag) {
        0 => .{ .raw_notification = .{
            .channel = slice(a, b),
            .content = slice(low, d),
            .content_type = option(e, f, g),
            .headers = pairs(h, i),
            .received_at = .{ .ms = j },
        } },
        1 => .{ .toast_activated = .{
            .tag = option(a, b, low),
            .group = option(d, e, f),
            .argument = slice(g, h),
            .inputs = pairs(i, @truncate(j)),
        } },
        2 => .{ .toast_dismissed = .{
            .tag = option(a, b, low),
            .group = option(d, e, f),
            .reason = @enumFromInt(g),
        } },
        3 => .{ .timer = .{ .name = slice(a, b), .due_at = .{ .ms = c }, .missed = d } },
        4 => .{ .application = .{ .content = slice(a, b), .content_type = option(low, d, e) } },
        5 => .{ .channel_expiring = .{ .channel = slice(a, b), .expires_at = .{ .ms = c } } },
        6 => .{ .system = system(a, b, low) },
        else => .{ .custom = .{ .kind = slice(a, b), .content = slice(low, d) } },
    };
    ended = switch (bugle.Outcome.of(task.run(trigger))) {
        .completed => .{ .is_error = 0, .failure = undefined },
        .failed => |text| failure(0, .{ .text = .of(text) }),
        .retry => |pause| failure(1, .{ .pause = .{
            .is_some = @intFromBool(pause != null),
            .value = pause orelse 0,
        } }),
        .rejected => |text| failure(2, .{ .text = .of(text) }),
    };
    return &ended;
}

fn failure(tag: u8, payload: @FieldType(TaskError, "payload")) Ended {
    return .{ .is_error = 1, .failure = .{ .tag = tag, .payload = payload } };
}

fn slice(ptr: usize, len: usize) []const u8 {
    // The host gives an empty list any address that is aligned, 0 among them.
    return if (len == 0) "" else @as([*]const u8, @ptrFromInt(ptr))[0..len];
}

fn option(is_some: usize, ptr: usize, len: usize) ?[]const u8 {
    return if (is_some == 0) null else slice(ptr, len);
}

fn pairs(ptr: usize, len: usize) []const bugle.Pair {
    if (len == 0) return &.{};
    const from = @as([*]const records.Pair, @ptrFromInt(ptr))[0..len];
    const made = bugle.allocator.alloc(bugle.Pair, len) catch @panic("out of memory");
    for (made, from) |*to, pair| to.* = .{ .name = pair.name.get(), .value = pair.value.get() };
    return made;
}

fn system(tag: usize, ptr: usize, len: usize) bugle.SystemEvent {
    return switch (tag) {
        0 => .internet_available,
        1 => .user_present,
        2 => .user_away,
        3 => .session_connected,
        4 => .power_source_changed,
        5 => .time_zone_changed,
        6 => .{ .app_updated = slice(ptr, len) },
        else => .{ .other = slice(ptr, len) },
    };
}

/// How the host gets memory for what it hands over. It never gives any back.
fn realloc(old: [*]u8, old_len: usize, alignment: usize, len: usize) callconv(.c) [*]u8 {
    if (len == 0) return @ptrFromInt(alignment);
    const to: std.mem.Alignment = .fromByteUnits(alignment);
    const block = bugle.allocator.rawAlloc(len, to, 0) orelse @panic("out of memory");
    @memcpy(block[0..old_len], old[0..old_len]);
    return block;
}

comptime {
    @export(&run, .{ .name = "bugle:task/entry@0.1.0#run" });
    @export(&realloc, .{ .name = "cabi_realloc" });
}
