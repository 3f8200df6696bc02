//! Puts a look into every stretch of a component's code, at no cost in fuel.
//!
//! The engine checks its epoch where a function is entered and where a loop begins. An empty loop,
//! `loop end`, does nothing, costs no fuel, leaves the stack as it is, and has such a check: so one
//! at the head of every stretch tells exactly which code runs, and one behind every call tells when it
//! has returned. No other byte of the code changes.

use wasmparser::{BinaryReader, FunctionBody, ImportSectionReader, Result, TypeRef};

use super::blocks::{self, Stretch};
use super::{Block, FunctionId};

/// `loop`, of no type, `end`.
const PROBE: [u8; 3] = [0x03, 0x40, 0x0b];

/// The most bytes of code that get probes. What a probe adds is compiled again, three times as much:
/// 1 MB of QuickJS takes some seconds, 18 MB of Python would take more than compiling may.
const PROBED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Magic, version and layer.
const HEADER_BYTES: usize = 8;

/// A component whose runs can be traced, and what its traces speak of.
#[derive(Debug, Clone)]
pub struct Probes {
    component: Vec<u8>,
    blocks: Vec<Block>,
    /// Offsets in the probed component at which a look means that a block was entered, in order.
    sites: Vec<(usize, usize)>,
    modules: u32,
    is_complete: bool,
}

impl Probes {
    /// Puts probes into a component that was admitted. One with very much code keeps its code, and
    /// its traces tell of functions and loops only.
    ///
    /// # Errors
    ///
    /// The component is damaged.
    pub fn put_into(component: &[u8]) -> Result<Self> {
        let mut probes = Self {
            component: Vec::new(),
            blocks: Vec::new(),
            sites: Vec::new(),
            modules: 0,
            is_complete: component.len() <= PROBED_BYTES_MAX,
        };
        probes.component = probes.rewrite(component, 0)?;
        Ok(probes)
    }

    /// What to compile in place of the component.
    #[must_use]
    pub fn component(&self) -> &[u8] {
        &self.component
    }

    /// The blocks of code that a trace counts, module by module.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Whether every stretch of code is a block; else only functions and loops are.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Core modules of the component; what has a higher number was made by the engine.
    pub(super) fn modules(&self) -> u32 {
        self.modules
    }

    /// The block that a look at this offset of the probed component means.
    pub(super) fn block_at(&self, offset: usize) -> Option<usize> {
        let at = self.sites.binary_search_by_key(&offset, |(site, _)| *site).ok()?;
        Some(self.sites.get(at)?.1)
    }

    /// A module or a component that begins at `from` of the whole, with its probes.
    fn rewrite(&mut self, bytes: &[u8], from: usize) -> Result<Vec<u8>> {
        const LAYER: usize = 6;
        let is_component = bytes.get(LAYER) == Some(&1);
        let module = if is_component { 0 } else { self.modules };
        self.modules += u32::from(!is_component);
        let mut reader = BinaryReader::new(bytes, from);
        let mut out = reader.read_bytes(HEADER_BYTES)?.to_vec();
        let mut imported = 0;
        while !reader.eof() {
            let id = reader.read_u8()?;
            let size = reader.read_var_u32()? as usize;
            let start = reader.original_position();
            let content = reader.read_bytes(size)?;
            let first_site = self.sites.len();
            let new = match (is_component, id) {
                // Nested modules and components.
                (true, 1 | 4) => self.rewrite(content, start)?,
                // Their offsets into the code hold no longer, and a run needs none but the names.
                (false, 0) if !is_names(content) => continue,
                (false, 2) => {
                    imported = imported_functions(content, start)?;
                    content.to_vec()
                }
                (false, 10) => self.code(content, start, module, imported)?,
                _ => content.to_vec(),
            };
            out.push(id);
            write_size(&mut out, new.len());
            for (site, _) in self.sites.iter_mut().skip(first_site) {
                *site += out.len();
            }
            out.extend_from_slice(&new);
        }
        Ok(out)
    }

    fn code(&mut self, section: &[u8], from: usize, module: u32, imported: u32) -> Result<Vec<u8>> {
        let mut reader = BinaryReader::new(section, from);
        let count = reader.read_var_u32()?;
        let mut out = Vec::with_capacity(section.len() * 2);
        write_size(&mut out, count as usize);
        for defined in 0..count {
            let size = reader.read_var_u32()? as usize;
            let start = reader.original_position();
            let bytes = reader.read_bytes(size)?;
            let body = FunctionBody::new(BinaryReader::new(bytes, start));
            let mut stretches = blocks::of(&body)?;
            if !self.is_complete {
                stretches.retain(|stretch| stretch.is_checked);
            }
            let first_site = self.sites.len();
            let new = self.body(bytes, start, &stretches);
            write_size(&mut out, new.len());
            for (site, _) in self.sites.iter_mut().skip(first_site) {
                *site += out.len();
            }
            out.extend_from_slice(&new);
            let function = FunctionId { module, function: imported + defined };
            self.blocks.extend(stretches.iter().map(|stretch| Block {
                function,
                start: stretch.start,
                end: stretch.end,
            }));
        }
        Ok(out)
    }

    /// A function's body with its probes; the sites count from its first byte.
    fn body(&mut self, bytes: &[u8], from: usize, stretches: &[Stretch]) -> Vec<u8> {
        let mut new = Vec::with_capacity(bytes.len() + stretches.len() * PROBE.len());
        let mut copied = 0;
        for (stretch, block) in stretches.iter().zip(self.blocks.len()..) {
            let at = stretch.start - from;
            new.extend_from_slice(bytes.get(copied..at).unwrap_or_default());
            copied = at;
            self.sites.push((new.len(), block));
            if !stretch.is_checked {
                new.extend_from_slice(&PROBE);
            }
        }
        new.extend_from_slice(bytes.get(copied..).unwrap_or_default());
        new
    }
}

fn is_names(custom: &[u8]) -> bool {
    BinaryReader::new(custom, 0).read_string().is_ok_and(|name| name == "name")
}

fn imported_functions(section: &[u8], from: usize) -> Result<u32> {
    let mut count = 0;
    for import in ImportSectionReader::new(BinaryReader::new(section, from))?.into_imports() {
        count += u32::from(matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
    }
    Ok(count)
}

/// Seven bits a byte, the lowest first; all bytes but the last have the eighth.
fn write_size(out: &mut Vec<u8>, mut size: usize) {
    loop {
        let [lowest, ..] = size.to_le_bytes();
        size >>= 7;
        if size == 0 {
            return out.push(lowest);
        }
        out.push(lowest | 0x80);
    }
}
