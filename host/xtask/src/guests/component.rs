use anyhow::{Result, bail, ensure};
use wasmparser::{Encoding, Parser, Payload};

/// The package of the contract: all that a task of ours may import from.
const CONTRACT: &str = "bugle:task/";
/// The interface with the one function that a task gives the host.
const ENTRY: &str = "bugle:task/entry@";

/// Checks that a file is a component of the contract's world that needs nothing else.
///
/// # Errors
///
/// Says which import is not of the contract, or that the file is no component with the entry.
pub(super) fn check(content: &[u8]) -> Result<()> {
    // Components nest; only what the outermost one imports and exports is its own.
    let mut depth = 0_u32;
    let mut has_entry = false;
    for payload in Parser::new(0).parse_all(content) {
        match payload? {
            Payload::Version { encoding, .. } if depth == 0 => {
                ensure!(encoding == Encoding::Component, "it is a core module, not a component");
                depth = 1;
            }
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    let name = import?.name.name;
                    if !name.starts_with(CONTRACT) {
                        bail!("it imports `{name}`, which is not of the contract");
                    }
                }
            }
            Payload::ComponentExportSection(exports) if depth == 1 => {
                for export in exports {
                    has_entry |= export?.name.name.starts_with(ENTRY);
                }
            }
            _ => {}
        }
    }
    ensure!(has_entry, "it exports no task: put `#[background_task]` on one function of the crate");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_refused() {
        let module = *b"\0asm\x01\0\0\0";
        let component = *b"\0asm\x0d\0\x01\0";
        assert_eq!(
            check(&module).map_err(|e| e.to_string()),
            Err("it is a core module, not a component".into())
        );
        assert!(check(&component).is_err_and(|e| e.to_string().starts_with("it exports no task")));
        assert!(check(b"text").is_err());
    }
}
