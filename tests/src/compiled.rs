use bugle_sandbox::{Artifact, CompileLimits, Compiler, Prepared, Sandbox, SealKey};

/// A component's native code, which every sandbox of this process can load.
#[derive(Debug, Clone)]
pub struct Compiled(Vec<u8>);

impl Compiled {
    /// Compiles a component that was admitted.
    ///
    /// # Errors
    ///
    /// It cannot be compiled.
    pub fn new(sandbox: &Sandbox, component: &[u8]) -> anyhow::Result<Self> {
        Ok(Self(Compiler::InProcess.compile(sandbox, component, &CompileLimits::default())?))
    }

    /// Loads it into a sandbox.
    ///
    /// # Errors
    ///
    /// It does not fit the contract.
    pub fn load(&self, sandbox: &Sandbox) -> anyhow::Result<Prepared> {
        // Sealed and opened at once: who seals is not what is tested here.
        let (key, digest) = (SealKey::new([1; 32]), [2; 32]);
        let artifact = Artifact::seal(&key, &digest, sandbox.engine_hash(), &self.0);
        Ok(sandbox.load(&key, &digest, &artifact)?)
    }
}
