//! Networks of addresses: where a connection may come from, which proxies are believed.

use super::Error;
use ipnet::{IpNet, Ipv4Net};
use serde::Deserialize;
use std::net::IpAddr;
use std::str::FromStr;

/// An address such as `192.0.2.7`, or a network such as `198.51.100.0/24` or `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl Network {
    /// Whether the address is one of this network. An IPv4 address is the same when it is written in IPv6.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim();
        let network = trimmed.parse::<IpNet>().ok().or_else(|| trimmed.parse::<IpAddr>().ok().map(IpNet::from));
        let network = network.ok_or_else(|| Error::NotANetwork { text: text.to_owned() })?;
        Ok(Self(canonical(network.trunc())))
    }
}

/// `::ffff:192.0.2.0/120` is `192.0.2.0/24`.
fn canonical(network: IpNet) -> IpNet {
    let mapped = match (network.addr().to_canonical(), network.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(length)) if network.addr().is_ipv6() => Ipv4Net::new(address, length).ok(),
        _ => None,
    };
    mapped.map_or(network, IpNet::V4)
}

impl TryFrom<String> for Network {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}
