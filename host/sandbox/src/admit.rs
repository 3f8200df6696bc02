mod instances;

use bugle_task::Limits;
use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload, Validator, WasmFeatures};

use crate::{interfaces, wasi};
use instances::Instances;

pub(crate) use instances::core_instances;

/// The most bytes a component may have. Python, the largest that was tried, has 18 MB.
pub const COMPONENT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The most core modules a component may have. Each costs the compiler and the pool something; Python
/// with its WASI closed off has 38 instances of fewer modules.
const MODULES_MAX: u32 = 128;

/// The most functions a component may have. 100,000 tiny ones took a compiler 18 s and 504 MiB; the
/// language runtimes that were tried have some ten thousand.
const FUNCTIONS_MAX: u32 = 60_000;

/// The most components within components. Adapters nest two deep.
const NESTING_MAX: u32 = 8;

/// Bytes of a page of linear memory, by the specification.
const PAGE_BYTES: u64 = 64 * 1024;

/// What was found out about a component that may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Admission {
    /// The interfaces that it imports, as it names them.
    pub imports: Vec<String>,
    /// Core modules in it.
    pub modules: u32,
    /// Core instances that it makes of them, those between composed components aside.
    pub instances: u64,
    /// Functions in all of its modules.
    pub functions: u32,
    /// Linear memory that its modules declare to begin with, in bytes.
    pub memory_bytes: u64,
    /// Table elements that its modules declare to begin with.
    pub table_elements: u64,
}

/// Why a component may not come in. Each says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says itself")]
pub enum AdmissionError {
    #[error("the file is empty; give a WebAssembly component")]
    Empty,
    #[error("the file is not WebAssembly; give a component, the `.wasm` file that the build wrote")]
    NotWasm,
    #[error(
        "the file is text; give a component in binary form, the `.wasm` file that the build wrote"
    )]
    Text,
    #[error(
        "the file is a core module, not a component; build it as a component of the world \
         `bugle:task/background-task`"
    )]
    CoreModule,
    #[error(
        "the component has {bytes} bytes, and may have {bytes_max}; strip it of debug information"
    )]
    TooLarge { bytes: usize, bytes_max: usize },
    #[error(
        "the component is damaged or uses a feature that this host does not have, at byte {offset}: {what}"
    )]
    Invalid { offset: usize, what: String },
    #[error("the component has {count} {what}, and may have {count_max}")]
    TooMany { what: &'static str, count: u32, count_max: u32 },
    #[error("the component imports `{import}`: {why}")]
    Import { import: String, why: &'static str },
    #[error(
        "the component does not export `bugle:task/entry@0.1.0`; build it for the world \
         `bugle:task/background-task`"
    )]
    NoEntry,
    #[error(
        "the component begins with {bytes} bytes of memory, and the task may have {bytes_max}; \
         raise `memory-bytes` in the task's limits or build it smaller"
    )]
    Memory { bytes: u64, bytes_max: u64 },
    #[error(
        "the component begins with {elements} table elements, and the task may have \
         {elements_max}; raise `table-elements` in the task's limits or build it smaller"
    )]
    Table { elements: u64, elements_max: u64 },
}

impl AdmissionError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "component-empty",
            Self::NotWasm => "component-not-wasm",
            Self::Text => "component-text",
            Self::CoreModule => "component-core-module",
            Self::TooLarge { .. } => "component-too-large",
            Self::Invalid { .. } => "component-invalid",
            Self::TooMany { .. } => "component-too-many",
            Self::Import { .. } => "component-import",
            Self::NoEntry => "component-no-entry",
            Self::Memory { .. } => "component-memory",
            Self::Table { .. } => "component-table",
        }
    }
}

