use bugle_task::{LimitName, Limits, Usage};
use wasmtime::ResourceLimiter;

/// Holds a run to its memory and tables, summed over all that it has: wasmtime's own limiter counts
/// each memory by itself, so that thirty of them may be thirty times too large.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory: Sum,
    tables: Sum,
    instances_max: usize,
    /// What was refused, if the guest has done nothing since that shows that it goes on: it explains
    /// the trap of a guest that could not.
    refused: Option<LimitName>,
}

/// What all memories, or all tables, of a run have together.
#[derive(Debug)]
struct Sum {
    limit: LimitName,
    /// Bytes of memory, or elements of tables.
    size: u64,
    size_max: u64,
    /// wasmtime itself holds a run to it.
    count_max: usize,
}

impl Sum {
    fn new(limit: LimitName, size_max: u64, count_max: u64) -> Self {
        Self { limit, size: 0, size_max, count_max: as_count(count_max) }
    }

    /// Adds a growth if the sum stays within its limit; the limit, if it does not. A growth beyond
    /// what the guest itself declared is refused without taking anything of ours.
    fn grow(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, LimitName> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let growth = (desired as u64).saturating_sub(current as u64);
        let grown = self.size.saturating_add(growth);
        if grown > self.size_max {
            return Err(self.limit);
        }
        self.size = grown;
        Ok(true)
    }
}

/// A count beyond `usize` cannot be reached, so the largest `usize` is as good.
fn as_count(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory: Sum::new(LimitName::MemoryBytes, limits.memory_bytes, limits.memories),
            tables: Sum::new(LimitName::TableElements, limits.table_elements, limits.tables),
            instances_max: as_count(limits.instances),
            refused: None,
        }
    }

    /// The limit that refused the guest what it asked for last, if one did.
    pub(crate) fn refused(&self) -> Option<LimitName> {
        self.refused
    }

    /// The guest does something: what it was refused before is not why it ends.
    pub(crate) fn goes_on(&mut self) {
        self.refused = None;
    }

    pub(crate) fn write_usage(&self, usage: &mut Usage) {
        usage.memory_bytes = self.memory.size;
        usage.table_elements = self.tables.size;
    }

    /// What wasmtime is told of a growth.
    fn answer(&mut self, grown: Result<bool, LimitName>) -> bool {
        self.refused = grown.err();
        grown.unwrap_or(false)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let grown = self.memory.grow(current, desired, maximum);
        Ok(self.answer(grown))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let grown = self.tables.grow(current, desired, maximum);
        Ok(self.answer(grown))
    }

    fn instances(&self) -> usize {
        self.instances_max
    }

    fn tables(&self) -> usize {
        self.tables.count_max
    }

    fn memories(&self) -> usize {
        self.memory.count_max
    }
}
