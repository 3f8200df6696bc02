//! What a task calls: in a component the imports of the contract's world, in a native test a host
//! in the same process with the same functions.

const builtin = @import("builtin");

pub const call = if (builtin.target.cpu.arch.isWasm())
    @import("abi.zig")
else
    @import("testing.zig").host;
