use std::fmt;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use wasmtime::component::Component;

use crate::engine::{EngineHash, Prepared, Sandbox, SandboxError};

/// What a sealed artifact begins with. The number is that of the layout: magic, seal, native code,
/// and how many core instances the component makes, which the code does not tell.
const MAGIC: &[u8; 8] = b"bugle-2\n";
const SEAL_BYTES: usize = 32;

/// The host's secret with which it seals what its own compiler made.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// The key with these bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    fn mac(&self, digest: &[u8; 32], engine: EngineHash, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(MAGIC);
        mac.update(digest);
        mac.update(&engine.0);
        mac.update(code);
        mac
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(secret)")
    }
}

/// Why an artifact is not loaded. The answer to each is to compile again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// It is not what this host sealed for this component and this engine.
    #[error("the artifact is damaged, of another engine, or not from this host; compile it again")]
    Seal,
    /// wasmtime does not take it.
    #[error("the artifact cannot be loaded: {0:#}; compile it again")]
    Load(#[source] wasmtime::Error),
    /// The component does not fit the contract.
    #[error(transparent)]
    Mismatch(#[from] SandboxError),
}

impl ArtifactError {
    /// The stable name of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Seal => "artifact-seal",
            Self::Load(_) => "artifact-load",
            Self::Mismatch(error) => error.code(),
        }
    }
}

/// Native code of one component for one engine, made by our own compiler and sealed with the host's
/// key, so that it can be kept where others might reach it.
///
/// The seal covers the component's digest and the engine as well: an artifact cannot be passed off as
/// that of another component. It protects against whoever can write the file but not read the key.
#[derive(Clone)]
pub struct Artifact(Vec<u8>);

impl Artifact {
    /// Seals what [`Compiler::compile`](crate::Compiler::compile) made of a component.
    #[must_use]
    pub fn seal(key: &SealKey, digest: &[u8; 32], engine: EngineHash, code: &[u8]) -> Self {
        let seal = key.mac(digest, engine, code).finalize().into_bytes();
        let mut bytes = Vec::with_capacity(MAGIC.len() + SEAL_BYTES + code.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&seal);
        bytes.extend_from_slice(code);
        Self(bytes)
    }

    /// An artifact as it was kept; it is checked when it is loaded.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// What to keep.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What was sealed, if the seal is good.
    fn open(
        &self,
        key: &SealKey,
        digest: &[u8; 32],
        engine: EngineHash,
    ) -> Result<&[u8], ArtifactError> {
        let rest = self.0.strip_prefix(MAGIC).ok_or(ArtifactError::Seal)?;
        let (seal, code) = rest.split_at_checked(SEAL_BYTES).ok_or(ArtifactError::Seal)?;
        key.mac(digest, engine, code).verify_slice(seal).map_err(|_| ArtifactError::Seal)?;
        Ok(code)
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Artifact({} bytes)", self.0.len())
    }
}

impl Sandbox {
    /// Loads and links an artifact of the component with this digest.
    ///
    /// # Errors
    ///
    /// The seal is not ours, or the component does not fit the contract.
    pub fn load(
        &self,
        key: &SealKey,
        digest: &[u8; 32],
        artifact: &Artifact,
    ) -> Result<Prepared, ArtifactError> {
        let sealed = artifact.open(key, digest, self.engine_hash())?;
        let (code, instances) = sealed.split_last_chunk().ok_or(ArtifactError::Seal)?;
        let component = self.deserialize(code).map_err(ArtifactError::Load)?;
        Ok(self.link(&component, u64::from_le_bytes(*instances))?)
    }

    /// The one place that takes native code in.
    #[expect(unsafe_code, reason = "native code can only be trusted, and here it is: see SAFETY")]
    fn deserialize(&self, code: &[u8]) -> wasmtime::Result<Component> {
        // SAFETY: `deserialize` must be given what `precompile_component` made, unchanged. The only
        // caller has just checked, with a key that only this host has, that these bytes are what this
        // host's compiler made with an engine of the same hash.
        unsafe { Component::deserialize(&self.engine, code) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_good_for_one_component_engine_and_code() {
        let (key, digest, engine) = (SealKey::new([1; 32]), [2; 32], EngineHash([3; 32]));
        let artifact = Artifact::seal(&key, &digest, engine, b"code");
        assert_eq!(artifact.open(&key, &digest, engine).ok(), Some(&b"code"[..]));
        assert!(artifact.open(&SealKey::new([9; 32]), &digest, engine).is_err());
        assert!(artifact.open(&key, &[9; 32], engine).is_err());
        assert!(artifact.open(&key, &digest, EngineHash([9; 32])).is_err());
        for at in 0..artifact.0.len() {
            let mut damaged = artifact.clone();
            damaged.0[at] ^= 1;
            assert!(damaged.open(&key, &digest, engine).is_err(), "byte {at}");
            damaged.0.truncate(at);
            assert!(damaged.open(&key, &digest, engine).is_err(), "cut at {at}");
        }
    }
}
