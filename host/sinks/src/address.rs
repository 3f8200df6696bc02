//! Which addresses are of the internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Gives the addresses of a name that anybody may connect to, and of others none. What it gives is what is
/// connected to, so that a name cannot mean another address a moment later.
#[derive(Debug)]
pub(crate) struct Public {
    pub(crate) any: DefaultResolver,
    /// Private addresses are given too.
    pub(crate) allows_private: bool,
}

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
#[error(
    "it is at a private address ({0}), where webhooks go only if the operator allows it \
     (`--webhook-private`)"
)]
struct PrivateAddress(IpAddr);

impl Resolver for Public {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.any.resolve(uri, config, timeout)?;
        if self.allows_private {
            return Ok(found);
        }
        let mut public = self.empty();
        let is_public = |address: &&SocketAddr| is_public(address.ip());
        found.iter().filter(is_public).for_each(|address| public.push(*address));
        match found.first() {
            Some(first) if public.is_empty() => {
                Err(ureq::Error::Other(Box::new(PrivateAddress(first.ip()))))
            }
            _ => Ok(public),
        }
    }
}

/// Whether an address is of the internet, by the registries of special addresses (RFC 6890, section 2.2).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) => is_public_6(address),
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        // "This network", and what is reserved; the last of it is broadcast.
        || a == 0
        || a >= 240
        // Shared by the customers of a provider.
        || (a == 100 && b & 0xc0 == 64)
        // Of protocols, and for measuring networks.
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18);
    !is_special
}

fn is_public_6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Those in which an address of IPv4 is: mapped (`::ffff:0:0/96`), translated (`64:ff9b::/96`), and 6to4.
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_4(inner);
    }
    let [.., a, b, c, d] = address.octets();
    if (first, second) == (0x64, 0xff9b) && address.segments()[2..6] == [0; 4] {
        return is_public_4(Ipv4Addr::new(a, b, c, d));
    }
    if first == 0x2002 {
        let third = address.segments()[2];
        let [[a, b], [c, d]] = [second.to_be_bytes(), third.to_be_bytes()];
        return is_public_4(Ipv4Addr::new(a, b, c, d));
    }
    // All others that are public begin so; documentation and what is for protocols do too.
    let is_special = (first == 0x2001 && (second < 0x200 || second == 0xdb8)) || first == 0x3fff;
    first & 0xe000 == 0x2000 && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_internet_are_public() -> Result<(), std::net::AddrParseError> {
        for public in ["1.1.1.1", "100.128.0.1", "192.0.1.1", "198.20.0.1", "2606:4700::1111"] {
            assert!(is_public(public.parse()?), "{public}");
        }
        for mapped in ["::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:101:101::1"] {
            assert!(is_public(mapped.parse()?), "{mapped}");
        }
        for special in [
            "0.0.0.0",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.19.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001:10::1",
            "3fff::1",
            "::ffff:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "2002:7f00:1::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!is_public(special.parse()?), "{special}");
        }
        for private in [[10, 0, 0, 1], [172, 31, 0, 1], [192, 168, 0, 1]] {
            assert!(!is_public(IpAddr::from(private)), "{private:?}");
        }
        Ok(())
    }
}
