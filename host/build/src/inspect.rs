use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use wasm_metadata::Producers;
use wasmparser::{
    BinaryReaderError, ComponentExternalKind, CustomSectionReader, Encoding, ExternalKind,
    Instance, KnownCustom, MemoryType, Name, Parser, Payload, TypeRef,
};

use crate::ComponentizeError;
use crate::componentize::damaged;
use crate::contract::{ENTRY, PACKAGE, WORLD};

/// Bytes of a page of linear memory, by the specification.
const PAGE_BYTES: u64 = 64 * 1024;

/// What a file of WebAssembly is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A component.
    Component,
    /// A core module, which a component can be made of.
    CoreModule,
}

/// What was found in a file of WebAssembly, whoever made it.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// What it is.
    pub kind: Kind,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// The world of the contract, if it exports what that asks for.
    pub world: Option<String>,
    /// What it imports, in its order. Of a core module these are `module` and `name`.
    pub imports: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
    /// What a host must allow it from the start.
    pub needs: Needs,
    /// Where its bytes are.
    pub parts: Parts,
    /// The core modules in it, in their order.
    pub modules: Vec<ModuleParts>,
    /// Languages and tools that say they made it.
    pub producers: Vec<Producer>,
}

/// What a component takes before its first instruction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// Linear memory that is declared, in bytes.
    pub memory_bytes: u64,
    /// The most memory that it can grow to, if all of its memories say so.
    pub memory_bytes_max: Option<u64>,
    /// How many memories.
    pub memories: u32,
    /// How many tables.
    pub tables: u32,
    /// Elements of all tables that are declared.
    pub table_elements: u64,
    /// How many core modules are instantiated for a run.
    pub core_instances: u32,
    /// Functions that have to be compiled.
    pub functions: u32,
}

/// Where the bytes of a file are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// Code.
    pub code: u64,
    /// What memories begin with.
    pub data: u64,
    /// Names, debug information and everything else that no run needs, by section.
    pub custom: BTreeMap<String, u64>,
    /// Types, imports, exports, tables and the framing of all.
    pub rest: u64,
}

/// One core module of a component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ModuleParts {
    /// What its name section calls it.
    pub name: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Its code.
    pub code: u64,
    /// Its data.
    pub data: u64,
    /// Its custom sections.
    pub custom: u64,
    /// How many functions it has.
    pub functions: u32,
}

/// A language or a tool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// Its name.
    pub name: String,
    /// Its version, which may be empty.
    pub version: String,
}

/// Tells what a file of WebAssembly is: a component or a core module, ours or another's.
///
/// # Errors
///
/// It is no WebAssembly, or is damaged.
pub fn inspect(file: &[u8]) -> Result<Inspection, ComponentizeError> {
    if !file.starts_with(b"\0asm") {
        return Err(ComponentizeError::NotWasm);
    }
    let mut look = Look::new();
    for payload in Parser::new(0).parse_all(file) {
        look.at(&payload.map_err(damaged)?).map_err(damaged)?;
    }
    Ok(look.found(file))
}

/// A walk over all sections of a file and of what is nested in it.
struct Look {
    /// The encodings that the walk is inside of, and for a module its place in `modules`.
    levels: Vec<Option<usize>>,
    is_component: bool,
    imports: Vec<String>,
    exports: Vec<String>,
    needs: Needs,
    has_open_memory: bool,
    parts: Parts,
    modules: Vec<ModuleParts>,
    producers: Producers,
}

impl Look {
    fn new() -> Self {
        Self {
            levels: Vec::new(),
            is_component: false,
            imports: Vec::new(),
            exports: Vec::new(),
            needs: Needs::default(),
            has_open_memory: false,
            parts: Parts::default(),
            modules: Vec::new(),
            producers: Producers::empty(),
        }
    }

    fn is_outermost(&self) -> bool {
        self.levels.len() == 1
    }

    fn module(&mut self) -> Option<&mut ModuleParts> {
        let at = self.levels.last().copied().flatten()?;
        self.modules.get_mut(at)
    }

