//! A core module, taken apart as far as a snapshot changes it.

use std::collections::BTreeMap;

use wasm_encoder::{
    ConstExpr, DataSection, ExportKind, ExportSection, GlobalSection, GlobalType, MemorySection,
    MemoryType, Module, RawSection, SectionId, ValType,
};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use super::SnapshotError;

const PAGE_BYTES: usize = 64 * 1024;

/// Zeros between two parts of the memory that are worth two segments: a segment costs some bytes, and
/// a memory of up to some hundred parts starts as an image of pages, whatever is in them.
const GAP_BYTES: usize = 4_096;

/// Before the names under which globals are exported while the module starts.
const GLOBAL_PREFIX: &str = "bugle:snapshot/global-";

/// The value of a global.
#[derive(Debug, Clone, Copy)]
pub(super) enum Global {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
}

impl Global {
    /// None for references, which no module with a snapshot has in a global that changes.
    pub(super) fn of(value: &wasmtime::Val) -> Option<Self> {
        Some(match value {
            wasmtime::Val::I32(value) => Self::I32(*value),
            wasmtime::Val::I64(value) => Self::I64(*value),
            wasmtime::Val::F32(bits) => Self::F32(*bits),
            wasmtime::Val::F64(bits) => Self::F64(*bits),
            _ => return None,
        })
    }

    fn expression(self) -> ConstExpr {
        match self {
            Self::I32(value) => ConstExpr::i32_const(value),
            Self::I64(value) => ConstExpr::i64_const(value),
            Self::F32(bits) => ConstExpr::f32_const(f32::from_bits(bits).into()),
            Self::F64(bits) => ConstExpr::f64_const(f64::from_bits(bits).into()),
        }
    }
}

/// What a module is after its start.
pub(super) struct State {
    pub(super) memory: Vec<u8>,
    pub(super) globals: BTreeMap<u32, Global>,
}

/// A global as the module has it.
struct GlobalPart<'m> {
    ty: wasmparser::GlobalType,
    /// With its end.
    initial: &'m [u8],
}

/// The sections of a module, in order, and what is in those that change.
pub(super) struct Parts<'m> {
    sections: Vec<(u8, &'m [u8])>,
    exports: Vec<wasmparser::Export<'m>>,
    globals: Vec<GlobalPart<'m>>,
    memory: wasmparser::MemoryType,
}

impl<'m> Parts<'m> {
    pub(super) fn read(module: &'m [u8]) -> Result<Self, SnapshotError> {
        let (mut sections, mut exports, mut globals) = (Vec::new(), Vec::new(), Vec::new());
        let mut memories = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            if let Some((id, range)) = payload.as_section() {
                sections.push((id, module.get(range).unwrap_or_default()));
            }
            match payload {
                Payload::ImportSection(imports) => check_imports(imports)?,
                Payload::MemorySection(all) => {
                    memories = all.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::ExportSection(all) => {
                    exports = all.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::GlobalSection(all) => {
                    for global in all {
                        let global = global?;
                        let range = global.init_expr.get_binary_reader().range();
                        let initial = module.get(range).unwrap_or_default();
                        globals.push(GlobalPart { ty: check_global(global.ty)?, initial });
                    }
                }
                Payload::DataSection(all) => check_data(all)?,
                Payload::StartSection { .. } => {
                    return Err(SnapshotError::Unsupported("has a start function of its own"));
                }
                _ => {}
            }
        }
        let [memory] = memories[..] else {
            return Err(SnapshotError::Unsupported("has not just one memory"));
        };
        Ok(Self { sections, exports, globals, memory })
    }

    pub(super) fn exports_function(&self, name: &str) -> bool {
        let is_it = |export: &wasmparser::Export<'_>| {
            export.name == name && export.kind == ExternalKind::Func
        };
        self.exports.iter().any(is_it)
    }

    /// The name under which the memory is exported.
    pub(super) fn memory_name(&self) -> String {
        let memory = self.exports.iter().find(|export| export.kind == ExternalKind::Memory);
        memory.map(|export| export.name.to_owned()).unwrap_or_default()
    }

    /// The globals that a start may have changed, and the names under which they are exported then.
    pub(super) fn mutable_globals(&self) -> impl Iterator<Item = (u32, String)> {
        let mutable = (0_u32..).zip(&self.globals).filter(|(_, global)| global.ty.mutable);
        mutable.map(|(at, _)| (at, format!("{GLOBAL_PREFIX}{at}")))
    }

    /// The module as it is, but that its globals can be read.
    pub(super) fn with_globals_exported(&self) -> Vec<u8> {
        let mut exports = self.exports_but("");
        for (at, name) in self.mutable_globals() {
            exports.export(&name, ExportKind::Global, at);
        }
        let module = self.write(|id, module| {
            let is_exports = id == SectionId::Export as u8;
            if is_exports {
                module.section(&exports);
            }
            is_exports
        });
        module.finish()
    }

