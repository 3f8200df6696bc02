//! JSON as RFC 8259 has it, and nothing else: one value, UTF-8 (no byte order mark), no half of a
//! surrogate pair, at most 127 arrays and objects inside one another, numbers in the range of an
//! `f64`. The same texts are refused as by the Rust crate `serde_json`.
//!
//! Much smaller in a component than `std.json.parseFromSlice`, which can read any type.

const std = @import("std");
const memory = @import("memory.zig");

/// Arrays and objects inside one another, as in `serde_json`: bounds the stack.
const depth_max = 127;

pub const Member = struct { name: []const u8, value: Value };

pub const Value = union(enum) {
    null,
    boolean: bool,
    /// As it is written: `std.fmt.parseInt` and `parseFloat` read it.
    number: []const u8,
    string: []const u8,
    array: []const Value,
    object: []const Member,

    /// The member of a name, the last one if there are more; null if there is none, or no object.
    pub fn get(value: Value, name: []const u8) ?Value {
        if (value != .object) return null;
        var at = value.object.len;
        while (at > 0) {
            at -= 1;
            if (std.mem.eql(u8, value.object[at].name, name)) return value.object[at].value;
        }
        return null;
    }

    /// The text of the member that is a string.
    pub fn text(value: Value, name: []const u8) ?[]const u8 {
        const member = value.get(name) orelse return null;
        return if (member == .string) member.string else null;
    }
};

pub const Error = error{
    SyntaxError,
    UnexpectedEndOfInput,
    TooDeep,
    NumberOutOfRange,
    OutOfMemory,
};

/// Where a document is not JSON: the line and the column, from 1, behind what was read.
pub const Place = struct { line: u64 = 1, column: u64 = 1 };

/// The value of a document. It may point into the document. `place` says where it is no JSON.
pub fn parse(document: []const u8, place: *Place) Error!Value {
    var diagnostics: std.json.Diagnostics = .{};
    var scanner: std.json.Scanner = .initCompleteInput(memory.allocator, document);
    scanner.enableDiagnostics(&diagnostics);
    errdefer place.* = .{ .line = diagnostics.getLine(), .column = diagnostics.getColumn() };
    const value = try valueOf(&scanner, try next(&scanner));
    // Nothing but space may follow: another token is an error of the scanner's.
    if (try next(&scanner) != .end_of_document) return error.SyntaxError;
    return value;
}

fn next(scanner: *std.json.Scanner) Error!std.json.Token {
    return scanner.nextAlloc(memory.allocator, .alloc_if_needed) catch |code| switch (code) {
        error.SyntaxError => error.SyntaxError,
        error.UnexpectedEndOfInput => error.UnexpectedEndOfInput,
        error.OutOfMemory => error.OutOfMemory,
        error.ValueTooLong => unreachable, // of a scanner with a limit only
    };
}

fn valueOf(scanner: *std.json.Scanner, token: std.json.Token) Error!Value {
    if (scanner.stackHeight() > depth_max) return error.TooDeep;
    return switch (token) {
        .null => .null,
        .true => .{ .boolean = true },
        .false => .{ .boolean = false },
        .number => |number| .{ .number = try inRange(number) },
        .allocated_number => |number| .{ .number = try inRange(number) },
        .string => |text| .{ .string = text },
        .allocated_string => |text| .{ .string = text },
        .array_begin => .{ .array = try array(scanner) },
        .object_begin => .{ .object = try object(scanner) },
        else => error.SyntaxError,
    };
}

fn array(scanner: *std.json.Scanner) Error![]const Value {
    var values: std.ArrayList(Value) = .empty;
    while (true) {
        const token = try next(scanner);
        if (token == .array_end) return values.items;
        try values.append(memory.allocator, try valueOf(scanner, token));
    }
}

