//! Names of units and headers, as they are compared.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| assert!(wardscore::normalize::fuzzing::name(text)));
