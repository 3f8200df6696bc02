//! Makes one core module of what componentize-qjs makes.
//!
//! That links the engine and the bindings as libraries: a third module has the table, and the memory
//! with the snapshot, and says where in them each library is; more join those three, or stand for
//! WASI. A new instance is one of each, and has the engine's 700 functions put into the table one by
//! one, which takes longer than a small task runs. In one module the table is its own, so that the
//! host fills a slot when it is first used, and where things are is a number in the code.
//!
//! What the engine asks of WASI is in the module too: a task imports nothing but the contract.

use std::collections::HashMap;

use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
    Instruction, MemorySection, MemoryType, NameMap, NameSection, RefType, TableSection, TableType,
    TypeSection, ValType,
};
use wasmparser::{ElementKind, ExternalKind, Operator};

use super::module::{Module, value};

/// The contract's interfaces: all that is still imported.
const TASK: &str = "bugle:task/";
/// What the engine asks of WASI and gets. The rest is a trap.
const WASI: &str = include_str!("wasi.wat");

/// What only the engine exports, and only the bindings import.
const ENGINE_MARK: &str = "wit_dylib_initialize";
const TABLE: &str = "__indirect_function_table";
const STACK_POINTER: &str = "__stack_pointer";
const REALLOC: &str = "cabi_realloc";
/// From where functions are imported whose places in the table are asked for.
const PLACES: &str = "GOT.func";

type Fault = Error<&'static str>;

const UNKNOWN: Fault = Error::UserError("it is not as componentize-qjs 0.4.5 makes it");

/// Links a component of componentize-qjs; otherwise says why it cannot.
pub(super) fn link(component: &[u8]) -> Result<Vec<u8>, String> {
    let wasi = wat::parse_str(WASI).map_err(|error| error.to_string())?;
    linked(component, &wasi).map_err(|fault| fault.to_string())
}

fn linked(component: &[u8], wasi: &[u8]) -> Result<Vec<u8>, Fault> {
    let modules = Module::parse_all(component)?;
    let with = |name| modules.iter().find(|module| module.exports.contains_key(name));
    let (main, engine) = (with(TABLE).ok_or(UNKNOWN)?, with(ENGINE_MARK).ok_or(UNKNOWN)?);
    let calls_engine =
        |module: &&Module<'_>| module.imported_functions().any(|(_, name, _)| name == ENGINE_MARK);
    let bindings = modules.iter().find(calls_engine).ok_or(UNKNOWN)?;
    // Each after those whose functions it calls.
    let libraries = [
        ("", &Module::parse(wasi)?),
        ("componentize_qjs_runtime.wasm", engine),
        ("wit-dylib.wasm", bindings),
    ];
    let mut linker = Linker::new(main, libraries.map(|(_, module)| module))?;
    for (name, module) in libraries {
        linker.add(name, module)?;
    }
    linker.finish()
}

/// Where the parts of a module are in the linked one.
struct Moved {
    types: u32,
    functions: Vec<u32>,
    globals: Vec<Global>,
}

#[derive(Clone, Copy)]
enum Global {
    StackPointer,
    /// Nobody changes it.
    Constant(i32),
}

impl Moved {
    fn constant(&self, global: u32) -> Option<i32> {
        match self.globals.get(global as usize)? {
            Global::Constant(value) => Some(*value),
            Global::StackPointer => None,
        }
    }
}

impl Reencode for Moved {
    type Error = &'static str;

    fn type_index(&mut self, index: u32) -> Result<u32, Fault> {
        Ok(self.types + index)
    }

    fn function_index(&mut self, index: u32) -> Result<u32, Fault> {
        self.functions.get(index as usize).copied().ok_or(UNKNOWN)
    }

