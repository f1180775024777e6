//! Text files: encodings, delimiters, quoted fields.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Bytes that begin as another kind of file are the other target's.
    if !bytes.starts_with(b"PK") && !bytes.starts_with(&[0xD0, 0xCF]) {
        wardscore::normalize::fuzzing::file(bytes);
    }
});