/// Checks, without compiling anything, that a component may come in as a task with these limits.
///
/// # Errors
///
/// Names what stands against it, and what to do.
pub fn admit(component: &[u8], limits: &Limits) -> Result<Admission, AdmissionError> {
    check_form(component)?;
    let mut survey = Survey::default();
    for payload in Parser::new(0).parse_all(component) {
        survey.look_at(&payload.map_err(invalid)?)?;
    }
    let mut validator = Validator::new_with_features(features());
    validator.validate_all(component).map_err(invalid)?;
    survey.admit(limits)
}

fn check_form(component: &[u8]) -> Result<(), AdmissionError> {
    if component.is_empty() {
        return Err(AdmissionError::Empty);
    }
    if component.len() > COMPONENT_BYTES_MAX {
        let bytes_max = COMPONENT_BYTES_MAX;
        return Err(AdmissionError::TooLarge { bytes: component.len(), bytes_max });
    }
    if !component.starts_with(b"\0asm") {
        let start = component.get(..component.len().min(4_096)).unwrap_or_default();
        let is_text = !start.contains(&0) && std::str::from_utf8(start).is_ok();
        return Err(if is_text { AdmissionError::Text } else { AdmissionError::NotWasm });
    }
    if Parser::is_core_wasm(component) {
        return Err(AdmissionError::CoreModule);
    }
    Ok(())
}