    fn global_index(&mut self, index: u32) -> Result<u32, Fault> {
        match self.globals.get(index as usize) {
            Some(Global::StackPointer) => Ok(0),
            _ => Err(UNKNOWN),
        }
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Fault> {
        if let Operator::GlobalGet { global_index } = operator
            && let Some(value) = self.constant(global_index)
        {
            return Ok(Instruction::I32Const(value));
        }
        utils::instruction(self, operator)
    }
}

/// The linked module, as it grows.
struct Linker<'a> {
    /// It has the memory and the table, and globals that say where in them the libraries are.
    main: &'a Module<'a>,
    /// What is imported from the contract.
    imported: HashMap<(&'a str, &'a str), u32>,
    /// What the libraries so far export.
    exported: HashMap<String, u32>,
    /// Where the types of the next library are.
    types_before: u32,
    functions_before: u32,
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,

    elements: ElementSection,
    code: CodeSection,
}

impl<'a> Linker<'a> {
    /// With the types of all modules, and what they import from the contract.
    fn new(main: &'a Module<'a>, modules: [&'a Module<'a>; 3]) -> Result<Self, Fault> {
        let mut linker = Self {
            main,
            imported: HashMap::new(),
            exported: HashMap::new(),
            types_before: 0,
            functions_before: 0,
            types: TypeSection::new(),
            imports: ImportSection::new(),
            functions: FunctionSection::new(),

            elements: ElementSection::new(),
            code: CodeSection::new(),
        };
        let mut asks = RoundtripReencoder;
        for module in modules {
            let types_before = linker.types.len();
            for group in &module.types {
                let moved = asks.parse_recursive_type_group(linker.types.ty(), group.clone());
                moved.map_err(|_| UNKNOWN)?;
            }
            for (interface, name, ty) in module.imported_functions() {
                let number = linker.imports.len();
                if interface.starts_with(TASK) && !linker.imported.contains_key(&(interface, name))
                {
                    linker.imported.insert((interface, name), number);
                    linker.imports.import(interface, name, EntityType::Function(types_before + ty));
                }
            }
        }
        linker.functions_before = linker.imports.len();
        Ok(linker)
    }

    fn add(&mut self, name: &str, module: &Module<'_>) -> Result<(), Fault> {
        let mut moved = Moved {
            types: self.types_before,
            functions: Vec::new(),
            globals: self.imported_globals(name, module)?,
        };
        for initial in &module.globals {
            let initial = value(initial, |global| moved.constant(global)).ok_or(UNKNOWN)?;
            moved.globals.push(Global::Constant(initial));
        }
        for (from, function, ty) in module.imported_functions() {
            let known = self.function(from, function);
            moved.functions.push(known.unwrap_or_else(|| self.trap(moved.types + ty)));
        }
        for ty in &module.functions {
            moved.functions.push(self.next_function(moved.types + ty));
        }
        for body in &module.code {
            moved.parse_function_body(&mut self.code, body.clone())?;
        }
        self.types_before += u32::try_from(module.types.len()).map_err(|_| UNKNOWN)?;
        self.add_elements(name, module, &mut moved)?;
        self.add_exports(module, &mut moved)
    }

    /// What a function that is imported is in the linked module, if there is one.
    fn function(&self, from: &str, name: &str) -> Option<u32> {
        if let Some(imported) = self.imported.get(&(from, name)) {
            return Some(*imported);
        }
        let interface = from.split_once('@').map_or(from, |(interface, _)| interface);
        let exported = if from == "env" { name } else { &format!("{interface}#{name}") };
        self.exported.get(exported).copied()
    }

    fn next_function(&mut self, ty: u32) -> u32 {
        self.functions.function(ty);
        self.functions_before + self.functions.len() - 1
    }

    /// A function that traps.
    fn trap(&mut self, ty: u32) -> u32 {
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        self.code.function(&body);
        self.next_function(ty)
    }

    /// What the module with the memory says in one of its globals.
    fn number(&self, name: &str) -> Result<i32, Fault> {
        let global = self.main.exported(ExternalKind::Global, name).ok_or(UNKNOWN)?;
        let initial = self.main.globals.get(global as usize).ok_or(UNKNOWN)?;
        value(initial, |_| None).ok_or(UNKNOWN)
    }

