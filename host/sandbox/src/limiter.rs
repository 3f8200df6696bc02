use bugle_task::{LimitName, Limits, Usage};
use wasmtime::ResourceLimiter;

/// Holds a run to its memory and tables, summed over all that it has: wasmtime's own limiter counts
/// each memory by itself, so that thirty of them may be thirty times too large.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory_bytes_max: u64,
    table_elements_max: u64,
    instances_max: usize,
    memories_max: usize,
    tables_max: usize,
    memory_bytes: u64,
    table_elements: u64,
    memories: u64,
    tables: u64,
    /// What was refused last: it explains the trap of a guest that could not go on without.
    refused: Option<LimitName>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        // A count beyond `usize` cannot be reached, so the largest `usize` is as good.
        let count = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        Self {
            memory_bytes_max: limits.memory_bytes,
            table_elements_max: limits.table_elements,
            instances_max: count(limits.instances),
            memories_max: count(limits.memories),
            tables_max: count(limits.tables),
            memory_bytes: 0,
            table_elements: 0,
            memories: 0,
            tables: 0,
            refused: None,
        }
    }

    /// The limit that refused the guest something, if one did.
    pub(crate) fn refused(&self) -> Option<LimitName> {
        self.refused
    }

    pub(crate) fn write_usage(&self, usage: &mut Usage) {
        usage.memory_bytes = self.memory_bytes;
        usage.table_elements = self.table_elements;
        usage.memories = self.memories;
        usage.tables = self.tables;
    }
}

/// Adds a growth to a sum if the sum stays within its limit.
fn grow(sum: &mut u64, current: usize, desired: usize, max: u64) -> bool {
    let growth = (desired as u64).saturating_sub(current as u64);
    let grown = sum.saturating_add(growth);
    let is_within = grown <= max;
    if is_within {
        *sum = grown;
    }
    is_within
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            // The memory's own doing, and no bytes of ours.
            return Ok(false);
        }
        // A memory that grows from nothing is one that is being made. (One that was made empty is
        // counted again when it first grows; the count is shown, and bounds nothing.)
        if current == 0 {
            self.memories = self.memories.saturating_add(1);
        }
        let is_within = grow(&mut self.memory_bytes, current, desired, self.memory_bytes_max);
        if !is_within {
            self.refused = Some(LimitName::MemoryBytes);
        }
        Ok(is_within)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if current == 0 {
            self.tables = self.tables.saturating_add(1);
        }
        let is_within = grow(&mut self.table_elements, current, desired, self.table_elements_max);
        if !is_within {
            self.refused = Some(LimitName::TableElements);
        }
        Ok(is_within)
    }

    fn instances(&self) -> usize {
        self.instances_max
    }

    fn tables(&self) -> usize {
        self.tables_max
    }

    fn memories(&self) -> usize {
        self.memories_max
    }
}
