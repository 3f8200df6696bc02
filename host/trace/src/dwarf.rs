//! Lines of source for stretches of code, from a module's DWARF.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use addr2line::Context;
use gimli::{DwarfSections, EndianArcSlice, LittleEndian};

type Slice = EndianArcSlice<LittleEndian>;

/// The lines of one module.
pub(crate) struct Lines {
    context: Context<Slice>,
    /// Where the code section's content begins, in the component that runs.
    code_start: usize,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("code_start", &self.code_start).finish_non_exhaustive()
    }
}

impl Lines {
    /// Reads the sections. None if they have no line, or are damaged.
    pub(crate) fn read(sections: &BTreeMap<String, Vec<u8>>, code_start: usize) -> Option<Self> {
        if !sections.contains_key(".debug_line") {
            return None;
        }
        let load = |section: gimli::SectionId| {
            let bytes = sections.get(section.name()).map(Vec::as_slice).unwrap_or_default();
            Ok::<_, gimli::Error>(Slice::new(bytes.into(), LittleEndian))
        };
        let sections = DwarfSections::load(load).ok()?;
        let context = Context::from_dwarf(sections.borrow(Clone::clone)).ok()?;
        Some(Self { context, code_start })
    }

    /// The lines that code between two offsets of the component stands for, in the order of the code.
    pub(crate) fn of(&self, code: &Range<usize>) -> Vec<(String, u32)> {
        let address = |offset: usize| offset.saturating_sub(self.code_start) as u64;
        let (low, high) = (address(code.start), address(code.end));
        // Debug information that cannot be read tells no line.
        let Ok(rows) = self.context.find_location_range(low, high) else {
            return Vec::new();
        };
        let mut lines: Vec<(String, u32)> = Vec::new();
        for (_, _, location) in rows {
            let (Some(file), Some(line @ 1..)) = (location.file, location.line) else { continue };
            if !lines.iter().any(|(known, at)| *at == line && known == file) {
                lines.push((file.to_owned(), line));
            }
        }
        lines
    }
}
