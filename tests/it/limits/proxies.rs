//! The address of a client behind proxies.

use super::from;
use crate::support::{Database, Server, send};
use scim_connector::config::{AddressHeader, Config};
use scim_connector::domain::Network;

/// A connection that nobody may use tells in its refusal whom the server saw.
async fn server(settings: impl FnOnce(&mut Config)) -> Server {
    let server = Server::start_with(Database::Sqlite, settings).await;
    server.configure(|connection| connection.settings.allowed_addresses = vec!["203.0.113.255".to_owned()]).await;
    server
}

fn networks(texts: &[&str]) -> Vec<Network> {
    texts.iter().map(|text| text.parse().expect("a network")).collect()
}

async fn seen(server: &Server, name: &str, lines: &[&str]) -> String {
    let request = server.client.get(format!("{}/Users", server.base_url)).bearer_auth(&server.token);
    let reply = send(lines.iter().fold(request, |request, line| request.header(name, *line))).await.expect(403);
    let detail = reply.body["detail"].as_str().unwrap_or_default();
    let address = detail.split("from the address ").nth(1).and_then(|rest| rest.split(". ").next());
    address.unwrap_or_else(|| panic!("no address in {detail}")).to_owned()
}

/// Without a trusted proxy nobody's word counts, whatever he says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_is_not_believed() {
    let server = server(|_| ()).await;
    for name in
        ["x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "cf-connecting-ip"]
    {
        assert_eq!(seen(&server, name, &["203.0.113.255"]).await, "127.0.0.1", "{name}");
    }
    from(&server, "203.0.113.255", &server.token).await.expect(403);
}

/// The right-most address that is no proxy of ours; what the client wrote itself stands left of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_that_somebody_trusted_saw_counts() {
    let server =
        server(|config| config.server.trusted_proxies = networks(&["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"])).await;
    for (lines, expected) in [
        (&["192.0.2.1"][..], "192.0.2.1"),
        (&["203.0.113.255, 192.0.2.1"], "192.0.2.1"),
        (&["203.0.113.255, 192.0.2.1, 10.1.2.3"], "192.0.2.1"),
        (&["203.0.113.255", "192.0.2.1 , 10.1.2.3", "10.9.9.9"], "192.0.2.1"),
        (&["192.0.2.1:4711"], "192.0.2.1"),
        (&["[2001:db8::1]:443"], "2001:db8::1"),
        (&["2001:db8::1, fd00::1"], "2001:db8::1"),
        (&["::ffff:192.0.2.1"], "192.0.2.1"),
        (&["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
        (&["203.0.113.255, unknown"], "127.0.0.1"),
        (&["203.0.113.255, nonsense, 10.0.0.1"], "10.0.0.1"),
        (&["203.0.113.255,"], "127.0.0.1"),
        (&[""], "127.0.0.1"),
        (&[], "127.0.0.1"),
    ] {
        assert_eq!(seen(&server, "x-forwarded-for", lines).await, expected, "{lines:?}");
    }
    assert_eq!(seen(&server, "forwarded", &["for=203.0.113.255"]).await, "127.0.0.1", "one header is believed");
    from(&server, "192.0.2.1, 203.0.113.255", &server.token).await.expect(200);
}

/// RFC 7239, when the proxy speaks it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_forwarded_header_is_read() {
    let server = server(|config| {
        config.server.trusted_proxies = networks(&["127.0.0.1"]);
        config.server.client_address_header = AddressHeader::Forwarded;
    })
    .await;
    for (line, expected) in [
        ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
        ("proto=https; For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
        ("for=203.0.113.255, for=192.0.2.1", "192.0.2.1"),
        ("for=_hidden", "127.0.0.1"),
        ("by=192.0.2.1", "127.0.0.1"),
    ] {
        assert_eq!(seen(&server, "forwarded", &[line]).await, expected, "{line}");
    }
    assert_eq!(seen(&server, "x-forwarded-for", &["203.0.113.255"]).await, "127.0.0.1");
}

/// Addresses in answers are those of the configuration, whatever a request says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locations_never_come_from_a_header() {
    let server =
        Server::start_with(Database::Sqlite, |config| config.server.trusted_proxies = networks(&["127.0.0.1"])).await;
    let request = server.client.get(format!("{}/ServiceProviderConfig", server.base_url)).bearer_auth(&server.token);
    let request = request.header("host", "evil.example").header("x-forwarded-host", "evil.example");
    let reply = send(request.header("x-forwarded-proto", "https").header("forwarded", "host=evil.example")).await;
    assert!(!reply.expect(200).body.to_string().contains("evil"));
}
