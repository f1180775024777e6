//! What a file is, told by its first bytes; names and extensions say nothing.

use memchr::memmem;

use super::Refusal;

/// What a file begins like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A zip archive: a workbook in parts, or an archive of files.
    Zip,
    /// A compound file with a workbook in it.
    Xls,
    /// Anything that may be text.
    Text,
}

/// First bytes of kinds that are not read.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"%PDF", "PDF"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7Z"),
    (b"\x1f\x8b", "GZIP"),
    (b"BZh", "BZIP2"),
    (b"\xfd7zXZ\0", "XZ"),
    (b"\x28\xb5\x2f\xfd", "ZSTD"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"{\\rtf", "RTF"),
    (b"MZ\x90", "EXE"),
    (b"\x7fELF", "ELF"),
    (b"SQLite format 3", "SQLite"),
    (b"PAR1", "Parquet"),
];

/// Tells what a file is, or why it is not read.
pub(super) fn tell(bytes: &[u8]) -> Result<Kind, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Zip);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return compound(bytes);
    }
    if let Some((_, name)) = FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(Refusal::Foreign(name));
    }
    match markup(bytes) {
        Some(name) => Err(Refusal::OtherWorkbook(name)),
        None => Ok(Kind::Text),
    }
}

/// A compound file by the names of its streams, which stand in it as UTF-16.
fn compound(bytes: &[u8]) -> Result<Kind, Refusal> {
    let holds = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(bytes, &wide).is_some()
    };
    // An encrypted workbook is a compound file that holds a package.
    if holds("EncryptedPackage") {
        return Err(Refusal::Encrypted);
    }
    if holds("_VBA_PROJECT") {
        return Err(Refusal::Macros("_VBA_PROJECT".to_owned()));
    }
    if holds("WordDocument") {
        return Err(Refusal::Foreign("DOC"));
    }
    if holds("PowerPoint Document") {
        return Err(Refusal::Foreign("PPT"));
    }
    Ok(Kind::Xls)
}

/// Pages and XML that bear the name of a workbook: some programs export tables so.
fn markup(bytes: &[u8]) -> Option<&'static str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head: String =
        bytes.iter().take(2_000).filter(|b| **b != 0).map(|b| char::from(b.to_ascii_lowercase())).collect();
    let head = head.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{ff}' || c == '\u{fe}');
    if head.starts_with("mime-version:") {
        return Some("MHTML");
    }
    if !head.starts_with('<') {
        return None;
    }
    let page = ["<html", "<!doctype html", "<table", "<head", "<meta", "<body"];
    if page.iter().any(|tag| head.contains(tag)) {
        return Some("HTML");
    }
    head.starts_with("<?xml").then_some("XML")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_it_begins_like() {
        for (bytes, want) in [
            (&b"PK\x03\x04rest"[..], Ok(Kind::Zip)),
            (b"STT;T\xean", Ok(Kind::Text)),
            (b"", Err(Refusal::Empty)),
            (b"%PDF-1.7", Err(Refusal::Foreign("PDF"))),
            (b"Rar!\x1a\x07\x01\0", Err(Refusal::Foreign("RAR"))),
            (b"\r\n <HTML xmlns:x='urn'><table>", Err(Refusal::OtherWorkbook("HTML"))),
            (b"<table><tr><td>1", Err(Refusal::OtherWorkbook("HTML"))),
            (b"<?xml version='1.0'?><Workbook/>", Err(Refusal::OtherWorkbook("XML"))),
            (b"<5;6", Ok(Kind::Text)),
        ] {
            assert_eq!(tell(bytes), want, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
