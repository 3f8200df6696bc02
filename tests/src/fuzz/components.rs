//! Components: arbitrary ones, and those of the examples and the probes, changed.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use arbitrary::Unstructured;
use wasm_mutate::WasmMutate;
use wasm_smith::{Config, Module};
use wasmparser::{Parser, Payload, Validator};
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Resolve, WorldItem};

use super::dice::Dice;
use crate::{World, probe, probes_folder};

/// What wasm-mutate may do for one mutation: some milliseconds.
const MUTATE_FUEL: u64 = 300;
/// Bytes of which an arbitrary module is made: one of some kilobytes.
const MODULE_SEED_BYTES: usize = 4 * 1024;
/// Calls of the host in one made-up task.
const CALLS_MAX: usize = 24;

/// Sections of a component, by their numbers.
const CORE_MODULE_SECTION: u8 = 1;
const CORE_INSTANCE_SECTION: u8 = 2;

/// Where components come from.
pub(super) struct Components {
    world: World,
    /// An honest task.
    pub(super) good: Vec<u8>,
    /// The core modules of the probes and of the tasks of tests.
    modules: Vec<Vec<u8>>,
    /// Every function that a task may import.
    imports: Vec<Import>,
}

/// A function of the host, with the core types of its parameters and of its result.
struct Import {
    module: String,
    name: String,
    params: Vec<WasmType>,
    result: Option<WasmType>,
}

impl Components {
    pub(super) fn load() -> Result<Self> {
        let world = World::load()?;
        let good = world.encode_file(&probes_folder().join("good.wat"))?;
        let mut modules = Vec::new();
        for probe in probe::load_all()? {
            modules.extend(core_modules(&probe.component).map(<[u8]>::to_vec));
        }
        // The small ones that the encoder adds are in all of them.
        modules.sort_by_key(Vec::len);
        modules.dedup();
        Ok(Self { world, good, modules, imports: imports()? })
    }

    /// A component of one of several makings.
    pub(super) fn make(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Result<Vec<u8>> {
        match dice.below(12) {
            0..=3 => Ok(self.calling(dice)?),
            4 | 5 => self.mutated(corpus, dice),
            6 | 7 => self.with_arbitrary(dice),
            8 | 9 => Ok(with_sections_changed(dice.input(corpus), dice.input(corpus), dice)),
            10 => Ok(flipped(dice.input(corpus), dice)),
            _ => Ok(arbitrary_module(dice)?),
        }
    }

    /// One of the modules of a component, or one of a probe, as wasm-mutate changes it.
    fn mutated(&self, corpus: &[Vec<u8>], dice: &mut Dice) -> Result<Vec<u8>> {
        if dice.once_in(2) {
            let module = mutate_module(dice.input(&self.modules), dice)?;
            return self.world.encode(module);
        }
        let component = dice.input(corpus);
        let sections = sections(component).context("it has no sections")?;
        let is_module = |section: &&(u8, &[u8])| section.0 == CORE_MODULE_SECTION;
        let modules: Vec<_> = sections.iter().filter(is_module).collect();
        if modules.is_empty() {
            return Ok(flipped(component, dice));
        }
        let chosen = dice.one_of(&modules).1;
        let changed = mutate_module(chosen, dice)?;
        let mut parts = Vec::new();
        for (number, content) in &sections {
            let is_chosen = std::ptr::eq(*content, chosen);
            parts.push((*number, Cow::from(if is_chosen { changed.as_slice() } else { *content })));
        }
        Ok(joined(&parts))
    }

    /// An honest task beside an arbitrary module, which is instantiated with it: whatever its start
    /// function does is done in each run. `wasm-smith` makes modules of a given shape with a feature that
    /// this workspace does not have, so that it writes no function that the host calls.
    fn with_arbitrary(&self, dice: &mut Dice) -> Result<Vec<u8>> {
        let module = arbitrary_module(dice)?;
        let types = Validator::new().validate_all(&self.good)?;
        let index = u8::try_from(types.as_ref().module_count())?;
        let mut component = self.good.clone();
        append(&mut component, CORE_MODULE_SECTION, &module);
        // One instance, of that module, with no arguments.
        append(&mut component, CORE_INSTANCE_SECTION, &[1, 0, index, 0]);
        Ok(component)
    }

    /// A task that calls the host with whatever numbers: pointers and lengths that are none, handles
    /// that nobody gave, and cases that there are not.
    fn calling(&self, dice: &mut Dice) -> Result<Vec<u8>> {
        let mut imports = String::new();
        let mut calls = String::new();
        let mut imported = Vec::new();
        for _ in 0..=dice.below(CALLS_MAX) {
            let at = dice.below(self.imports.len());
            let Import { module, name, params, result } = &self.imports[at];
            if !imported.contains(&at) {
                imported.push(at);
                write!(imports, "(import \"{module}\" \"{name}\" (func $f{at}")?;
                params.iter().try_for_each(|param| write!(imports, " (param {})", core(*param)))?;
                result.iter().try_for_each(|one| write!(imports, " (result {})", core(*one)))?;
                imports.push_str("))\n");
            }
            write!(calls, "(call $f{at}")?;
            params.iter().try_for_each(|param| write!(calls, " {}", argument(*param, dice)))?;
            calls.push(')');
            // What a call gives is a handle often: it goes where the next takes one.
            match result {
                Some(WasmType::I64) => calls.push_str("(drop)"),
                Some(WasmType::F32 | WasmType::F64) => calls.push_str("drop"),
                Some(_) => calls.push_str("(local.set $last)"),
                None => {}
            }
            calls.push('\n');
        }
        let bytes: String = dice.bytes(256).iter().map(|byte| format!("\\{byte:02x}")).collect();
        let answer = argument(WasmType::I32, dice);
        let text = format!(
            r#"(module {imports}
            (memory (export "memory") 2)
            (data (i32.const 0) "{bytes}") (data (i32.const 512) "inbox/unread")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
            (func (export "bugle:task/entry@0.1.0#run")
              (param i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i64) (result i32) (local $last i32)
              {calls} {answer}))"#
        );
        self.world.encode(wat::parse_str(text)?)
    }
}

