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
            let file = file.trim_start_matches("./");
            if !lines.iter().any(|(known, at)| *at == line && known == file) {
                lines.push((file.to_owned(), line));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use gimli::write::{
        Address, AttributeValue, Dwarf, EndianVec, LineProgram, LineString, Range, RangeList,
        Sections, Unit,
    };
    use gimli::{Encoding, Format, LineEncoding};

    use super::*;

    /// Debug information of one file: its first line is the code from 2 to 8, its third that to 12.
    fn sections() -> BTreeMap<String, Vec<u8>> {
        let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 4 };
        let name = || LineString::String(b"src/task.c".to_vec());
        let folder = LineString::String(b".".to_vec());
        let mut program =
            LineProgram::new(encoding, LineEncoding::default(), folder, None, name(), None);
        let folder = program.default_directory();
        let file = program.add_file(name(), folder, None);
        program.begin_sequence(Some(Address::Constant(2)));
        for (offset, line) in [(0, 1), (6, 3)] {
            program.row().address_offset = offset;
            program.row().file = file;
            program.row().line = line;
            program.generate_row();
        }
        program.end_sequence(10);
        let mut dwarf = Dwarf::new();
        let unit = dwarf.units.add(Unit::new(encoding, program));
        let unit = dwarf.units.get_mut(unit);
        let all = Range::StartEnd { begin: Address::Constant(2), end: Address::Constant(12) };
        let ranges = unit.ranges.add(RangeList(vec![all]));
        let root = unit.root();
        let root = unit.get_mut(root);
        root.set(gimli::DW_AT_name, AttributeValue::String(b"src/task.c".to_vec()));
        root.set(gimli::DW_AT_comp_dir, AttributeValue::String(b".".to_vec()));
        root.set(gimli::DW_AT_ranges, AttributeValue::RangeListRef(ranges));
        let mut written = Sections::new(EndianVec::new(LittleEndian));
        dwarf.write(&mut written).expect("it can be written");
        let mut sections = BTreeMap::new();
        let each = written.for_each(|id, bytes| {
            sections.insert(id.name().to_owned(), bytes.slice().to_vec());
            Ok::<_, gimli::write::Error>(())
        });
        each.expect("nothing in it fails");
        sections
    }

    #[test]
    fn code_has_the_lines_that_the_compiler_wrote() {
        let lines = Lines::read(&sections(), 100).expect("there are lines");
        let of = |from: usize, to: usize| {
            let lines = lines.of(&(from..to)).into_iter();
            lines.map(|(file, line)| format!("{file}:{line}")).collect::<Vec<_>>()
        };
        assert_eq!(of(102, 104), ["src/task.c:1"]);
        assert_eq!(of(104, 112), ["src/task.c:1", "src/task.c:3"]);
        assert_eq!(of(112, 200), [""; 0]);
        assert_eq!(of(0, 50), [""; 0]);
    }

    #[test]
    fn damaged_sections_have_no_lines() {
        assert!(Lines::read(&BTreeMap::new(), 0).is_none());
        for at in 0..40 {
            let mut sections = sections();
            for bytes in sections.values_mut() {
                bytes.truncate(at);
            }
            if let Some(lines) = Lines::read(&sections, 0) {
                assert!(lines.of(&(0..1_000)).len() < 3);
            }
        }
    }
}
