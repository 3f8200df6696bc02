use std::io::{self, Write as _};

use bugle_sandbox::{Artifact, EngineHash};
use bugle_store::Digest;
use cap_std::fs::{Dir, DirBuilder, OpenOptions};

/// Compiled components, in a folder that only the host's user can write, one file a component.
///
/// What it holds can be lost at any time: everything in it can be made again. What is read from it is
/// trusted only after its seal was checked, so damage and forgery both end in compiling again.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: Dir,
}

impl Cache {
    /// Opens the cache of one engine within a folder, and drops those of other engines.
    pub(crate) fn open(parent: &Dir, engine: EngineHash) -> io::Result<Self> {
        make_private(parent, "cache")?;
        let cache = parent.open_dir("cache")?;
        let name = format!("{engine}");
        make_private(&cache, &name)?;
        for entry in cache.entries()? {
            let entry = entry?;
            if entry.file_name() != name.as_str() && entry.file_type()?.is_dir() {
                cache.remove_dir_all(entry.file_name())?;
            }
        }
        Ok(Self { folder: cache.open_dir(&name)? })
    }

    /// The artifact of a component, if there is one; not checked yet.
    pub(crate) fn get(&self, component: Digest) -> Option<Artifact> {
        self.folder.read(file_name(component)).ok().map(Artifact::from_bytes)
    }

    /// Keeps an artifact. Two processes may write the same: each writes a draft of its own and
    /// renames it.
    pub(crate) fn put(&self, component: Digest, artifact: &Artifact) -> io::Result<()> {
        let draft = format!("{component}.{}", std::process::id());
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use cap_std::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        self.folder.open_with(&draft, &options)?.write_all(artifact.as_bytes())?;
        self.folder.rename(&draft, &self.folder, file_name(component))
    }

    /// Forgets a component. It is compiled again should another app still have it.
    pub(crate) fn remove(&self, component: Digest) {
        // Not there is as good as gone.
        let _ = self.folder.remove_file(file_name(component));
    }
}

fn file_name(component: Digest) -> String {
    format!("{component}.bugle")
}

/// Makes a folder that its owner alone can read, unless it is there.
pub(crate) fn make_private(parent: &Dir, name: &str) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "modes are of Unix"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use cap_std::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    match parent.create_dir_with(name, &builder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}
