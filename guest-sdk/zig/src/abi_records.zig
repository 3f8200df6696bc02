//! The contract's records and variants as they lie in memory. On wasm32 the layout of C is that of
//! the canonical ABI: an option is a byte and its value, a variant a byte and a union.

const badge = @import("badge.zig");
const memory = @import("memory.zig");
const toasts = @import("toasts.zig");
const types = @import("types.zig");

/// A list of bytes, or a text.
pub const Slice = extern struct {
    ptr: [*]const u8,
    len: usize,

    /// An empty slice may point anywhere; what the host gets must lie in the memory.
    pub fn of(text: []const u8) Slice {
        return .{ .ptr = if (text.len == 0) "" else text.ptr, .len = text.len };
    }

    pub fn get(slice: Slice) []const u8 {
        return slice.ptr[0..slice.len];
    }
};

pub fn List(comptime T: type) type {
    return extern struct {
        ptr: [*]const T,
        len: usize,

        /// Each element as `lower` lays it out.
        pub fn of(elements: anytype, comptime lower: anytype) @This() {
            // An empty slice may point anywhere; what the host gets must lie in the memory.
            if (elements.len == 0) return .{ .ptr = @ptrFromInt(@alignOf(T)), .len = 0 };
            const lowered = memory.alloc(T, elements.len);
            for (lowered, elements) |*to, element| to.* = lower(element);
            return .{ .ptr = lowered.ptr, .len = lowered.len };
        }
    };
}

pub fn Option(comptime T: type) type {
    return extern struct { is_some: u8, value: T };
}

pub fn Result(comptime T: type, comptime E: type) type {
    return extern struct {
        is_error: u8,
        payload: if (T == void)
            extern union { failure: E }
        else
            extern union { value: T, failure: E },
    };
}

pub const Pair = extern struct {
    name: Slice,
    value: Slice,

    pub fn of(pair: types.Pair) Pair {
        return .{ .name = .of(pair.name), .value = .of(pair.value) };
    }
};

pub const Value = extern struct {
    tag: u8,
    payload: extern union { boolean: u8, integer: i64, float: f64, slice: Slice, timestamp: u64 },

    pub fn get(value: Value) types.Value {
        return switch (value.tag) {
            0 => .{ .boolean = value.payload.boolean != 0 },
            1 => .{ .integer = value.payload.integer },
            2 => .{ .float = value.payload.float },
            3 => .{ .text = value.payload.slice.get() },
            4 => .{ .bytes = value.payload.slice.get() },
            else => .{ .timestamp = value.payload.timestamp },
        };
    }
};

const Detail = extern union { number: u32, slice: Slice };

pub const SettingsError = extern struct {
    tag: u8,
    payload: Detail,

    pub fn get(failure: SettingsError) types.Refusal {
        return switch (failure.tag) {
            0 => .{ .invalid = failure.payload.slice.get() },
            1 => .{ .too_large = failure.payload.number },
            2 => .{ .quota_exceeded = failure.payload.number },
            3 => .{ .too_many = failure.payload.number },
            else => .{ .other = failure.payload.slice.get() },
        };
    }
};

/// Of toasts and of the context: their errors have the same cases.
pub const CallError = extern struct {
    tag: u8,
    payload: Detail,

    pub fn get(failure: CallError) types.Refusal {
        return switch (failure.tag) {
            0 => .{ .too_large = failure.payload.number },
            1 => .{ .too_many = failure.payload.number },
            2 => .{ .invalid = failure.payload.slice.get() },
            else => .{ .other = failure.payload.slice.get() },
        };
    }
};

pub const Item = extern struct { name: Slice, is_container: u8 };

pub const Page = extern struct { items: List(Item), next: Option(Slice) };

pub const Mark = extern struct {
    tag: u8,
    payload: extern union { number: u32, glyph: u8 },

    pub fn get(mark: Mark) badge.Mark {
        return if (mark.tag == 0)
            .{ .number = mark.payload.number }
        else
            .{ .glyph = @enumFromInt(mark.payload.glyph) };
    }
};

