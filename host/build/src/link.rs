//! Makes one core module of a component of libraries, as componentize-qjs and componentize-py make.
//!
//! In those a module has the table, and the memory with the snapshot, and says where in them each
//! library is; a last one has put functions into the table that libraries have asked for; more join
//! them all, or stand for WASI. A new instance is one of each, and has thousands of functions put into
//! the table one by one, which takes longer than a small task runs. In one module the table is its
//! own, so that the host fills a slot when it is first used, and where things are is a number in the
//! code.
//!
//! What the libraries ask of WASI is in the module too: a task imports nothing but the contract.

mod component;
mod image;
mod linker;
mod module;
mod moved;

use wasm_encoder::reencode::Error;
use wasmparser::ExternalKind;

use component::Component;
use image::Image;
use linker::Linker;
use module::Module;

/// What the libraries ask of WASI and get. The rest is a trap.
const WASI: &str = include_str!("link/wasi.wat");

const TABLE: &str = "__indirect_function_table";
const MEMORY: &str = "memory";
/// What makes the addresses in a library's data right, once it has its place.
const RELOCATE: &str = "__wasm_apply_data_relocs";

type Fault = Error<&'static str>;

const UNKNOWN: Fault = Error::UserError(
    "it is not as the version of its tool makes it that this bugle sets up; build with `--setup`",
);

/// A library to link, in its own place or as a part of another.
#[derive(Clone, Copy)]
struct Library<'a> {
    /// The name under which the memory's module says where it is.
    name: &'a str,
    module: &'a Module<'a>,
    /// Which module of the component it is; none for ours.
    number: Option<usize>,
}

/// What else goes into the linked module.
pub(crate) struct Additions<'a> {
    /// What a library exports.
    pub(crate) beside: &'a str,
    /// A module, in text, as a part of that library.
    pub(crate) module: Option<&'a str>,
    /// Changes the snapshot, the memory from its start.
    pub(crate) prepare: fn(&mut [u8]) -> Result<(), String>,
}

/// Links the libraries of a component; otherwise says why it cannot.
pub(crate) fn link(component: &[u8], additions: &Additions<'_>) -> Result<Vec<u8>, String> {
    let mut ours = Vec::new();
    for text in [Some(WASI), additions.module].into_iter().flatten() {
        ours.push(wat::parse_str(text).map_err(|error| error.to_string())?);
    }
    let components = Component::parse_all(component).map_err(|error| error.to_string())?;
    let main = main(&components).ok_or_else(|| UNKNOWN.to_string())?;
    let mut image = Image::of(&main.0.modules[main.1]).map_err(|fault| fault.to_string())?;
    (additions.prepare)(&mut image.0)?;
    linked(main, &ours, additions.beside, &image).map_err(|fault| fault.to_string())
}

/// The component that has the libraries, and the number of its module with the memory and the table.
fn main<'a, 'c>(components: &'c [Component<'a>]) -> Option<(&'c Component<'a>, usize)> {
    let has_table = |module: &Module<'_>| {
        let has = |kind, name| module.exported(kind, name).is_some();
        has(ExternalKind::Table, TABLE) && has(ExternalKind::Memory, MEMORY)
    };
    components
        .iter()
        .find_map(|component| Some((component, component.modules.iter().position(has_table)?)))
}

fn linked(
    (component, main): (&Component<'_>, usize),
    ours: &[Vec<u8>],
    beside: &str,
    image: &Image,
) -> Result<Vec<u8>, Fault> {
    let modules = &component.modules;
    // It starts the libraries, and puts into the table what they have asked for.
    let filler = modules
        .iter()
        .position(|module| module.imported_functions().any(|(_, name, _)| name == RELOCATE));
    let filler = filler.ok_or(UNKNOWN)?;
    let ours = ours.iter().map(|bytes| Module::parse(bytes)).collect::<Result<Vec<_>, _>>()?;
    let has_place = |(name, _): &(&str, usize)| {
        modules[main].exported(ExternalKind::Global, &format!("{name}:memory_base")).is_some()
    };
    let given = component.modules_of(filler).into_iter().filter(has_place);
    let libraries = given.map(|(name, number)| {
        let module = modules.get(number).ok_or(UNKNOWN)?;
        Ok(Library { name, module, number: Some(number) })
    });
    let mut libraries = libraries.collect::<Result<Vec<_>, Fault>>()?;
    // In the same order for every build.
    libraries.sort_by_key(|library| library.number);
    let exports = |library: &&Library<'_>| library.module.exports.contains_key(beside);
    let name = libraries.iter().find(exports).ok_or(UNKNOWN)?.name;
    libraries.extend(ours.iter().map(|module| Library { name, module, number: None }));
    Linker::new(component, main, &libraries)?.link(filler, image)
}

#[cfg(test)]
mod tests {
    use super::{Additions, link};

    #[test]
    fn what_is_of_another_make_is_refused() {
        for text in ["(component)", "(component (core module))", "(module)"] {
            let binary = wat::parse_str(text).expect("it is WebAssembly");
            let additions = Additions { beside: "x", module: None, prepare: |_| Ok(()) };
            let refused = link(&binary, &additions).expect_err("it has no libraries");
            assert!(refused.starts_with("it is not as the version of its tool"), "{refused}");
        }
    }
}