    fn imported_globals(&self, library: &str, module: &Module<'_>) -> Result<Vec<Global>, Fault> {
        let place = |(from, name): (&str, &str)| {
            Ok(Global::Constant(match (from, name) {
                ("env", STACK_POINTER) => return Ok(Global::StackPointer),
                ("env", base) => {
                    self.number(&format!("{library}:{}", base.trim_start_matches('_')))?
                }
                (PLACES, function) => self.number(&format!("{library}:{function}"))?,
                (_, address) => self.number(address)?,
            }))
        };
        module.imported_globals().map(place).collect()
    }

    /// What a library has in the table, and what others would put there in its name.
    fn add_elements(
        &mut self,
        library: &str,
        module: &Module<'_>,
        moved: &mut Moved,
    ) -> Result<(), Fault> {
        for element in &module.elements {
            let ElementKind::Active { offset_expr, .. } = &element.kind else {
                return Err(UNKNOWN);
            };
            let offset = value(offset_expr, |global| moved.constant(global)).ok_or(UNKNOWN)?;
            let items = moved.element_items(element.items.clone())?;
            self.elements.active(None, &ConstExpr::i32_const(offset), items);
        }
        for (_, name) in module.imported_globals().filter(|(from, _)| *from == PLACES) {
            let offset = self.number(&format!("{library}:{name}"))?;
            let function = module.exported(ExternalKind::Func, name).ok_or(UNKNOWN)?;
            let items = Elements::Functions(vec![moved.function_index(function)?].into());
            self.elements.active(None, &ConstExpr::i32_const(offset), items);
        }
        Ok(())
    }

    /// What later libraries, or the host, may call.
    fn add_exports(&mut self, module: &Module<'_>, moved: &mut Moved) -> Result<(), Fault> {
        for (name, (kind, index)) in &module.exports {
            if *kind == ExternalKind::Func {
                self.exported.insert((*name).to_owned(), moved.function_index(*index)?);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>, Fault> {
        let mut data = DataSection::new();
        for segment in &self.main.data {
            let kept = RoundtripReencoder.parse_data(&mut data, segment.clone());
            kept.map_err(|_| UNKNOWN)?;
        }
        let globals = self.globals()?;
        let mut module = wasm_encoder::Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions);
        module.section(&self.tables()).section(&self.memories()).section(&globals);
        module.section(&self.exports()).section(&self.elements);
        module.section(&self.code).section(&data).section(&self.names());
        Ok(module.finish())
    }

    fn tables(&self) -> TableSection {
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: self.main.table_size,
            maximum: Some(self.main.table_size),
            table64: false,
            shared: false,
        });
        tables
    }

    fn memories(&self) -> MemorySection {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: self.main.memory_pages,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        memories
    }

    fn globals(&self) -> Result<GlobalSection, Fault> {
        let mut globals = GlobalSection::new();
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i32_const(self.number(STACK_POINTER)?));
        Ok(globals)
    }

    /// The task's function, and what the host needs to call it.
    fn exports(&self) -> ExportSection {
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        let is_hosts = |name: &str| name == REALLOC || name.contains(TASK);
        let mut hosts: Vec<_> = self.exported.iter().filter(|(name, _)| is_hosts(name)).collect();
        hosts.sort();
        for (name, function) in hosts {
            exports.export(name, ExportKind::Func, *function);
        }
        exports
    }

    /// For profiles: what the libraries themselves call their functions.
    fn names(&self) -> NameSection {
        let mut exported: Vec<_> = self.exported.iter().collect();
        exported.sort_by_key(|(name, function)| (*function, *name));
        exported.dedup_by_key(|(_, function)| *function);
        let mut functions = NameMap::new();
        for (name, function) in exported {
            functions.append(*function, name);
        }
        let mut names = NameSection::new();
        names.functions(&functions);
        names
    }
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn what_is_of_another_make_is_refused() {
        let unknown = Err("it is not as componentize-qjs 0.4.5 makes it".to_owned());
        for text in ["(component)", "(component (core module))", "(module)"] {
            let binary = wat::parse_str(text).expect("it is WebAssembly");
            assert_eq!(link(&binary), unknown, "{text}");
        }
    }
}
