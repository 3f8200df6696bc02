//! Memory that lives until the run is over.

const std = @import("std");
const builtin = @import("builtin");

const is_component = builtin.target.cpu.arch.isWasm();

pub const allocator: std.mem.Allocator = if (is_component)
    .{ .ptr = undefined, .vtable = &.{
        .alloc = Linear.alloc,
        .resize = Linear.resize,
        .remap = Linear.remap,
        .free = Linear.free,
    } }
else
    arena.allocator();

/// In a native test; the testing host empties it.
pub var arena: std.heap.ArenaAllocator = .init(std.heap.page_allocator);

/// A text made by a format. A run without memory traps.
pub fn print(comptime format: []const u8, arguments: anytype) []const u8 {
    return std.fmt.allocPrint(allocator, format, arguments) catch @panic("out of memory");
}

pub fn alloc(comptime T: type, count: usize) []T {
    return allocator.alloc(T, count) catch @panic("out of memory");
}

/// The memory of a component: each block lies behind the one before, and only the last one is ever
/// taken back or resized. A general allocator would tidy up what nobody uses again.
const Linear = struct {
    const page = std.wasm.page_size;

    extern var __heap_base: u8;

    var top: usize = 0;
    var end: usize = 0;

    fn reach(to: usize) bool {
        if (to <= end) return true;
        if (end == 0) {
            end = @wasmMemorySize(0) * page;
            if (to <= end) return true;
        }
        const pages = (to - end + page - 1) / page;
        if (@wasmMemoryGrow(0, pages) < 0) return false;
        end += pages * page;
        return true;
    }

    fn alloc(_: *anyopaque, len: usize, alignment: std.mem.Alignment, _: usize) ?[*]u8 {
        if (top == 0) top = @intFromPtr(&__heap_base);
        const start = alignment.forward(top);
        const to, const is_over = @addWithOverflow(start, len);
        if (is_over != 0 or !reach(to)) return null;
        top = to;
        return @ptrFromInt(start);
    }

    fn resize(_: *anyopaque, block: []u8, _: std.mem.Alignment, len: usize, _: usize) bool {
        const start = @intFromPtr(block.ptr);
        if (start + block.len != top) return len <= block.len;
        const to, const is_over = @addWithOverflow(start, len);
        if (is_over != 0 or !reach(to)) return false;
        top = to;
        return true;
    }

    fn remap(
        context: *anyopaque,
        block: []u8,
        alignment: std.mem.Alignment,
        len: usize,
        from: usize,
    ) ?[*]u8 {
        return if (resize(context, block, alignment, len, from)) block.ptr else null;
    }

    fn free(_: *anyopaque, block: []u8, _: std.mem.Alignment, _: usize) void {
        const start = @intFromPtr(block.ptr);
        if (start + block.len == top) top = start;
    }
};