fn object(scanner: *std.json.Scanner) Error![]const Member {
    var members: std.ArrayList(Member) = .empty;
    while (true) {
        const name = switch (try next(scanner)) {
            .object_end => return members.items,
            .string => |text| text,
            .allocated_string => |text| text,
            else => return error.SyntaxError,
        };
        const value = try valueOf(scanner, try next(scanner));
        try members.append(memory.allocator, .{ .name = name, .value = value });
    }
}

/// Halfway between the largest `f64` and what would follow it: what rounds to infinity.
const most = "17976931348623158079";
/// What its first digit stands for, as a power of ten.
const exponent_max = 308;

/// A number that a double can have, so that no reader of it gets infinity.
fn inRange(number: []const u8) Error![]const u8 {
    const e = std.mem.indexOfAny(u8, number, "eE") orelse number.len;
    const digits = std.mem.trimStart(u8, number[0..e], "-");
    const whole = std.mem.indexOfScalar(u8, digits, '.') orelse digits.len;
    const first = std.mem.indexOfNone(u8, digits, "0.") orelse return number;
    var place: i64 = @as(i64, @intCast(whole)) - @as(i64, @intCast(first));
    if (first < whole) place -= 1;
    place +|= power(number[@min(e + 1, number.len)..]);
    if (place > exponent_max) return error.NumberOutOfRange;
    if (place < exponent_max) return number;
    var at: usize = 0;
    for (digits[first..]) |digit| {
        if (digit == '.') continue;
        if (at == most.len or digit < most[at]) return number;
        if (digit > most[at]) return error.NumberOutOfRange;
        at += 1;
    }
    return if (at == most.len) error.NumberOutOfRange else number;
}

fn power(text: []const u8) i64 {
    var value: i64 = 0;
    for (text) |byte| {
        if (byte >= '0' and byte <= '9') value = value *| 10 +| (byte - '0');
    }
    return if (text.len > 0 and text[0] == '-') -value else value;
}

/// Appends a text as a JSON string, in quotes.
pub fn appendString(to: *std.ArrayList(u8), text: []const u8) error{OutOfMemory}!void {
    const gpa = memory.allocator;
    try to.append(gpa, '"');
    for (text) |byte| switch (byte) {
        '"', '\\' => try to.appendSlice(gpa, &.{ '\\', byte }),
        8 => try to.appendSlice(gpa, "\\b"),
        9 => try to.appendSlice(gpa, "\\t"),
        10 => try to.appendSlice(gpa, "\\n"),
        12 => try to.appendSlice(gpa, "\\f"),
        13 => try to.appendSlice(gpa, "\\r"),
        0...7, 11, 14...31 => {
            const digits = "0123456789abcdef";
            const low = digits[byte & 15];
            try to.appendSlice(gpa, &.{ '\\', 'u', '0', '0', '0' + (byte >> 4), low });
        },
        else => try to.append(gpa, byte),
    };
    try to.append(gpa, '"');
}

test "what is no JSON is refused, and says where" {
    const bad = [_][]const u8{ "", "[", "[1,]", "[] x", "01", "\"\\ud800\"", "\"\xff\"", "1e309" };
    for (bad) |document| {
        var place: Place = .{};
        if (parse(document, &place)) |_| return error.TestUnexpectedResult else |_| {}
    }
    var place: Place = .{};
    const open: [128]u8 = @splat('[');
    const close: [128]u8 = @splat(']');
    try std.testing.expectError(error.TooDeep, parse(&(open ++ close), &place));
    _ = try parse(open[1..] ++ close[1..], &place);
}

test "strings are read and written" {
    var place: Place = .{};
    const value = try parse("{\"a\":1,\"a\":\"\\u0041\\ud83d\\ude00\\n\"}", &place);
    try std.testing.expectEqualStrings("A😀\n", value.text("a").?);
    var text: std.ArrayList(u8) = .empty;
    try appendString(&text, "a\"\\\n\x01é");
    try std.testing.expectEqualStrings("\"a\\\"\\\\\\n\\u0001é\"", text.items);
}