    /// The module in another state, without one of its exports.
    pub(super) fn with_state(&self, state: &State, export: &str) -> Vec<u8> {
        let exports = self.exports_but(export);
        let (globals, memory) = (self.globals_in(state), self.memory_in(state));
        let data = data(&state.memory);
        let mut module = self.write(|id, module| {
            if id == SectionId::Export as u8 {
                module.section(&exports);
            } else if id == SectionId::Global as u8 {
                module.section(&globals);
            } else if id == SectionId::Memory as u8 {
                module.section(&memory);
            } else {
                // No instruction names a segment, so that nobody needs to know how many there are.
                return [SectionId::Data as u8, SectionId::DataCount as u8].contains(&id);
            }
            true
        });
        // Only sections that have no place of their own may follow it.
        module.section(&data);
        module.finish()
    }

    /// Writes all sections; `instead` may write something in place of one.
    fn write(&self, instead: impl Fn(u8, &mut Module) -> bool) -> Module {
        let mut module = Module::new();
        for &(id, data) in &self.sections {
            if !instead(id, &mut module) {
                module.section(&RawSection { id, data });
            }
        }
        module
    }

    fn exports_but(&self, name: &str) -> ExportSection {
        let mut exports = ExportSection::new();
        for export in self.exports.iter().filter(|export| export.name != name) {
            let kind = match export.kind {
                ExternalKind::Table => ExportKind::Table,
                ExternalKind::Memory => ExportKind::Memory,
                ExternalKind::Global => ExportKind::Global,
                ExternalKind::Tag => ExportKind::Tag,
                _ => ExportKind::Func,
            };
            exports.export(export.name, kind, export.index);
        }
        exports
    }

    fn globals_in(&self, state: &State) -> GlobalSection {
        let mut globals = GlobalSection::new();
        for (at, part) in (0_u32..).zip(&self.globals) {
            let val_type = match part.ty.content_type {
                wasmparser::ValType::I64 => ValType::I64,
                wasmparser::ValType::F32 => ValType::F32,
                wasmparser::ValType::F64 => ValType::F64,
                _ => ValType::I32,
            };
            let ty = GlobalType { val_type, mutable: part.ty.mutable, shared: false };
            // `raw` adds the end that is there already.
            let initial = part.initial.split_last().map_or(&[][..], |(_, before)| before);
            let initial = state.globals.get(&at).map_or_else(
                || ConstExpr::raw(initial.iter().copied()),
                |value| value.expression(),
            );
            globals.global(ty, &initial);
        }
        globals
    }

    fn memory_in(&self, state: &State) -> MemorySection {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: (state.memory.len() / PAGE_BYTES) as u64,
            maximum: self.memory.maximum,
            memory64: self.memory.memory64,
            shared: self.memory.shared,
            page_size_log2: self.memory.page_size_log2,
        });
        memories
    }
}

/// Everything but runs of zeros.
fn data(memory: &[u8]) -> DataSection {
    let mut data = DataSection::new();
    let mut parts: Vec<std::ops::Range<usize>> = Vec::new();
    let is_used = |(_, word): &(usize, &[u8])| word.iter().any(|byte| *byte != 0);
    for (index, word) in memory.chunks(8).enumerate().filter(is_used) {
        let (start, end) = (index * 8, index * 8 + word.len());
        match parts.last_mut() {
            Some(last) if start - last.end < GAP_BYTES => last.end = end,
            _ => parts.push(start..end),
        }
    }
    for part in parts {
        let at = u32::try_from(part.start).unwrap_or(u32::MAX);
        let bytes = memory.get(part).unwrap_or_default();
        data.active(0, &ConstExpr::i32_const(at.cast_signed()), bytes.iter().copied());
    }
    data
}

fn check_imports(imports: wasmparser::ImportSectionReader<'_>) -> Result<(), SnapshotError> {
    for import in imports.into_imports() {
        if !matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
            return Err(SnapshotError::Unsupported("imports more than functions"));
        }
    }
    Ok(())
}

fn check_global(ty: wasmparser::GlobalType) -> Result<wasmparser::GlobalType, SnapshotError> {
    use wasmparser::ValType::{F32, F64, I32, I64};
    match ty.content_type {
        I32 | I64 | F32 | F64 => Ok(ty),
        _ => Err(SnapshotError::Unsupported("has a global that is no number")),
    }
}

fn check_data(segments: wasmparser::DataSectionReader<'_>) -> Result<(), SnapshotError> {
    for segment in segments {
        if matches!(segment?.kind, wasmparser::DataKind::Passive) {
            return Err(SnapshotError::Unsupported("has data that its code unpacks"));
        }
    }
    Ok(())
}
