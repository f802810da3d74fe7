//! Where keys may be fetched: an administrator of one account must not be able to make the server look around in its own
//! network.

use hyper::Uri;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressError {
    NotAUrl,
    NotHttps,
    Private,
}

impl AddressError {
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NotAUrl => {
                "The address of the keys must be a URL such as https://login.example.com/keys, without a user name."
            }
            Self::NotHttps => "The address of the keys must begin with https://.",
            Self::Private => {
                "The address of the keys must be public. The operator of the server can allow others with the setting \
                 oauth.allow_private_issuers."
            }
        }
    }
}

/// Reads an address. Names are looked up only when it is fetched, and judged again then.
pub fn check_address(text: &str, allow_private: bool) -> Result<Uri, AddressError> {
    let uri: Uri = text.parse().map_err(|_| AddressError::NotAUrl)?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(AddressError::NotAUrl)?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(AddressError::NotAUrl);
    }
    let literal: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let is_loopback = host.eq_ignore_ascii_case("localhost") || literal.is_some_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => {}
        // For an issuer on the same machine, in tests.
        Some("http") if is_loopback && allow_private => {}
        _ => return Err(AddressError::NotHttps),
    }
    if !allow_private && (is_loopback || literal.is_some_and(|address| !is_public(address))) {
        return Err(AddressError::Private);
    }
    Ok(uri)
}

/// Whether an address belongs to the public internet (the registries of RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        // Shared by carriers (RFC 6598), for benchmarks (RFC 2544), for protocols (RFC 6890), multicast and reserved.
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || a >= 224;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, _, _, _, _, g, h] = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(address) = address.to_ipv4_mapped() {
        return is_public_v4(address);
    }
    match (a, b) {
        // Translated addresses (RFC 6052) and tunnels (RFC 3056) lead to an IPv4 address.
        (0x64, 0xff9b) => inner(g, h),
        (0x2002, high) => inner(high, address.segments()[2]),
        // Documentation and Teredo.
        (0x2001, 0xdb8 | 0) => false,
        // Only 2000::/3 is given out to the public.
        _ => (a & 0xe000) == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_fetched() {
        for private in [
            "http://login.example.com/keys",
            "https://127.0.0.1/keys",
            "https://localhost/keys",
            "https://10.1.2.3/keys",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/keys",
            "https://[fd00::1]/keys",
            "https://[::ffff:192.168.1.1]/keys",
            "https://[64:ff9b::a00:1]/keys",
            "https://100.64.0.1/keys",
            "https://0.0.0.0/keys",
            "https://ada@login.example.com/keys",
            "ftp://login.example.com/keys",
            "login.example.com",
            "",
        ] {
            assert!(check_address(private, false).is_err(), "{private}");
        }
        for public in ["https://login.example.com/keys", "https://20.190.160.1/keys", "https://[2603:1006::1]/keys"] {
            assert!(check_address(public, false).is_ok(), "{public}");
        }
        assert!(check_address("http://127.0.0.1:81/keys", true).is_ok());
        assert!(
            check_address("http://10.0.0.1/keys", true).is_err(),
            "only the machine itself is spoken to without TLS"
        );
    }
}
