use std::collections::{BTreeMap, HashMap, HashSet};

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType, NameMap,
    NameSection, RefType, TableSection, TableType, TypeSection, ValType,
};
use wasmparser::{ElementKind, ExternalKind};

use super::component::Component;
use super::image::Image;
use super::module::{Module, value};
use super::moved::{Global, Moved};
use super::{Fault, Library, MEMORY, UNKNOWN};

/// The contract's interfaces: all that is still imported.
const TASK: &str = "bugle:task/";
/// Where the task's function is, and what cleans up after it.
const ENTRY: &str = "bugle:task/entry@";
/// The start of the names of functions that are exported in place of others.
const INSTEAD: &str = "instead:";
const STACK_POINTER: &str = "__stack_pointer";
/// Its number.
const POINTER: u32 = 0;
const REALLOC: &str = "cabi_realloc";
/// From where functions are imported whose places in the table are asked for.
const PLACES: &str = "GOT.func";

/// The linked module, as it grows.
pub(super) struct Linker<'a> {
    component: &'a Component<'a>,
    /// It has the memory and the table, and globals that say where in them the libraries are.
    main: usize,
    libraries: &'a [Library<'a>],
    /// Where the types of each library are, and its own functions.
    places: Vec<(u32, u32)>,
    /// Interfaces that a library has the functions of, without their versions.
    provided: HashSet<&'a str>,
    /// What is imported from the contract.
    imported: HashMap<(&'a str, &'a str), u32>,
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    /// The stack's pointer, and what libraries change of their own.
    globals: GlobalSection,
    elements: ElementSection,
    code: CodeSection,
    /// The types of the functions that only trap, and the number of the first: they are the last.
    traps: Vec<u32>,
    traps_from: u32,
}

