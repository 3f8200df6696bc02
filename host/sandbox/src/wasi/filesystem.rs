use wasmtime::component::{LinkerInstance, Resource, ResourceType};

use super::define_out_of_reach;
use crate::meter::charge;
use crate::state::State;

/// No folder is open from the start, and one can only be opened from another, so that these have no
/// values and no guest can hold a handle to one.
enum Descriptor {}
enum DirectoryEntryStream {}

/// Everything that a guest could do with a file, a folder, or a failure, if it had one.
const OUT_OF_REACH: &[&str] = &[
    "[method]descriptor.advise",
    "[method]descriptor.append-via-stream",
    "[method]descriptor.create-directory-at",
    "[method]descriptor.get-flags",
    "[method]descriptor.get-type",
    "[method]descriptor.is-same-object",
    "[method]descriptor.link-at",
    "[method]descriptor.metadata-hash",
    "[method]descriptor.metadata-hash-at",
    "[method]descriptor.open-at",
    "[method]descriptor.read",
    "[method]descriptor.read-directory",
    "[method]descriptor.read-via-stream",
    "[method]descriptor.readlink-at",
    "[method]descriptor.remove-directory-at",
    "[method]descriptor.rename-at",
    "[method]descriptor.set-size",
    "[method]descriptor.set-times",
    "[method]descriptor.set-times-at",
    "[method]descriptor.stat",
    "[method]descriptor.stat-at",
    "[method]descriptor.symlink-at",
    "[method]descriptor.sync",
    "[method]descriptor.sync-data",
    "[method]descriptor.unlink-file-at",
    "[method]descriptor.write",
    "[method]descriptor.write-via-stream",
    "[method]directory-entry-stream.read-directory-entry",
    "filesystem-error-code",
];

pub(super) fn define_types(types: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    types.resource("descriptor", ResourceType::host::<Descriptor>(), |_, _| Ok(()))?;
    let entries = ResourceType::host::<DirectoryEntryStream>();
    types.resource("directory-entry-stream", entries, |_, _| Ok(()))?;
    define_out_of_reach(types, OUT_OF_REACH)
}

pub(super) fn define_preopens(preopens: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    preopens.func_wrap("get-directories", |mut store, (): ()| {
        charge(&mut store, 0)?;
        Ok((Vec::<(Resource<Descriptor>, String)>::new(),))
    })
}
