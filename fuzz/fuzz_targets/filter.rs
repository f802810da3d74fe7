#![no_main]

use libfuzzer_sys::fuzz_target;
use scim_connector_fuzz::targets;

fuzz_target!(|text: &str| {
    targets::filter(text);
});