fn core(kind: WasmType) -> &'static str {
    match kind {
        WasmType::I64 | WasmType::PointerOrI64 => "i64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
        _ => "i32",
    }
}

fn argument(kind: WasmType, dice: &mut Dice) -> String {
    const EDGES: [&str; 15] = [
        "0",
        "1",
        "2",
        "3",
        "4",
        "12",
        "16",
        "255",
        "512",
        "4096",
        "65536",
        "131071",
        "131072",
        "2147483647",
        "-1",
    ];
    let edge = dice.one_of(&EDGES);
    match core(kind) {
        "i32" if dice.once_in(3) => "(local.get $last)".to_owned(),
        "i32" if dice.once_in(2) => format!("(i32.const {})", dice.below(64)),
        "f64" | "f32" if dice.once_in(3) => format!("({}.const nan)", core(kind)),
        "i64" if dice.once_in(4) => format!("(i64.const {})", dice.next().cast_signed()),
        core => format!("({core}.const {edge})"),
    }
}

/// The functions of the world's imports, but for those that no host has.
fn imports() -> Result<Vec<Import>> {
    let folder = probes_folder();
    let mut resolve = Resolve::default();
    resolve.push_dir(folder.join("../../wit"))?;
    let package = resolve.push_file(folder.join(Path::new("world.wit")))?;
    let world = resolve.select_world(&[package], Some("probe"))?;
    let mut imports = Vec::new();
    for (key, item) in &resolve.worlds[world].imports {
        let WorldItem::Interface { id, .. } = item else { continue };
        let module = resolve.name_world_key(key);
        if ["@0.9.", "@0.3.", "sockets"].iter().any(|absent| module.contains(absent)) {
            continue;
        }
        for (name, function) in &resolve.interfaces[*id].functions {
            let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
            let result = signature.results.first().copied();
            let (module, name) = (module.clone(), name.clone());
            imports.push(Import { module, name, params: signature.params, result });
        }
    }
    Ok(imports)
}

