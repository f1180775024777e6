//! Workbooks and archives. Start it from real ones: `cargo +nightly fuzz run workbook corpus ../sample-data/inbox`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    wardscore::normalize::fuzzing::file(bytes);
});