impl<'a> Linker<'a> {
    /// With the types of all libraries, what they import from the contract, and their places.
    pub(super) fn new(
        component: &'a Component<'a>,
        main: usize,
        libraries: &'a [Library<'a>],
    ) -> Result<Self, Fault> {
        let mut linker = Self {
            component,
            main,
            libraries,
            places: Vec::new(),
            provided: libraries.iter().flat_map(|library| library.module.interfaces()).collect(),
            imported: HashMap::new(),
            types: TypeSection::new(),
            imports: ImportSection::new(),
            functions: FunctionSection::new(),
            globals: GlobalSection::new(),
            elements: ElementSection::new(),
            code: CodeSection::new(),
            traps: Vec::new(),
            traps_from: 0,
        };
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        let pointer = linker.number(STACK_POINTER).ok_or(UNKNOWN)?;
        linker.globals.global(ty, &ConstExpr::i32_const(pointer));
        let types = libraries.iter().map(|library| linker.add_types(library.module));
        let types = types.collect::<Result<Vec<_>, _>>()?;
        linker.traps_from = linker.imports.len();
        for (library, types) in libraries.iter().zip(types) {
            linker.places.push((types, linker.traps_from));
            linker.traps_from += number(library.module.functions.len())?;
        }
        Ok(linker)
    }

    fn add_types(&mut self, module: &'a Module<'a>) -> Result<u32, Fault> {
        let types_before = self.types.len();
        let mut kept = RoundtripReencoder;
        for group in &module.types {
            let moved = kept.parse_recursive_type_group(self.types.ty(), group.clone());
            moved.map_err(|_| UNKNOWN)?;
        }
        for (interface, name, ty) in module.imported_functions() {
            let is_hosts =
                interface.starts_with(TASK) && !self.provided.contains(unversioned(interface));
            if is_hosts && !self.imported.contains_key(&(interface, name)) {
                self.imported.insert((interface, name), self.imports.len());
                self.imports.import(interface, name, EntityType::Function(types_before + ty));
            }
        }
        Ok(types_before)
    }

    /// All of it. `filler` is the module that puts into the table what libraries have asked for.
    pub(super) fn link(mut self, filler: usize, image: &Image) -> Result<Vec<u8>, Fault> {
        for (at, library) in self.libraries.iter().enumerate() {
            let mut moved = self.moved(at)?;
            for ty in &library.module.functions {
                self.functions.function(moved.types + ty);
            }
            for body in &library.module.code {
                moved.parse_function_body(&mut self.code, body.clone())?;
            }
            self.add_elements(library.module, &mut moved)?;
        }
        let module = &self.component.modules[filler];
        let place = |(from, name, _)| self.function(Some(filler), from, name);
        let functions = module.imported_functions().map(place).collect();
        let mut moved = Moved { types: 0, functions, globals: Vec::new() };
        self.add_elements(module, &mut moved)?;
        self.finish(image)
    }

    fn moved(&mut self, at: usize) -> Result<Moved, Fault> {
        let Library { name, module, number: of } = self.libraries[at];
        let (types, functions_before) = self.places[at];
        let globals = self.imported_globals(name, module)?;
        let mut moved = Moved { types, functions: Vec::new(), globals };
        for global in &module.globals {
            let linked = if global.ty.mutable {
                let kept = self.globals.len();
                moved.parse_global(&mut self.globals, global.clone())?;
                Global::Kept(kept)
            } else {
                let initial = value(&global.init_expr, |global| moved.constant(global));
                Global::Constant(initial.ok_or(UNKNOWN)?)
            };
            moved.globals.push(linked);
        }
        for (from, function, ty) in module.imported_functions() {
            let linked = match self.function(of, from, function) {
                Some(linked) => linked,
                None => self.trap(moved.types + ty)?,
            };
            moved.functions.push(Some(linked));
        }
        let own = number(module.functions.len())?;
        moved.functions.extend((functions_before..functions_before + own).map(Some));
        Ok(moved)
    }

    /// What a function that a module imports is in the linked one; none for one that is in no library.
    fn function(&self, module: Option<usize>, from: &'a str, name: &'a str) -> Option<u32> {
        if let Some(imported) = self.imported.get(&(from, name)) {
            return Some(*imported);
        }
        let origin = module.and_then(|module| self.component.import_of(module, from, name));
        if let Some((of, name)) = origin
            && let Some(at) = self.libraries.iter().position(|library| library.number == Some(of))
        {
            return self.export(at, name);
        }
        // It is one of WASI's or of ours; or the module of the memory calls it for others, by its name,
        // since it is there before the library that has it.
        let interface = unversioned(from);
        let name = if interface.contains(':') { &format!("{interface}#{name}") } else { name };
        let mut all = (0..self.libraries.len()).filter_map(|at| self.export(at, name));
        // Not one of several: only the component knows which of them is meant.
        all.next().filter(|_| all.next().is_none())
    }

    /// What a library exports, which it may itself import.
    fn export(&self, at: usize, name: &str) -> Option<u32> {
        let Library { module, number: of, .. } = self.libraries[at];
        let index = module.exported(ExternalKind::Func, name)?;
        let mut imports = module.imported_functions();
        let count = imports.by_ref().count();
        match (index as usize).checked_sub(count) {
            Some(own) => Some(self.places[at].1 + number(own).ok()?),
            None => {
                let (from, name, _) = module.imported_functions().nth(index as usize)?;
                self.function(of, from, name)
            }
        }
    }

    /// A function that traps: its number.
    fn trap(&mut self, ty: u32) -> Result<u32, Fault> {
        self.traps.push(ty);
        Ok(self.traps_from + number(self.traps.len())? - 1)
    }

    fn main(&self) -> &'a Module<'a> {
        &self.component.modules[self.main]
    }

    /// What the module with the memory says in one of its globals.
    fn number(&self, name: &str) -> Option<i32> {
        let global = self.main().exported(ExternalKind::Global, name)?;
        value(&self.main().globals.get(global as usize)?.init_expr, |_| None)
    }

    fn imported_globals(&self, library: &str, module: &Module<'_>) -> Result<Vec<Global>, Fault> {
        let place = |(from, name): (&str, &str)| {
            let of_library = |name: &str| self.number(&format!("{library}:{name}"));
            let number = match (from, name) {
                ("env", STACK_POINTER) => return Ok(Global::Kept(POINTER)),
                ("env", base) => of_library(base.trim_start_matches('_')),
                (PLACES, function) => of_library(function),
                (_, address) => of_library(address).or_else(|| self.number(address)),
            };
            number.map(Global::Constant).ok_or(UNKNOWN)
        };
        module.imported_globals().map(place).collect()
    }

    fn add_elements(&mut self, module: &Module<'_>, moved: &mut Moved) -> Result<(), Fault> {
        for element in &module.elements {
            let ElementKind::Active { table_index, offset_expr } = &element.kind else {
                return Err(UNKNOWN);
            };
            // Others hold what the component gives to libraries, which is called directly now.
            if table_index.is_some_and(|table| table != 0) {
                continue;
            }
            let offset = value(offset_expr, |global| moved.constant(global)).ok_or(UNKNOWN)?;
            let items = moved.element_items(element.items.clone())?;
            self.elements.active(None, &ConstExpr::i32_const(offset), items);
        }
        Ok(())
    }

    fn finish(mut self, image: &Image) -> Result<Vec<u8>, Fault> {
        for ty in &self.traps {
            let mut body = Function::new([]);
            body.instructions().unreachable().end();
            self.code.function(&body);
            self.functions.function(*ty);
        }
        let data = image.data()?;
        let mut module = wasm_encoder::Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions);
        module.section(&self.tables()).section(&self.memories()).section(&self.globals);
        module.section(&self.exports()).section(&self.elements);
        module.section(&self.code).section(&data).section(&self.names());
        Ok(module.finish())
    }

    fn tables(&self) -> TableSection {
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: self.main().table_size,
            maximum: Some(self.main().table_size),
            table64: false,
            shared: false,
        });
        tables
    }

    fn memories(&self) -> MemorySection {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: self.main().memory_pages,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        memories
    }

    /// The task's function, and what the host needs to call it.
    fn exports(&self) -> ExportSection {
        let mut exports = ExportSection::new();
        exports.export(MEMORY, ExportKind::Memory, 0);
        for (at, library) in self.libraries.iter().enumerate() {
            let names = library.module.exports.keys();
            let is_called = |name: &&&str| name.contains(ENTRY) && !name.starts_with(INSTEAD);
            let mut called: Vec<_> = names.filter(is_called).collect();
            called.sort();
            let realloc = if called.is_empty() { None } else { Some(&REALLOC) };
            for name in called.into_iter().chain(realloc) {
                if let Some(function) = self.instead(name).or_else(|| self.export(at, name)) {
                    exports.export(name, ExportKind::Func, function);
                }
            }
        }
        exports
    }

    /// What one of ours has in place of what another exports.
    fn instead(&self, name: &str) -> Option<u32> {
        let name = format!("{INSTEAD}{name}");
        (0..self.libraries.len()).find_map(|at| self.export(at, &name))
    }

    /// For profiles: what the libraries themselves call their functions.
    fn names(&self) -> NameSection {
        let mut all = BTreeMap::new();
        for (library, (_, functions_before)) in self.libraries.iter().zip(&self.places) {
            let module = library.module;
            let imports = module.imported_functions().count();
            let own = |index: u32| (index as usize).checked_sub(imports);
            let exports =
                module.exports.iter().filter(|(_, (kind, _))| *kind == ExternalKind::Func);
            let mut known: Vec<_> = exports.map(|(name, (_, index))| (*index, *name)).collect();
            known.sort_unstable();
            // What it says itself is better than what it exports.
            known.extend(module.names.iter().map(|(index, name)| (*index, *name)));
            for (index, name) in known {
                if let Some(own) = own(index).and_then(|own| u32::try_from(own).ok()) {
                    all.insert(functions_before + own, name);
                }
            }
        }
        let mut functions = NameMap::new();
        for (function, name) in all {
            functions.append(function, name);
        }
        let mut names = NameSection::new();
        names.functions(&functions);
        names
    }
}

fn unversioned(interface: &str) -> &str {
    interface.split_once('@').map_or(interface, |(name, _)| name)
}

fn number(things: usize) -> Result<u32, Fault> {
    u32::try_from(things).map_err(|_| UNKNOWN)
}
