use wasm_encoder::{Component, ComponentSectionId, Module, RawSection};
use wasmparser::{Parser, Payload};

use crate::componentize::{ComponentizeError, damaged};

/// Whether a custom section says only where code comes from: names and DWARF.
fn is_symbols(name: &str) -> bool {
    name == "name" || name == "component-name" || name.starts_with(".debug_")
}

/// What is being written: a module or a component, inside of others.
enum Level {
    Module(Module),
    Component(Component),
}

impl Level {
    fn section(&mut self, id: u8, data: &[u8]) {
        let section = RawSection { id, data };
        match self {
            Self::Module(module) => drop(module.section(&section)),
            Self::Component(component) => drop(component.section(&section)),
        }
    }

    fn finish(self) -> (u8, Vec<u8>) {
        match self {
            Self::Module(module) => (ComponentSectionId::CoreModule.into(), module.finish()),
            Self::Component(component) => {
                (ComponentSectionId::Component.into(), component.finish())
            }
        }
    }
}

/// A component without names and debug information, in it and in all that is nested in it. Functions
/// keep their numbers and their code its bytes, so that what the original names is found again.
pub(crate) fn strip(component: &[u8]) -> Result<Vec<u8>, ComponentizeError> {
    let mut levels: Vec<Level> = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(damaged)?;
        match &payload {
            Payload::Version { encoding, .. } => levels.push(match encoding {
                wasmparser::Encoding::Module => Level::Module(Module::new()),
                wasmparser::Encoding::Component => Level::Component(Component::new()),
            }),
            Payload::End(_) => {
                let Some(level) = levels.pop() else { continue };
                let (id, bytes) = level.finish();
                match levels.last_mut() {
                    Some(outer) => outer.section(id, &bytes),
                    None => return Ok(bytes),
                }
                continue;
            }
            Payload::CustomSection(section) if is_symbols(section.name()) => continue,
            // Their content follows, and ends with an `End`.
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => continue,
            _ => {}
        }
        let section =
            payload.as_section().and_then(|(id, range)| Some((id, component.get(range)?)));
        if let (Some((id, data)), Some(level)) = (section, levels.last_mut()) {
            level.section(id, data);
        }
    }
    Err(ComponentizeError::Damaged { offset: component.len(), what: "it has no end".to_owned() })
}
