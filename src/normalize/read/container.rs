//! Which container a file is, told by its content, and whether it may be opened.
//!
//! An archive is looked into before a workbook reader sees it: that reader trusts the sizes that a file declares.

use std::io::Cursor;

use zip::ZipArchive;

use super::Refusal;
use crate::model::Code;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Ods,
    Xls,
    Text,
}

/// Most bytes that the parts of a workbook may unpack to.
const UNPACKED_MAX: u64 = 200 << 20;
/// Most that a part may grow by unpacking; forms grow about tenfold.
const RATIO_MAX: u64 = 200;
/// Parts smaller than this are never a bomb.
const SMALL: u64 = 4 << 20;

/// Tells the container, or why the file may not be opened.
pub(super) fn tell(bytes: &[u8]) -> Result<Kind, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::new(Code::FileUnreadable, "0 bytes"));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return archive(bytes);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        // An encrypted workbook is an OLE file that holds a package.
        let holds = |name: &str| {
            let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            bytes.windows(wide.len()).any(|w| w == wide)
        };
        if holds("EncryptedPackage") {
            return Err(Refusal::new(Code::FileUnreadable, "encrypted workbook"));
        }
        if holds("_VBA_PROJECT") {
            return Err(Refusal::new(Code::FileUnsafe, "macros"));
        }
        return Ok(Kind::Xls);
    }
    if bytes.starts_with(b"%PDF") {
        return Err(Refusal::new(Code::FileUnreadable, "PDF"));
    }
    Ok(Kind::Text)
}

fn archive(bytes: &[u8]) -> Result<Kind, Refusal> {
    let broken = |e: zip::result::ZipError| Refusal::new(Code::FileUnreadable, format!("broken archive ({e})"));
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let mut kind = None;
    let mut unpacked = 0u64;
    for at in 0..archive.len() {
        let part = archive.by_index_raw(at).map_err(broken)?;
        let name = part.name().map_err(broken)?.into_owned();
        let (size, packed) = (part.size(), part.compressed_size().max(1));
        if part.encrypted() {
            return Err(Refusal::new(Code::FileUnreadable, "encrypted archive"));
        }
        unpacked = unpacked.saturating_add(size);
        if unpacked > UNPACKED_MAX || (size > SMALL && size / packed > RATIO_MAX) {
            return Err(Refusal::new(Code::FileUnsafe, format!("{name}: {size} bytes unpacked from {packed}")));
        }
        let lower = name.to_ascii_lowercase();
        if lower.ends_with("vbaproject.bin") || lower.starts_with("basic/") {
            return Err(Refusal::new(Code::FileUnsafe, "macros"));
        }
        if lower.contains("externallinks/") {
            return Err(Refusal::new(Code::FileUnsafe, "external links"));
        }
        match lower.as_str() {
            "xl/workbook.xml" => kind = Some(Kind::Xlsx),
            "content.xml" => kind = kind.or(Some(Kind::Ods)),
            _ => {}
        }
    }
    kind.ok_or_else(|| Refusal::new(Code::FileUnreadable, "an archive that is no workbook"))
}
