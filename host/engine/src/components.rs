use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bugle_sandbox::{Artifact, CompileLimits, Compiler, Prepared, Sandbox};
use bugle_store::Digest;

use crate::Error;
use crate::cache::Cache;
use crate::keys::Keys;

/// How many loaded components are kept. Each has native code mapped, 0.1 to 40 MB; loading one again
/// takes 0.1 to 3 ms.
const LOADED_MAX: usize = 128;

/// Components on their way from bytes to something that runs: compiled once, kept in the cache,
/// loaded when a run needs them.
pub(crate) struct Components {
    sandbox: Sandbox,
    compiler: Compiler,
    keys: Keys,
    cache: Option<Cache>,
    loaded: Mutex<Loaded>,
}

#[derive(Default)]
struct Loaded {
    components: HashMap<Digest, (u64, Prepared)>,
    /// Counts looks, so that the one that was not looked at for longest can be told.
    looks: u64,
}

impl fmt::Debug for Components {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Components").field("sandbox", &self.sandbox).finish_non_exhaustive()
    }
}

impl Components {
    pub(crate) fn new(
        sandbox: Sandbox,
        compiler: Compiler,
        keys: Keys,
        cache: Option<Cache>,
    ) -> Self {
        Self { sandbox, compiler, keys, cache, loaded: Mutex::default() }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// A component that is loaded already.
    pub(crate) fn loaded(&self, digest: Digest) -> Option<Prepared> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.looks += 1;
        let looks = loaded.looks;
        let (looked, prepared) = loaded.components.get_mut(&digest)?;
        *looked = looks;
        Some(prepared.clone())
    }

    /// Makes a component ready to run: loaded if it is loaded, from the cache if that is sound,
    /// compiled if need be. Says whether it had to be compiled.
    pub(crate) fn prepare(
        &self,
        path: &Path,
        digest: Digest,
        bytes: &[u8],
    ) -> Result<(Prepared, bool), Error> {
        if let Some(prepared) = self.loaded(digest).or_else(|| self.cached(digest)) {
            return Ok((prepared, false));
        }
        let at = |source| Error::Compile { path: path.to_owned(), source };
        let code =
            self.compiler.compile(&self.sandbox, bytes, &CompileLimits::default()).map_err(at)?;
        let artifact =
            Artifact::seal(self.keys.seal(), &digest.0, self.sandbox.engine_hash(), &code);
        let prepared = self
            .sandbox
            .load(self.keys.seal(), &digest.0, &artifact)
            .map_err(|source| Error::Load { path: path.to_owned(), source })?;
        if let Some(cache) = &self.cache
            && let Err(error) = cache.put(digest, &artifact)
        {
            tracing::warn!(%error, component = %digest, "the compiled component is not kept");
        }
        self.keep(digest, prepared.clone());
        Ok((prepared, true))
    }

    /// What the cache has of a component, if it is whole and ours.
    pub(crate) fn cached(&self, digest: Digest) -> Option<Prepared> {
        let artifact = self.cache.as_ref()?.get(digest)?;
        match self.sandbox.load(self.keys.seal(), &digest.0, &artifact) {
            Ok(prepared) => {
                self.keep(digest, prepared.clone());
                Some(prepared)
            }
            Err(error) => {
                tracing::warn!(%error, component = %digest, "a cached component is not used");
                None
            }
        }
    }

    pub(crate) fn forget(&self, digest: Digest) {
        if let Some(cache) = &self.cache {
            cache.remove(digest);
        }
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.components.remove(&digest);
    }

    fn keep(&self, digest: Digest, prepared: Prepared) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.components.len() >= LOADED_MAX {
            let oldest = loaded.components.iter().min_by_key(|(_, (looked, _))| *looked);
            if let Some(digest) = oldest.map(|(digest, _)| *digest) {
                loaded.components.remove(&digest);
            }
        }
        let looks = loaded.looks;
        loaded.components.insert(digest, (looks, prepared));
    }
}

/// A shared handle, as everything that runs tasks holds it.
pub(crate) type SharedComponents = Arc<Components>;
