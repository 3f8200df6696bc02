use std::fmt;
use std::io::{self, Read as _, Write as _};

use bugle_sandbox::SealKey;
use cap_std::fs::{Dir, OpenOptions};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::{Address, ChannelId};

/// The file of the host's secret, in the data folder.
const KEY_FILE: &str = "host.key";

/// The secrets that are derived from the one that the host keeps.
#[derive(Clone)]
pub(crate) struct Keys {
    address: [u8; 32],
    purposes: [u8; 32],
    seal: SealKey,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(secret)")
    }
}

impl Keys {
    /// Reads the host's secret, or makes one that only its owner can read.
    pub(crate) fn open(data: &Dir) -> io::Result<Self> {
        match read(data) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = random()?;
                write(data, &key)?;
                Ok(Self::derive(&key))
            }
            key => Ok(Self::derive(&key?)),
        }
    }

    /// The host's secret, for a backup.
    pub(crate) fn read_secret(data: &Dir) -> io::Result<[u8; 32]> {
        read(data)
    }

    /// Takes over the secret that a backup carried: what is in the store goes with no other.
    pub(crate) fn take_over(data: &Dir, carried: &[u8]) -> io::Result<()> {
        let wrong = |_| io::Error::other("the backup does not carry a secret of 32 bytes");
        write(data, carried.try_into().map_err(wrong)?)
    }

    /// Secrets that last as long as the process.
    pub(crate) fn passing() -> io::Result<Self> {
        Ok(Self::derive(&random()?))
    }

    fn derive(key: &[u8; 32]) -> Self {
        let derived = |purpose: &[u8]| mac(key, &[b"bugle 1", purpose]);
        Self {
            address: derived(b"channel address"),
            purposes: derived(b"purposes"),
            seal: SealKey::new(derived(b"artifact seal")),
        }
    }

    pub(crate) fn seal(&self) -> &SealKey {
        &self.seal
    }

    /// A secret for a purpose.
    pub(crate) fn secret(&self, purpose: &str) -> [u8; 32] {
        mac(&self.purposes, &[purpose.as_bytes()])
    }

    /// Whether two texts are equal, in a time that tells nothing about where they differ.
    pub(crate) fn are_equal(&self, one: &[u8], other: &[u8]) -> bool {
        // Whoever does not know the key cannot choose texts by what their hashes have in common.
        mac(&self.purposes, &[one]) == mac(&self.purposes, &[other])
    }

    /// The address of a channel in one of its generations: the same today and tomorrow.
    pub(crate) fn address(&self, channel: &ChannelId, generation: u32) -> Address {
        let name = channel.to_string();
        Address::new(&mac(&self.address, &[name.as_bytes(), &generation.to_be_bytes()]))
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        // The length first, so that parts cannot run into one another.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

pub(crate) fn random() -> io::Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    Ok(key)
}

fn read(data: &Dir) -> io::Result<[u8; 32]> {
    let mut bytes = Vec::new();
    data.open(KEY_FILE)?.take(33).read_to_end(&mut bytes)?;
    let wrong = |_| io::Error::other("host.key does not have 32 bytes; restore it from a backup");
    bytes.try_into().map_err(wrong)
}

/// Written whole under another name first: a crash leaves no half of a key.
fn write(data: &Dir, key: &[u8; 32]) -> io::Result<()> {
    const DRAFT: &str = "host.key.new";
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use cap_std::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = data.open_with(DRAFT, &options)?;
    file.write_all(key)?;
    file.sync_all()?;
    data.rename(DRAFT, data, KEY_FILE)?;
    // The name has to last as well as the bytes.
    data.open(".")?.sync_all()
}
