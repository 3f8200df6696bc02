//! A library's code and table entries, as they are in the linked module.

use wasm_encoder::Instruction;
use wasm_encoder::reencode::{Reencode, utils};
use wasmparser::Operator;

use super::{Fault, UNKNOWN};

/// Where the parts of a library are in the linked module.
pub(super) struct Moved {
    pub(super) types: u32,
    /// None for one that is not in the linked module.
    pub(super) functions: Vec<Option<u32>>,
    pub(super) globals: Vec<Global>,
}

#[derive(Clone, Copy)]
pub(super) enum Global {
    /// It is kept, under this number.
    Kept(u32),
    /// Nobody changes it.
    Constant(i32),
}

impl Moved {
    pub(super) fn constant(&self, global: u32) -> Option<i32> {
        match self.globals.get(global as usize)? {
            Global::Constant(value) => Some(*value),
            Global::Kept(_) => None,
        }
    }
}

impl Reencode for Moved {
    type Error = &'static str;

    fn type_index(&mut self, index: u32) -> Result<u32, Fault> {
        Ok(self.types + index)
    }

    fn function_index(&mut self, index: u32) -> Result<u32, Fault> {
        self.functions.get(index as usize).copied().flatten().ok_or(UNKNOWN)
    }

    fn global_index(&mut self, index: u32) -> Result<u32, Fault> {
        match self.globals.get(index as usize) {
            Some(Global::Kept(number)) => Ok(*number),
            _ => Err(UNKNOWN),
        }
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Fault> {
        if let Operator::GlobalGet { global_index } = operator
            && let Some(value) = self.constant(global_index)
        {
            return Ok(Instruction::I32Const(value));
        }
        utils::instruction(self, operator)
    }
}
