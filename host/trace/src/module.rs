//! A component's core modules, as far as symbols need them.

use std::collections::BTreeMap;
use std::ops::Range;

use wasmparser::{
    CustomSectionReader, Encoding, ExternalKind, KnownCustom, Name, Parser, Payload, Result,
    TypeRef,
};

/// One core module of a component.
#[derive(Debug, Clone, Default)]
pub(crate) struct Module {
    /// How many functions it imports; they have the first indices.
    pub(crate) imported: u32,
    /// How many it has of its own.
    pub(crate) defined: u32,
    /// Where the content of its code section is: what DWARF counts from.
    pub(crate) code: Range<usize>,
    /// Names of functions, from the name section or, where it has none, from exports.
    pub(crate) names: BTreeMap<u32, String>,
    /// Sections of DWARF, by name.
    pub(crate) dwarf: BTreeMap<String, Vec<u8>>,
}

/// The core modules of a component in the order of the file, nested components included.
pub(crate) fn all(component: &[u8]) -> Result<Vec<Module>> {
    let mut modules: Vec<Module> = Vec::new();
    let mut inside = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        match &payload {
            Payload::Version { encoding, .. } => {
                inside.push(*encoding);
                if *encoding == Encoding::Module {
                    modules.push(Module::default());
                }
            }
            Payload::End(_) => drop(inside.pop()),
            _ if inside.last() == Some(&Encoding::Module) => {
                if let Some(module) = modules.last_mut() {
                    module.read(payload)?;
                }
            }
            _ => {}
        }
    }
    Ok(modules)
}

impl Module {
    fn read(&mut self, payload: Payload<'_>) -> Result<()> {
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let is_function =
                        matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                    self.imported += u32::from(is_function);
                }
            }
            Payload::FunctionSection(section) => self.defined = section.count(),
            Payload::CodeSectionStart { range, .. } => self.code = range,
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    // Numbers are what toolchains call what only they look for.
                    let is_name = export.name.contains(|c: char| !c.is_ascii_digit());
                    if matches!(export.kind, ExternalKind::Func) && is_name {
                        self.names.insert(export.index, export.name.to_owned());
                    }
                }
            }
            Payload::CustomSection(section) => self.custom(&section),
            _ => {}
        }
        Ok(())
    }

    /// What a custom section has wrong costs the names that it has, and nothing else.
    fn custom(&mut self, section: &CustomSectionReader<'_>) {
        if section.name().starts_with(".debug_") {
            self.dwarf.insert(section.name().to_owned(), section.data().to_vec());
        }
        if let KnownCustom::Name(names) = section.as_known() {
            for name in names.into_iter().map_while(Result::ok) {
                if let Name::Function(functions) = name {
                    let named = functions.into_iter().map_while(Result::ok);
                    self.names.extend(named.map(|name| (name.index, name.name.to_owned())));
                }
            }
        }
    }
}
