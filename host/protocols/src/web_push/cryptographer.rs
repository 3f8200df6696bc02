//! What `ece` computes with: P-256, HKDF and AES-GCM in Rust, so that nothing has to be linked.

use std::any::Any;
use std::sync::Once;

use aes_gcm::{AeadInPlace as _, Aes128Gcm, KeyInit as _};
use ece::{Cryptographer, EcKeyComponents, Error, LocalKeyPair, RemotePublicKey, Result};
use hkdf::Hkdf;
use p256::ecdh::{SharedSecret, diffie_hellman};
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

use super::subscription::{KEY_BYTES, SubscriptionKey};

/// The length of AES-GCM's proof that nothing was changed (RFC 8188 section 2).
pub(super) const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;

/// Gives `ece` its cryptographer. It panics without one.
pub(super) fn set() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Refused if the program around us has set one before: whose it is makes no difference.
        let _ = ece::crypto::set_cryptographer(&RustCrypto);
    });
}

struct RustCrypto;

/// A key of the other side. It is on the curve: `import_public_key` saw to that.
struct Remote {
    key: PublicKey,
    raw: Vec<u8>,
}

impl RemotePublicKey for Remote {
    fn as_raw(&self) -> Result<Vec<u8>> {
        Ok(self.raw.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A key pair of this side. The public half is taken from whoever computed it: doing it again would
/// cost as much as the rest of a decryption.
struct Local {
    private: SecretKey,
    public: Vec<u8>,
}

impl Local {
    fn new(components: &EcKeyComponents) -> Result<Self> {
        let private =
            SecretKey::from_slice(components.private_key()).map_err(|_| Error::CryptoError)?;
        if components.public_key().len() != KEY_BYTES {
            return Err(Error::InvalidKeyLength);
        }
        Ok(Self { private, public: components.public_key().to_vec() })
    }
}

impl LocalKeyPair for Local {
    fn pub_as_raw(&self) -> Result<Vec<u8>> {
        Ok(self.public.clone())
    }

    fn raw_components(&self) -> Result<EcKeyComponents> {
        Ok(EcKeyComponents::new(self.private.to_bytes().to_vec(), self.public.clone()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Cryptographer for RustCrypto {
    /// Only senders need one; the trait asks for it, and the tests send.
    fn generate_ephemeral_keypair(&self) -> Result<Box<dyn LocalKeyPair>> {
        let mut secret = [0; 32];
        self.random_bytes(&mut secret)?;
        self.import_key_pair(&SubscriptionKey::derive(&secret).components())
    }

    fn import_key_pair(&self, components: &EcKeyComponents) -> Result<Box<dyn LocalKeyPair>> {
        Ok(Box::new(Local::new(components)?))
    }

    /// Takes the uncompressed form only: `ece` copies keys into places of that length, and panics
    /// over others.
    fn import_public_key(&self, raw: &[u8]) -> Result<Box<dyn RemotePublicKey>> {
        if raw.len() != KEY_BYTES {
            return Err(Error::InvalidKeyLength);
        }
        let key = PublicKey::from_sec1_bytes(raw).map_err(|_| Error::CryptoError)?;
        Ok(Box::new(Remote { key, raw: raw.to_vec() }))
    }

    fn compute_ecdh_secret(
        &self,
        remote: &dyn RemotePublicKey,
        local: &dyn LocalKeyPair,
    ) -> Result<Vec<u8>> {
        let remote = remote.as_any().downcast_ref::<Remote>().ok_or(Error::CryptoError)?;
        let local = local.as_any().downcast_ref::<Local>().ok_or(Error::CryptoError)?;
        let secret: SharedSecret =
            diffie_hellman(local.private.to_nonzero_scalar(), remote.key.as_affine());
        Ok(secret.raw_secret_bytes().to_vec())
    }

    fn hkdf_sha256(&self, salt: &[u8], secret: &[u8], info: &[u8], len: usize) -> Result<Vec<u8>> {
        #[cfg(test)]
        if let Some(given) = tests::given(info) {
            return Ok(given);
        }
        let mut bytes = vec![0; len];
        let hkdf = Hkdf::<Sha256>::new(Some(salt), secret);
        hkdf.expand(info, &mut bytes).map_err(|_| Error::CryptoError)?;
        Ok(bytes)
    }

    fn aes_gcm_128_encrypt(&self, key: &[u8], iv: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        let mut sealed = data.to_vec();
        let tag = cipher(key)?
            .encrypt_in_place_detached(nonce(iv)?.into(), b"", &mut sealed)
            .map_err(|_| Error::CryptoError)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    fn aes_gcm_128_decrypt(&self, key: &[u8], iv: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        let (content, tag) = sealed.split_last_chunk::<TAG_BYTES>().ok_or(Error::BlockTooShort)?;
        let mut content = content.to_vec();
        cipher(key)?
            .decrypt_in_place_detached(nonce(iv)?.into(), b"", &mut content, tag.into())
            .map_err(|_| Error::CryptoError)?;
        Ok(content)
    }

    fn random_bytes(&self, dest: &mut [u8]) -> Result<()> {
        getrandom::fill(dest).map_err(|_| Error::CryptoError)
    }
}

fn cipher(key: &[u8]) -> Result<Aes128Gcm> {
    Aes128Gcm::new_from_slice(key).map_err(|_| Error::InvalidKeyLength)
}

fn nonce(iv: &[u8]) -> Result<&[u8; NONCE_BYTES]> {
    iv.try_into().map_err(|_| Error::CryptoError)
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// What a message is encrypted with, in place of what RFC 8291 makes of the two keys.
        static GIVEN: Cell<Option<[u8; 16]>> = const { Cell::new(None) };
    }

    /// Does something with the keying material of RFC 8188's examples, which know no sender's key.
    pub(in super::super) fn with_key<T>(key: [u8; 16], work: impl FnOnce() -> T) -> T {
        GIVEN.set(Some(key));
        let done = work();
        GIVEN.set(None);
        done
    }

    pub(super) fn given(info: &[u8]) -> Option<Vec<u8>> {
        let is_of_the_keys = info.starts_with(b"WebPush: info\0");
        GIVEN.get().filter(|_| is_of_the_keys).map(|key| key.to_vec())
    }

    #[test]
    fn nothing_of_a_wrong_length_is_computed_with() {
        let (key, iv) = ([0; 16], [0; NONCE_BYTES]);
        assert!(RustCrypto.aes_gcm_128_encrypt(&key[1..], &iv, b"").is_err());
        assert!(RustCrypto.aes_gcm_128_encrypt(&key, &iv[1..], b"").is_err());
        assert!(RustCrypto.aes_gcm_128_decrypt(&key, &iv, &[0; TAG_BYTES - 1]).is_err());
        // More than the 255 blocks that HKDF has (RFC 5869 section 2.3).
        assert!(RustCrypto.hkdf_sha256(b"", b"", b"", 255 * 32 + 1).is_err());
        for bytes in [0, 1, 33, 64, 66] {
            assert!(RustCrypto.import_public_key(&vec![4; bytes]).is_err(), "{bytes}");
        }
        let pair = |private: &[u8], public: &[u8]| {
            let components = EcKeyComponents::new(private.to_vec(), public.to_vec());
            RustCrypto.import_key_pair(&components).is_ok()
        };
        assert!(pair(&[1; 32], &[4; KEY_BYTES]));
        assert!(!pair(&[0; 32], &[4; KEY_BYTES]));
        assert!(!pair(&[1; 32], &[4; KEY_BYTES - 1]));
    }

    #[test]
    fn what_was_sealed_opens_and_nothing_else_does() {
        let (key, iv) = ([1; 16], [2; NONCE_BYTES]);
        let sealed = RustCrypto.aes_gcm_128_encrypt(&key, &iv, b"content").expect("it seals");
        let open = |sealed: &[u8]| RustCrypto.aes_gcm_128_decrypt(&key, &iv, sealed).ok();
        assert_eq!(open(&sealed).as_deref(), Some(&b"content"[..]));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&changed), None, "byte {at}");
        }
    }
}