/// A module by itself: no imports, the features that the engine has, and bounds that admission takes.
fn arbitrary_module(dice: &mut Dice) -> Result<Vec<u8>> {
    let bytes = dice.bytes(MODULE_SEED_BYTES);
    let config = Config {
        max_imports: 0,
        min_funcs: 1,
        export_everything: true,
        max_memory32_bytes: 1 << 24,
        max_table_elements: 2_000,
        max_memories: 1 + dice.below(3),
        max_tables: 1 + dice.below(3),
        memory_max_size_required: dice.once_in(2),
        allow_start_export: true,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        simd_enabled: dice.once_in(8),
        relaxed_simd_enabled: false,
        threads_enabled: dice.once_in(16),
        allow_invalid_funcs: dice.once_in(16),
        ..Config::default()
    };
    let mut module = Module::new(config, &mut Unstructured::new(&bytes))?;
    if dice.once_in(4) {
        // Every loop ends, so that it gets to what is behind.
        let _ = module.ensure_termination(1_000);
    }
    Ok(module.to_bytes())
}

fn mutate_module(module: &[u8], dice: &mut Dice) -> Result<Vec<u8>> {
    let mut mutate = WasmMutate::default();
    mutate.seed(dice.next()).fuel(MUTATE_FUEL).preserve_semantics(dice.once_in(2));
    let mut mutated = mutate.run(module)?;
    Ok(mutated.next().context("nothing was mutated")??)
}

/// The core modules that are in a component, or in one within.
fn core_modules(component: &[u8]) -> impl Iterator<Item = &[u8]> {
    Parser::new(0).parse_all(component).filter_map(|payload| match payload {
        Ok(Payload::ModuleSection { unchecked_range, .. }) => component.get(unchecked_range),
        _ => None,
    })
}

/// The sections of a component, each with its number; none if they are not whole.
fn sections(component: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    const HEADER_BYTES: usize = 8;
    let mut rest = component.get(HEADER_BYTES..)?;
    let mut sections = Vec::new();
    while let Some((number, after)) = rest.split_first() {
        let (mut size, mut at) = (0_usize, 0);
        loop {
            let byte = *after.get(at)?;
            size |= usize::from(byte & 0x7f).checked_shl(7 * u32::try_from(at).ok()?)?;
            at += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        sections.push((*number, after.get(at..at.checked_add(size)?)?));
        rest = &after[at + size..];
    }
    Some(sections)
}

fn joined(sections: &[(u8, Cow<'_, [u8]>)]) -> Vec<u8> {
    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    sections.iter().for_each(|(number, content)| append(&mut component, *number, content));
    component
}

fn append(component: &mut Vec<u8>, number: u8, content: &[u8]) {
    component.push(number);
    let mut size = content.len();
    // Seven bits a byte, the lowest first; all bytes but the last have the eighth.
    loop {
        let [lowest, ..] = size.to_le_bytes();
        size >>= 7;
        component.push(if size == 0 { lowest & 0x7f } else { lowest | 0x80 });
        if size == 0 {
            break;
        }
    }
    component.extend_from_slice(content);
}

/// Sections in another order, left out, doubled, of another component, or a bit of one flipped.
fn with_sections_changed(component: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let (Some(own), Some(others)) = (sections(component), sections(other)) else {
        return flipped(component, dice);
    };
    if own.is_empty() || others.is_empty() {
        return flipped(component, dice);
    }
    let owned = |(number, content): &(u8, &[u8])| (*number, Cow::from(content.to_vec()));
    let mut sections: Vec<(u8, Cow<'_, [u8]>)> = own.iter().map(owned).collect();
    for _ in 0..=dice.below(3) {
        let (at, to) = (dice.below(sections.len()), dice.below(sections.len()));
        match dice.below(6) {
            0 => sections.swap(at, to),
            1 if sections.len() > 1 => drop(sections.remove(at)),
            2 => sections.insert(to, sections[at].clone()),
            3 => sections.insert(to, owned(dice.one_of(&others))),
            4 => {
                let again = vec![sections[at].clone(); 1 + dice.below(200)];
                drop(sections.splice(to..to, again));
            }
            _ => {
                let content = sections[at].1.to_mut();
                let byte = dice.below(content.len());
                if let Some(byte) = content.get_mut(byte) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
    }
    joined(&sections)
}

/// Some bits flipped, or the end cut off, behind the header mostly.
fn flipped(component: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut component = component.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(component.len());
        match dice.below(8) {
            0 => component.truncate(at),
            1 => component.insert(at, [0, 0x7f, 0x80, 0xff][dice.below(4)]),
            _ => {
                if let Some(byte) = component.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
        }
    }
    component
}
