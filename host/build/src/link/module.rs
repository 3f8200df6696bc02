//! Core modules, taken apart as far as linking needs.

use std::collections::HashMap;

use wasmparser::{
    BinaryReaderError, ConstExpr, CustomSectionReader, Data, Element, ExternalKind, FromReader,
    FunctionBody, Global, Import, KnownCustom, Name, Operator, Parser, Payload, RecGroup,
    SectionLimited, TypeRef,
};

/// A core module. Of functions, tables and memories these are its own, not those it imports.
#[derive(Default)]
pub(super) struct Module<'a> {
    pub(super) types: Vec<RecGroup>,
    pub(super) imports: Vec<Import<'a>>,
    /// The types of its functions.
    pub(super) functions: Vec<u32>,
    /// How many elements its table has.
    pub(super) table_size: u64,
    /// How many pages its memory begins with.
    pub(super) memory_pages: u64,
    pub(super) globals: Vec<Global<'a>>,
    pub(super) exports: HashMap<&'a str, (ExternalKind, u32)>,
    pub(super) elements: Vec<Element<'a>>,
    pub(super) code: Vec<FunctionBody<'a>>,
    pub(super) data: Vec<Data<'a>>,
    /// What it calls its functions, those it imports too.
    pub(super) names: HashMap<u32, &'a str>,
}

impl<'a> Module<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => module.types = all(types)?,
                Payload::ImportSection(imports) => {
                    module.imports = imports.into_imports().collect::<Result<_, _>>()?;
                }
                Payload::FunctionSection(functions) => module.functions = all(functions)?,
                Payload::TableSection(tables) => {
                    module.table_size = all(tables)?.first().map_or(0, |table| table.ty.initial);
                }
                Payload::MemorySection(memories) => {
                    module.memory_pages = all(memories)?.first().map_or(0, |memory| memory.initial);
                }
                Payload::GlobalSection(globals) => {
                    module.globals = all(globals)?;
                }
                Payload::ExportSection(exports) => {
                    let exports = all(exports)?.into_iter();
                    let named = exports.map(|export| (export.name, (export.kind, export.index)));
                    module.exports = named.collect();
                }
                Payload::ElementSection(elements) => module.elements = all(elements)?,
                Payload::CodeSectionEntry(body) => module.code.push(body),
                Payload::DataSection(data) => module.data = all(data)?,
                Payload::CustomSection(section) => module.names.extend(names(&section)),
                _ => {}
            }
        }
        Ok(module)
    }

    /// The number of what is exported by a name.
    pub(super) fn exported(&self, kind: ExternalKind, name: &str) -> Option<u32> {
        self.exports.get(name).filter(|export| export.0 == kind).map(|export| export.1)
    }

    /// The interfaces, without versions, of which it exports functions.
    pub(super) fn interfaces(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.exports.keys().filter_map(|name| Some(name.split_once('#')?.0))
    }

    /// The imported functions, and their types.
    pub(super) fn imported_functions(&self) -> impl Iterator<Item = (&'a str, &'a str, u32)> + '_ {
        self.imports.iter().filter_map(|import| match import.ty {
            TypeRef::Func(ty) => Some((import.module, import.name, ty)),
            _ => None,
        })
    }

    pub(super) fn imported_globals(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        self.imports.iter().filter_map(|import| match import.ty {
            TypeRef::Global(_) => Some((import.module, import.name)),
            _ => None,
        })
    }
}

fn all<'a, T: FromReader<'a>>(section: SectionLimited<'a, T>) -> Result<Vec<T>, BinaryReaderError> {
    section.into_iter().collect()
}

/// The names of functions; what cannot be read has none.
fn names<'a>(section: &CustomSectionReader<'a>) -> Vec<(u32, &'a str)> {
    let KnownCustom::Name(subsections) = section.as_known() else { return Vec::new() };
    let functions = subsections.into_iter().find_map(|names| match names {
        Ok(Name::Function(functions)) => Some(functions),
        _ => None,
    });
    let named = functions.into_iter().flatten().filter_map(Result::ok);
    named.map(|naming| (naming.index, naming.name)).collect()
}

/// The value of an expression of 32 bits, where `global` knows those of globals.
pub(super) fn value(
    expression: &ConstExpr<'_>,
    global: impl Fn(u32) -> Option<i32>,
) -> Option<i32> {
    let mut sum = 0_i32;
    for operator in expression.get_operators_reader() {
        match operator.ok()? {
            Operator::I32Const { value } => sum = sum.checked_add(value)?,
            Operator::GlobalGet { global_index } => sum = sum.checked_add(global(global_index)?)?,
            // What was read is added up as it is.
            Operator::I32Add | Operator::End => {}
            _ => return None,
        }
    }
    Some(sum)
}
