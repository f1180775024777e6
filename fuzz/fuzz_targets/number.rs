//! Values of cells.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| wardscore::normalize::fuzzing::number(text));