pub const Reason = extern struct { tag: u8, other: Slice };

fn option(text: ?[]const u8) Option(Slice) {
    return .{ .is_some = @intFromBool(text != null), .value = .of(text orelse "") };
}

const Image = extern struct {
    uri: Slice,
    alternative_text: Slice,
    placement: u8,

    fn of(image: toasts.Image) Image {
        return .{
            .uri = .of(image.uri),
            .alternative_text = .of(image.alternative_text),
            .placement = @intFromEnum(image.placement),
        };
    }
};

const Action = extern struct {
    label: Slice,
    argument: Slice,
    foreground: u8,

    fn of(action: toasts.Action) Action {
        return .{
            .label = .of(action.label),
            .argument = .of(action.argument),
            .foreground = @intFromBool(action.foreground),
        };
    }
};

const Choice = extern struct {
    id: Slice,
    label: Slice,

    fn of(choice: toasts.Choice) Choice {
        return .{ .id = .of(choice.id), .label = .of(choice.label) };
    }
};

const Input = extern struct {
    id: Slice,
    label: Option(Slice),
    placeholder: Option(Slice),
    choices: List(Choice),

    fn of(input: toasts.Input) Input {
        return .{
            .id = .of(input.id),
            .label = option(input.label),
            .placeholder = option(input.placeholder),
            .choices = .of(input.choices, Choice.of),
        };
    }
};

const Progress = extern struct {
    title: Option(Slice),
    status: Slice,
    fraction: Option(f64),
    value_text: Option(Slice),

    fn of(progress: toasts.Progress) Progress {
        return .{
            .title = option(progress.title),
            .status = .of(progress.status),
            .fraction = .{
                .is_some = @intFromBool(progress.fraction != null),
                .value = progress.fraction orelse 0,
            },
            .value_text = option(progress.value_text),
        };
    }
};

fn optional(comptime T: type, value: anytype) Option(T) {
    return if (value) |some|
        .{ .is_some = 1, .value = T.of(some) }
    else
        .{ .is_some = 0, .value = undefined };
}

pub const Toast = extern struct {
    title: Slice,
    body: Slice,
    attribution: Option(Slice),
    argument: Slice,
    image: Option(Image),
    actions: List(Action),
    inputs: List(Input),
    progress: Option(Progress),
    scenario: u8,
    silent: u8,
    tag: Option(Slice),
    group: Option(Slice),
    expires_after: Option(u32),
    hints: List(Pair),

    pub fn of(toast: *const toasts.Toast) Toast {
        return .{
            .title = .of(toast.title),
            .body = .of(toast.body),
            .attribution = option(toast.attribution),
            .argument = .of(toast.argument),
            .image = optional(Image, toast.image),
            .actions = .of(toast.actions, Action.of),
            .inputs = .of(toast.inputs, Input.of),
            .progress = optional(Progress, toast.progress),
            .scenario = @intFromEnum(toast.scenario),
            .silent = @intFromBool(toast.silent),
            .tag = option(toast.tag),
            .group = option(toast.group),
            .expires_after = .{
                .is_some = @intFromBool(toast.expires_after_ms != null),
                .value = toast.expires_after_ms orelse 0,
            },
            .hints = .of(toast.hints, Pair.of),
        };
    }
};

/// The arguments of `update`, which are too many to be numbers.
pub const Update = extern struct {
    tag: Slice,
    group: Option(Slice),
    sequence: u32,
    title: Option(Slice),
    body: Option(Slice),
    progress: Option(Progress),

    pub fn of(
        tag: []const u8,
        group: ?[]const u8,
        sequence: u32,
        change: *const toasts.Update,
    ) Update {
        return .{
            .tag = .of(tag),
            .group = option(group),
            .sequence = sequence,
            .title = option(change.title),
            .body = option(change.body),
            .progress = optional(Progress, change.progress),
        };
    }
};