    fn at(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::Version { encoding, .. } => self.enter(*encoding),
            Payload::End(_) => drop(self.levels.pop()),
            Payload::ModuleSection { unchecked_range, .. } => {
                // The module is the next to be entered.
                let bytes = (unchecked_range.end - unchecked_range.start) as u64;
                self.modules.push(ModuleParts { bytes, ..ModuleParts::default() });
            }
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    let is_module = matches!(instance?, Instance::Instantiate { .. });
                    self.needs.core_instances += u32::from(is_module);
                }
            }
            Payload::CodeSectionStart { range, count, .. } => {
                let bytes = (range.end - range.start) as u64;
                self.parts.code += bytes;
                self.needs.functions = self.needs.functions.saturating_add(*count);
                if let Some(module) = self.module() {
                    (module.code, module.functions) = (bytes, *count);
                }
            }
            Payload::DataSection(section) => {
                let bytes = (section.range().end - section.range().start) as u64;
                self.parts.data += bytes;
                if let Some(module) = self.module() {
                    module.data = bytes;
                }
            }
            Payload::CustomSection(section) => self.custom(section)?,
            other => self.declarations(other)?,
        }
        Ok(())
    }

    fn enter(&mut self, encoding: Encoding) {
        let is_module = encoding == Encoding::Module;
        if self.levels.is_empty() {
            self.is_component = !is_module;
            if is_module {
                self.modules.push(ModuleParts::default());
                self.needs.core_instances = 1;
            }
        }
        self.levels.push(is_module.then(|| self.modules.len().saturating_sub(1)));
    }

    fn declarations(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::MemorySection(section) => {
                for memory in section.clone() {
                    self.memory(memory?);
                }
            }
            Payload::TableSection(section) => {
                for table in section.clone() {
                    let elements = table?.ty.initial;
                    self.needs.tables += 1;
                    self.needs.table_elements = self.needs.table_elements.saturating_add(elements);
                }
            }
            other if self.is_component => self.component_names(other)?,
            other => self.module_names(other)?,
        }
        Ok(())
    }

    fn module_names(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    let import = import?;
                    let what =
                        if matches!(import.ty, TypeRef::Func(_)) { "" } else { " (no function)" };
                    self.imports.push(format!("{} {}{what}", import.module, import.name));
                }
            }
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    let what =
                        if export.kind == ExternalKind::Func { "" } else { " (no function)" };
                    self.exports.push(format!("{}{what}", export.name));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn component_names(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::ComponentImportSection(section) if self.is_outermost() => {
                for import in section.clone() {
                    self.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if self.is_outermost() => {
                for export in section.clone() {
                    let export = export?;
                    // Types that an interface brings along are no exports of their own.
                    if export.kind != ComponentExternalKind::Type {
                        self.exports.push(export.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn memory(&mut self, memory: MemoryType) {
        let needs = &mut self.needs;
        needs.memories += 1;
        needs.memory_bytes =
            needs.memory_bytes.saturating_add(memory.initial.saturating_mul(PAGE_BYTES));
        match memory.maximum {
            Some(pages) => {
                let bytes = needs.memory_bytes_max.unwrap_or(0);
                needs.memory_bytes_max =
                    Some(bytes.saturating_add(pages.saturating_mul(PAGE_BYTES)));
            }
            None => self.has_open_memory = true,
        }
    }

    fn custom(&mut self, section: &CustomSectionReader<'_>) -> Result<(), BinaryReaderError> {
        let bytes = section.data().len() as u64;
        *self.parts.custom.entry(section.name().to_owned()).or_default() += bytes;
        if let Some(module) = self.module() {
            module.custom += bytes;
        }
        match section.as_known() {
            KnownCustom::Name(names) => {
                for name in names {
                    // A damaged name says nothing; the file may be sound.
                    if let (Ok(Name::Module { name, .. }), Some(module)) = (name, self.module()) {
                        module.name = Some(name.to_owned());
                    }
                }
            }
            _ if section.name() == "producers" => {
                let of = Producers::from_bytes(section.data(), section.data_offset());
                if let Ok(producers) = of {
                    self.producers.merge(&producers);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn found(mut self, file: &[u8]) -> Inspection {
        let bytes = file.len() as u64;
        if let ([module], false) = (self.modules.as_mut_slice(), self.is_component) {
            module.bytes = bytes;
        }
        if self.has_open_memory {
            self.needs.memory_bytes_max = None;
        }
        let custom: u64 = self.parts.custom.values().sum();
        self.parts.rest = bytes.saturating_sub(self.parts.code + self.parts.data + custom);
        let entry = format!("{PACKAGE}/{}@", ENTRY.0);
        let version = self.exports.iter().find_map(|name| name.strip_prefix(&entry));
        let version = version.map(|rest| rest.split('#').next().unwrap_or(rest));
        let producers = self.producers.iter().flat_map(|(field, tools)| {
            let tools: Vec<_> =
                tools.iter().map(|(name, version)| (name.clone(), version.clone())).collect();
            tools.into_iter().map(move |(name, version)| Producer {
                field: field.clone(),
                name,
                version,
            })
        });
        let mut producers: Vec<Producer> = producers.collect();
        producers.sort();
        Inspection {
            kind: if self.is_component { Kind::Component } else { Kind::CoreModule },
            bytes,
            sha256: Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect(),
            world: version.map(|version| format!("{PACKAGE}/{WORLD}@{version}")),
            imports: self.imports,
            exports: self.exports,
            needs: self.needs,
            parts: self.parts,
            modules: self.modules,
            producers,
        }
    }
}