/// The features that the engine has: what is refused here would be refused there, with more words.
fn features() -> WasmFeatures {
    let features = WasmFeatures::WASM2
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::COMPONENT_MODEL;
    // In the validator's words `externref` is a type of garbage collection, which the engine has not.
    features.difference(WasmFeatures::GC_TYPES)
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn invalid(error: wasmparser::BinaryReaderError) -> AdmissionError {
    // Some messages have several lines; a refusal has one.
    let what = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
    // They quote the component's names, which may have anything in them.
    let what = what.chars().fold(String::new(), |mut plain, c| {
        match c.is_control() {
            true => plain.extend(c.escape_unicode()),
            false => plain.push(c),
        }
        plain
    });
    AdmissionError::Invalid { offset: error.offset(), what }
}

/// What a walk over a component's parts finds.
#[derive(Default)]
struct Survey {
    /// How many components and modules the walk is inside of.
    depth: u32,
    nesting: u32,
    imports: Vec<String>,
    has_entry: bool,
    instances: Instances,
    modules: u32,
    functions: u32,
    memory_bytes: u64,
    table_elements: u64,
}

impl Survey {
    fn look_at(&mut self, payload: &Payload<'_>) -> Result<(), AdmissionError> {
        self.instances.look_at(payload).map_err(invalid)?;
        match payload {
            Payload::Version { encoding, .. } => {
                self.depth += 1;
                self.nesting = self.nesting.max(self.depth);
                self.modules += u32::from(*encoding == Encoding::Module);
            }
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if self.depth == 1 => {
                for import in section.clone() {
                    self.imports.push(import.map_err(invalid)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if self.depth == 1 => {
                for export in section.clone() {
                    let export = export.map_err(invalid)?;
                    let name = without_patch(export.name.name);
                    self.has_entry |= export.kind == ComponentExternalKind::Instance
                        && name == ("bugle:task/entry", "0.1");
                }
            }
            Payload::FunctionSection(section) => {
                self.functions = self.functions.saturating_add(section.count());
            }
            Payload::MemorySection(section) => {
                for memory in section.clone() {
                    let bytes = memory.map_err(invalid)?.initial.saturating_mul(PAGE_BYTES);
                    self.memory_bytes = self.memory_bytes.saturating_add(bytes);
                }
            }
            Payload::TableSection(section) => {
                for table in section.clone() {
                    let elements = table.map_err(invalid)?.ty.initial;
                    self.table_elements = self.table_elements.saturating_add(elements);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn admit(self, limits: &Limits) -> Result<Admission, AdmissionError> {
        let counts = [
            ("core modules", self.modules, MODULES_MAX),
            ("functions", self.functions, FUNCTIONS_MAX),
            ("levels of components and modules", self.nesting, NESTING_MAX),
        ];
        for (what, count, count_max) in counts {
            if count > count_max {
                return Err(AdmissionError::TooMany { what, count, count_max });
            }
        }
        for import in &self.imports {
            check_import(import)?;
        }
        if !self.has_entry {
            return Err(AdmissionError::NoEntry);
        }
        if self.memory_bytes > limits.memory_bytes {
            let (bytes, bytes_max) = (self.memory_bytes, limits.memory_bytes);
            return Err(AdmissionError::Memory { bytes, bytes_max });
        }
        if self.table_elements > limits.table_elements {
            let (elements, elements_max) = (self.table_elements, limits.table_elements);
            return Err(AdmissionError::Table { elements, elements_max });
        }
        Ok(Admission {
            imports: self.imports,
            modules: self.modules,
            instances: self.instances.total(),
            functions: self.functions,
            memory_bytes: self.memory_bytes,
            table_elements: self.table_elements,
        })
    }
}

/// `wasi:io/poll@0.2.6` as `wasi:io/poll` and `0.2`.
fn without_patch(name: &str) -> (&str, &str) {
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    let minor = version.match_indices('.').nth(1).map_or(version.len(), |(at, _)| at);
    (interface, version.get(..minor).unwrap_or(version))
}

/// The import allow-list. What is not on it is refused, never stubbed.
fn check_import(import: &str) -> Result<(), AdmissionError> {
    let refuse =
        |why| Err(AdmissionError::Import { import: import.chars().take(200).collect(), why });
    let (interface, version) = without_patch(import);
    if let Some(name) = interface.strip_prefix("bugle:task/") {
        if !interfaces::INTERFACES.contains(&name) {
            return refuse(
                "the contract has no such interface; build it against this host's `wit/`",
            );
        }
        if !interfaces::VERSION.starts_with(version) || version.is_empty() {
            return refuse("this host has version 0.1 of the contract; build it against that");
        }
        return Ok(());
    }
    if wasi::INTERFACES.contains(&interface) {
        if version != "0.2" {
            return refuse("this host has WASI 0.2; build it for that");
        }
        return Ok(());
    }
    if interface.starts_with("wasi:sockets/") || interface.starts_with("wasi:http/") {
        return refuse("background tasks have no network; leave out what imports it");
    }
    refuse(
        "a background task may import `bugle:task` and a part of WASI 0.2, see LIMITS.md; leave it out",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(import: &str) -> String {
        check_import(import).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn imports_are_the_contract_and_a_part_of_wasi() {
        for import in [
            "bugle:task/log@0.1.0",
            "bugle:task/log@0.1.7",
            "wasi:io/poll@0.2.0",
            "wasi:io/poll@0.2.12",
        ] {
            assert_eq!(refusal(import), "");
        }
        assert!(refusal("bugle:task/log@0.2.0").contains("version 0.1"));
        assert!(refusal("bugle:task/log").contains("version 0.1"));
        assert!(refusal("bugle:task/window@0.1.0").contains("no such interface"));
        assert!(refusal("wasi:io/poll@0.3.0").contains("WASI 0.2"));
        assert!(refusal("wasi:sockets/tcp@0.2.3").contains("no network"));
        assert!(refusal("env").contains("leave it out"));
    }

    #[test]
    fn what_is_no_component_is_named() {
        let limits = Limits::default();
        let code = |bytes: &[u8]| admit(bytes, &limits).map_err(|error| error.code());
        assert_eq!(code(b""), Err("component-empty"));
        assert_eq!(code(b"(component)"), Err("component-text"));
        assert_eq!(code(b"\x7fELF\x02\x01\x01\0"), Err("component-not-wasm"));
        assert_eq!(code(b"\0asm\x01\0\0\0"), Err("component-core-module"));
        assert_eq!(code(b"\0asm\x0d\0\x01\0"), Err("component-no-entry"));
        assert_eq!(code(b"\0asm\x0d\0\x01\0\x01\xff"), Err("component-invalid"));
    }
}
