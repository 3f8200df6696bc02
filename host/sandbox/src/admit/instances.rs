use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Instance, Parser, Payload,
};

/// Counts, over a walk through a component's parts, the core instances that it makes.
///
/// A component within it counts as often as it is instantiated. What comes from outside has no
/// instances here; the import allow-list lets no component in from there.
#[derive(Debug, Default)]
pub(super) struct Instances {
    scopes: Vec<Scope>,
    /// Of the outermost component, once the walk is through it.
    total: u64,
}

/// A component, or a module, that the walk is inside of.
#[derive(Debug, Default)]
struct Scope {
    count: u64,
    /// What an instance of each component of this scope's index space makes.
    components: Vec<u64>,
    is_component: bool,
}

impl Instances {
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn look_at(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::Version { encoding, .. } => {
                let is_component = *encoding == wasmparser::Encoding::Component;
                self.scopes.push(Scope { is_component, ..Scope::default() });
            }
            Payload::End(_) => self.leave(),
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    let is_made = matches!(instance?, Instance::Instantiate { .. });
                    self.add(u64::from(is_made));
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    if let ComponentInstance::Instantiate { component_index, .. } = instance? {
                        self.add(self.of_component(0, component_index));
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    if matches!(import?.ty, ComponentTypeRef::Component(_)) {
                        self.name_component(0);
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    if export.kind == ComponentExternalKind::Component {
                        self.name_component(self.of_component(0, export.index));
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    self.look_at_alias(&alias?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn look_at_alias(&mut self, alias: &ComponentAlias<'_>) {
        match *alias {
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
                self.name_component(0);
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                self.name_component(self.of_component(count, index));
            }
            _ => {}
        }
    }

    fn add(&mut self, count: u64) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.count = scope.count.saturating_add(count);
        }
    }

    fn name_component(&mut self, count: u64) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.components.push(count);
        }
    }

    /// What an instance of a component makes, so many scopes further out.
    fn of_component(&self, outer: u32, index: u32) -> u64 {
        let scope = self.scopes.iter().rev().nth(outer as usize);
        let count = scope.and_then(|scope| scope.components.get(index as usize));
        count.copied().unwrap_or(0)
    }

    fn leave(&mut self) {
        let Some(Scope { count, is_component, .. }) = self.scopes.pop() else { return };
        if self.scopes.is_empty() {
            self.total = count;
        } else if is_component {
            self.name_component(count);
        }
    }
}

/// How many core instances an admitted component makes.
pub(crate) fn core_instances(component: &[u8]) -> u64 {
    let mut instances = Instances::default();
    let mut payloads = Parser::new(0).parse_all(component).map_while(Result::ok);
    // A component that was admitted was looked at whole before.
    let _ = payloads.try_for_each(|payload| instances.look_at(&payload));
    instances.total()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sections of a component, of which a size fits one byte.
    fn component(sections: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        for (id, content) in sections {
            bytes.push(*id);
            bytes.push(u8::try_from(content.len()).expect("it is small"));
            bytes.extend_from_slice(content);
        }
        bytes
    }

    #[test]
    fn a_component_within_counts_as_often_as_it_is_instantiated() {
        const MODULE: &[u8] = b"\0asm\x01\0\0\0";
        // Two core instances of module 0, each with no arguments.
        let inner = component(&[(1, MODULE), (2, &[2, 0, 0, 0, 0, 0, 0])]);
        // Three instances of component 0, each with no arguments; one core instance of module 0.
        let three = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let outer = component(&[(4, &inner), (5, &three), (1, MODULE), (2, &[1, 0, 0, 0])]);
        assert_eq!(core_instances(&outer), 7);
    }
}
