#![no_main]

use libfuzzer_sys::fuzz_target;
use scim_connector_fuzz::targets;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(body) = serde_json::from_slice(bytes) {
        targets::bulk(&body);
    }
});
