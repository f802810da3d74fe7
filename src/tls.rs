//! TLS towards others: with the certificates that the machine trusts.

use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, OnceLock};

/// Nothing when TLS cannot be set up.
pub fn client() -> Option<&'static ClientConfig> {
    // Reading the machine's certificates costs milliseconds.
    static CONFIG: OnceLock<Option<ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
        Some(versions.with_root_certificates(roots).with_no_client_auth())
    });
    config.as_ref()
}
