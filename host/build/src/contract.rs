use wit_parser::{Resolve, SourceMap, WorldId};

use crate::embedded;

/// The package of the contract.
pub(crate) const PACKAGE: &str = "bugle:task";

/// Its world.
pub(crate) const WORLD: &str = "background-task";

/// The interface that a task exports, and its one function.
pub(crate) const ENTRY: (&str, &str) = ("entry", "run");

/// The contract that this program has with it.
pub(crate) struct Contract {
    pub(crate) resolve: Resolve,
    pub(crate) world: WorldId,
}

impl Contract {
    pub(crate) fn load() -> Self {
        let read = || {
            let mut sources = SourceMap::default();
            for (path, content) in embedded::below("wit") {
                sources.push_str(path, std::str::from_utf8(content)?);
            }
            let group = sources.parse().map_err(|(_, error)| error)?;
            let mut resolve = Resolve::default();
            let package = resolve.push_group(group)?;
            let world = resolve.select_world(&[package], Some(WORLD))?;
            anyhow::Ok(Self { resolve, world })
        };
        read().expect("the embedded contract is sound, which tests prove")
    }

    /// The contract's version, as interfaces carry it.
    pub(crate) fn version(&self) -> String {
        let package = self.resolve.worlds[self.world].package;
        let package = package.map(|package| &self.resolve.packages[package].name);
        package.and_then(|name| name.version.as_ref()).map_or_else(String::new, ToString::to_string)
    }

    /// Whether the contract has an interface of this name.
    pub(crate) fn has_interface(&self, name: &str) -> bool {
        self.resolve.interfaces.iter().any(|(_, found)| found.name.as_deref() == Some(name))
    }
}
