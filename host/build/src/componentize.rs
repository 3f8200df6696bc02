use std::collections::BTreeSet;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW1,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as PREVIEW1_ADAPTER,
};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, embed_component_metadata};

pub use wit_component::StringEncoding;

use crate::contract::{Contract, ENTRY, PACKAGE};

/// Custom sections in which a toolchain says for which world a module is.
const WORLD_SECTION: &str = "component-type";

/// Why a file cannot be made a component.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum ComponentizeError {
    #[error(
        "it is not WebAssembly; give a core module or a component, the `.wasm` file that the build \
         wrote"
    )]
    NotWasm,
    #[error("its text is not WebAssembly: {0}")]
    Text(String),
    #[error("it is damaged at byte {offset}: {what}")]
    Damaged { offset: usize, what: String },
    #[error(
        "the module imports `{module}` `{name}`, and a background task may import `bugle:task` and \
         a part of WASI; leave it out"
    )]
    Import { module: String, name: String },
    #[error(
        "the module is made for version {version} of `bugle:task`, and this bugle has {ours}; make \
         its bindings anew from the `wit/` of this bugle"
    )]
    Version { version: String, ours: String },
    #[error("the module imports `{module}`, which `bugle:task` does not have; see its `wit/`")]
    Interface { module: String },
    #[error("the module does not export `{export}`, the function that a trigger wakes")]
    NoEntry { export: String },
    #[error("the module cannot be made a component: {0}")]
    Unfit(String),
}

impl ComponentizeError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotWasm => "module-not-wasm",
            Self::Text(_) => "module-text",
            Self::Damaged { .. } => "module-damaged",
            Self::Import { .. } => "module-import",
            Self::Version { .. } => "module-version",
            Self::Interface { .. } => "module-interface",
            Self::NoEntry { .. } => "module-no-entry",
            Self::Unfit(_) => "module-unfit",
        }
    }
}

/// Makes a component of what a compiler wrote: a core module, in text or binary, becomes a component
/// of the contract's world; a component stays as it is.
///
/// A module that says itself for which world it is, as bindings of `wit-bindgen` do, is taken at its
/// word. One that calls WASI's first preview gets the adapter for it.
///
/// # Errors
///
/// Says what of the file stands against it, and what to do.
pub fn componentize(file: &[u8], encoding: StringEncoding) -> Result<Vec<u8>, ComponentizeError> {
    let mut module = binary(file)?;
    if Parser::is_component(&module) {
        return Ok(module);
    }
    let survey = Survey::of(&module)?;
    if !survey.has_world {
        let contract = Contract::load();
        survey.check(&contract)?;
        embed_component_metadata(&mut module, &contract.resolve, contract.world, encoding)
            .map_err(unfit)?;
    }
    let mut encoder = ComponentEncoder::default().validate(true).module(&module).map_err(unfit)?;
    if survey.uses_preview1 {
        encoder = encoder.adapter(PREVIEW1, PREVIEW1_ADAPTER).map_err(unfit)?;
    }
    encoder.encode().map_err(unfit)
}

/// The binary form of a file that may be WebAssembly's text.
fn binary(file: &[u8]) -> Result<Vec<u8>, ComponentizeError> {
    if file.starts_with(b"\0asm") {
        return Ok(file.to_vec());
    }
    let text = std::str::from_utf8(file).map_err(|_| ComponentizeError::NotWasm)?;
    // Anything may be text; what is meant for us begins with a parenthesis or a comment of its own.
    if !text.trim_start().starts_with(['(', ';']) {
        return Err(ComponentizeError::NotWasm);
    }
    wat::parse_str(text).map_err(|error| ComponentizeError::Text(with_line(&error.to_string())))
}

/// What is wrong with a text, and in which line. The message has its place in a drawing, over lines.
fn with_line(message: &str) -> String {
    let what = message.lines().next().unwrap_or_default();
    let place = message.split("<anon>:").nth(1).and_then(|rest| rest.split(':').next());
    place.map_or_else(|| what.to_owned(), |line| format!("line {line}: {what}"))
}

/// The parts of the encoder's errors that say where it was, and nothing about the module.
const FRAMES: [&str; 3] = [
    "failed to decode world from module",
    "module was not valid",
    "failed to encode a component from module",
];

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn unfit(error: anyhow::Error) -> ComponentizeError {
    let causes = error.chain().map(ToString::to_string);
    let causes = causes.filter(|cause| !FRAMES.contains(&cause.as_str()));
    ComponentizeError::Unfit(causes.collect::<Vec<_>>().join(": ").replace('\n', " "))
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
pub(crate) fn damaged(error: wasmparser::BinaryReaderError) -> ComponentizeError {
    ComponentizeError::Damaged { offset: error.offset(), what: error.message().to_owned() }
}

/// What a core module has that decides how it is encoded.
#[derive(Default)]
struct Survey {
    has_world: bool,
    uses_preview1: bool,
    imports: BTreeSet<(String, String)>,
    exports: BTreeSet<String>,
}

impl Survey {
    fn of(module: &[u8]) -> Result<Self, ComponentizeError> {
        let mut survey = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(damaged)? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import.map_err(damaged)?;
                        survey.uses_preview1 |= import.module == PREVIEW1;
                        survey.imports.insert((import.module.to_owned(), import.name.to_owned()));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        survey.exports.insert(export.map_err(damaged)?.name.to_owned());
                    }
                }
                Payload::CustomSection(section) => {
                    survey.has_world |= section.name().starts_with(WORLD_SECTION);
                }
                _ => {}
            }
        }
        Ok(survey)
    }

    /// Says in our words what the encoder would say in its own.
    fn check(&self, contract: &Contract) -> Result<(), ComponentizeError> {
        let ours = contract.version();
        for (module, name) in &self.imports {
            let Some(interface) = module.strip_prefix(PACKAGE) else {
                if module == PREVIEW1 || module.starts_with("wasi:") {
                    continue;
                }
                let (module, name) = (module.clone(), name.clone());
                return Err(ComponentizeError::Import { module, name });
            };
            let (interface, version) =
                interface.trim_start_matches('/').split_once('@').unwrap_or((interface, "none"));
            if version != ours {
                return Err(ComponentizeError::Version { version: version.to_owned(), ours });
            }
            if !contract.has_interface(interface) {
                return Err(ComponentizeError::Interface { module: module.clone() });
            }
        }
        let export = format!("{PACKAGE}/{}@{ours}#{}", ENTRY.0, ENTRY.1);
        if self.exports.contains(&export) {
            return Ok(());
        }
        let prefix = format!("{PACKAGE}/{}@", ENTRY.0);
        let other = self.exports.iter().find_map(|name| name.strip_prefix(&prefix));
        if let Some((version, _)) = other.and_then(|rest| rest.split_once('#'))
            && version != ours
        {
            return Err(ComponentizeError::Version { version: version.to_owned(), ours });
        }
        Err(ComponentizeError::NoEntry { export })
    }
}
