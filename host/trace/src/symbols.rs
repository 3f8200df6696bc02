use std::fs;
use std::ops::Range;
use std::path::Path;

use bugle::{FunctionId, TracedComponent};

use crate::dwarf::Lines;
use crate::module::{self, Module};
use crate::names::readable;

/// How far above a component its project is looked for: a build's folder is a few levels deep.
const ANCESTORS_MAX: usize = 4;

/// The most bytes of a file with symbols: debug information is some ten times the code.
const SYMBOL_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The names and lines of a component's code.
///
/// They are in the component itself or, where it was stripped, in the copy of it that `bugle build`
/// keeps as `.bugle/symbols/<SHA-256 of the component>.wasm`.
#[derive(Debug, Default)]
pub struct Symbols {
    modules: Vec<Module>,
    lines: Vec<Option<Lines>>,
}

impl Symbols {
    /// Finds what is known of a component that was traced. What is not found, or does not fit the
    /// component, is not known: then functions have numbers.
    #[must_use]
    pub fn of(traced: &TracedComponent) -> Self {
        let kept = kept_symbols(&traced.path, &traced.digest);
        Self::read(&traced.component, kept.as_deref())
    }

    /// The symbols of a component, and of a copy that was not stripped, if there is one.
    #[must_use]
    pub fn read(component: &[u8], unstripped: Option<&[u8]>) -> Self {
        let mut modules = module::all(component).unwrap_or_default();
        let full = unstripped.and_then(|full| Some((full, module::all(full).ok()?)));
        if let Some((full_bytes, full)) = full
            && full.len() == modules.len()
        {
            for (module, full) in modules.iter_mut().zip(full) {
                // Other code would have other functions behind the same numbers.
                let is_same =
                    component.get(module.code.clone()) == full_bytes.get(full.code.clone());
                if is_same && module.imported == full.imported {
                    module.names.extend(full.names);
                    module.dwarf.extend(full.dwarf);
                }
            }
        }
        let lines = modules.iter_mut().map(|module| {
            let dwarf = std::mem::take(&mut module.dwarf);
            Lines::read(&dwarf, module.code.start)
        });
        let lines = lines.collect();
        Self { modules, lines }
    }

    /// A function's name as its author wrote it, or what can be said in its place.
    #[must_use]
    pub fn name(&self, id: FunctionId) -> String {
        let FunctionId { module, function } = id;
        let Some(known) = self.modules.get(module as usize) else {
            return "passing values between components".to_owned();
        };
        match known.names.get(&function) {
            Some(name) => readable(name),
            None if module == 0 => format!("function {function}"),
            None => format!("function {function} of module {module}"),
        }
    }

    /// Whether lines of source are known of any code.
    #[must_use]
    pub fn has_lines(&self) -> bool {
        self.lines.iter().any(Option::is_some)
    }

    /// The lines that some code of a module stands for.
    pub(crate) fn lines(&self, module: u32, code: &Range<usize>) -> Vec<(String, u32)> {
        let lines = self.lines.get(module as usize).and_then(Option::as_ref);
        lines.map(|lines| lines.of(code)).unwrap_or_default()
    }
}

fn kept_symbols(path: &Path, digest: &str) -> Option<Vec<u8>> {
    let path = std::path::absolute(path).ok()?;
    let file = Path::new(".bugle/symbols").join(digest).with_extension("wasm");
    let kept = path.ancestors().skip(1).take(ANCESTORS_MAX).map(|folder| folder.join(&file));
    let mut kept = kept.filter(|kept| {
        kept.metadata().is_ok_and(|about| about.is_file() && about.len() <= SYMBOL_BYTES_MAX)
    });
    fs::read(kept.next()?).ok()
}
