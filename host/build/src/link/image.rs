//! The memory of a snapshot.

use wasm_encoder::{ConstExpr, DataSection};
use wasmparser::DataKind;

use super::module::{Module, value};
use super::{Fault, UNKNOWN};

const PAGE_BYTES: usize = 64 * 1024;

/// As many zeros between two parts of memory are left out: a segment's head is not much shorter, and
/// an engine takes at most 100,000 segments.
const GAP_BYTES: usize = 64;

/// Memory from its start, as it is in a new instance.
pub(super) struct Image(pub(super) Vec<u8>);

impl Image {
    pub(super) fn of(main: &Module<'_>) -> Result<Self, Fault> {
        let pages = usize::try_from(main.memory_pages).map_err(|_| UNKNOWN)?;
        let mut memory = vec![0; pages.checked_mul(PAGE_BYTES).ok_or(UNKNOWN)?];
        for segment in &main.data {
            let DataKind::Active { memory_index: 0, offset_expr } = &segment.kind else {
                return Err(UNKNOWN);
            };
            let offset = value(offset_expr, |_| None).ok_or(UNKNOWN)?.cast_unsigned() as usize;
            let place =
                memory.get_mut(offset..).and_then(|rest| rest.get_mut(..segment.data.len()));
            place.ok_or(UNKNOWN)?.copy_from_slice(segment.data);
        }
        Ok(Self(memory))
    }

    /// It again, without what is zero.
    pub(super) fn data(&self) -> Result<DataSection, Fault> {
        let mut data = DataSection::new();
        let mut at = 0;
        while let Some(zeros) = self.0[at..].iter().position(|byte| *byte != 0) {
            let start = at + zeros;
            let rest = &self.0[start..];
            let end = rest.windows(GAP_BYTES).position(|gap| gap.iter().all(|byte| *byte == 0));
            let bytes = &rest[..end.unwrap_or(rest.len())];
            let offset = i32::try_from(start).map_err(|_| UNKNOWN)?;
            data.active(0, &ConstExpr::i32_const(offset), bytes.iter().copied());
            at = start + bytes.len();
        }
        Ok(data)
    }
}
