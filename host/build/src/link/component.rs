//! What a component has of core modules, and which of them it gives to which.

use std::collections::BTreeMap;

use wasmparser::{
    BinaryReaderError, CanonicalFunction, ComponentAlias, ExternalKind, Instance, Parser, Payload,
};

use super::module::Module;

/// What an instance exports: the instance, by its number, and the name.
type Export<'a> = (u32, &'a str);

/// A component, without those in it.
#[derive(Default)]
pub(super) struct Component<'a> {
    pub(super) modules: Vec<Module<'a>>,
    instances: Vec<Core<'a>>,
    /// From where functions and globals are aliased; none for what the component itself makes.
    functions: Vec<Option<Export<'a>>>,
    globals: Vec<Option<Export<'a>>>,
}

/// A core instance.
enum Core<'a> {
    Of {
        module: usize,
        given: BTreeMap<&'a str, u32>,
    },
    /// What others export, under other names.
    Bundle(BTreeMap<&'a str, Export<'a>>),
}

impl<'a> Component<'a> {
    /// A component and those in it: one may wrap the one that is looked for.
    pub(super) fn parse_all(bytes: &'a [u8]) -> Result<Vec<Self>, BinaryReaderError> {
        let mut done = Vec::new();
        // Those that are not at their end, the innermost last.
        let mut open = vec![Self::default()];
        let mut is_in_module = false;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ModuleSection { unchecked_range, .. } => {
                    is_in_module = true;
                    if let Some(component) = open.last_mut() {
                        component.modules.push(Module::parse(&bytes[unchecked_range])?);
                    }
                }
                Payload::ComponentSection { .. } => open.push(Self::default()),
                Payload::End(_) if is_in_module => is_in_module = false,
                Payload::End(_) => done.extend(open.pop()),
                _ if is_in_module => {}
                payload => {
                    if let Some(component) = open.last_mut() {
                        component.add(payload)?;
                    }
                }
            }
        }
        Ok(done)
    }

    fn add(&mut self, payload: Payload<'a>) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    let core = self.core(&instance?);
                    self.instances.push(core);
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    let ComponentAlias::CoreInstanceExport { kind, instance_index, name } = alias?
                    else {
                        continue;
                    };
                    match kind {
                        ExternalKind::Func => self.functions.push(Some((instance_index, name))),
                        ExternalKind::Global => self.globals.push(Some((instance_index, name))),
                        _ => {}
                    }
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    if !matches!(function?, CanonicalFunction::Lift { .. }) {
                        self.functions.push(None);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn core(&self, instance: &Instance<'a>) -> Core<'a> {
        match instance {
            Instance::Instantiate { module_index, args } => Core::Of {
                module: *module_index as usize,
                given: args.iter().map(|given| (given.name, given.index)).collect(),
            },
            Instance::FromExports(exports) => {
                let known = exports.iter().filter_map(|export| {
                    let list = match export.kind {
                        ExternalKind::Func => &self.functions,
                        ExternalKind::Global => &self.globals,
                        _ => return None,
                    };
                    Some((export.name, (*list.get(export.index as usize)?)?))
                });
                Core::Bundle(known.collect())
            }
        }
    }

    fn given(&self, module: usize) -> impl Iterator<Item = (&'a str, u32)> + '_ {
        let given = self.instances.iter().find_map(|core| match core {
            Core::Of { module: of, given } if *of == module => Some(given),
            _ => None,
        });
        given.into_iter().flatten().map(|(name, instance)| (*name, *instance))
    }

    /// The modules that a module is given, by the names under which it knows them; of those that are
    /// given in part, the one that something of it is from.
    pub(super) fn modules_of(&self, module: usize) -> Vec<(&'a str, usize)> {
        let of = |instance: u32| match self.instances.get(instance as usize)? {
            Core::Of { module, .. } => Some(*module),
            Core::Bundle(exports) => self.origin(exports.values().next()?).map(|(of, _)| of),
        };
        self.given(module).filter_map(|(name, instance)| Some((name, of(instance)?))).collect()
    }

    /// What a module imports: the module that it is from, and its name there.
    pub(super) fn import_of(
        &self,
        module: usize,
        from: &str,
        name: &'a str,
    ) -> Option<(usize, &'a str)> {
        let instance = self.given(module).find(|(given, _)| *given == from)?.1;
        self.origin(&(instance, name))
    }

    fn origin(&self, export: &Export<'a>) -> Option<(usize, &'a str)> {
        match self.instances.get(export.0 as usize)? {
            Core::Of { module, .. } => Some((*module, export.1)),
            Core::Bundle(exports) => {
                // What is bundled was there before.
                let inner = exports.get(export.1).filter(|inner| inner.0 < export.0)?;
                self.origin(inner)
            }
        }
    }
}
