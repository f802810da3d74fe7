//! Whose word for the address of a client is believed.

use crate::config::{AddressHeader, Server};
use crate::domain::Network;
use std::net::{IpAddr, SocketAddr};

#[derive(Debug)]
pub struct Proxies {
    trusted: Vec<Network>,
    header: AddressHeader,
}

impl Proxies {
    pub fn new(server: &Server) -> Self {
        Self { trusted: server.trusted_proxies.clone(), header: server.client_address_header }
    }

    /// The name of the header that counts.
    pub fn header(&self) -> &'static str {
        match self.header {
            AddressHeader::XForwardedFor => "x-forwarded-for",
            AddressHeader::Forwarded => "forwarded",
        }
    }

    /// The address of the client: each proxy has added whom it saw at the right, so the right-most that is no proxy of
    /// ours is the last that somebody trusted has seen. What stands left of it, anybody can have written.
    pub fn client<'h>(&self, peer: IpAddr, lines: impl DoubleEndedIterator<Item = &'h str>) -> IpAddr {
        let mut seen = peer.to_canonical();
        for hop in lines.rev().flat_map(|line| line.rsplit(',')) {
            if !self.trusted.iter().any(|network| network.contains(seen)) {
                break;
            }
            let address = match self.header {
                AddressHeader::XForwardedFor => address(hop),
                AddressHeader::Forwarded => forwarded_for(hop).and_then(address),
            };
            // A proxy that hides whom it saw is itself the last that is known.
            let Some(address) = address else { break };
            seen = address.to_canonical();
        }
        seen
    }
}

/// RFC 7239 §4: `for=192.0.2.60;proto=http;by=203.0.113.43`.
fn forwarded_for(element: &str) -> Option<&str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for")).map(|(_, value)| value.trim().trim_matches('"'))
}

/// An address with or without brackets and port (RFC 7239 §6).
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}
