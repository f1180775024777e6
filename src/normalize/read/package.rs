//! A zip archive, looked into before anything in it is read: which kind it is, whether it may be opened, and its parts
//! unpacked under a cap. What an archive declares about sizes is never believed.

use std::io::{Cursor, Read};

use zip::{DateTime, ZipArchive};

use super::{Refusal, limits};

/// What a zip archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Ods,
    /// An archive of files.
    Archive,
}

/// One entry of the directory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    /// The name's bytes as they stand.
    pub(super) raw: Vec<u8>,
    pub(super) encrypted: bool,
    pub(super) folder: bool,
    /// When it was last changed, as the archive has it.
    pub(super) modified: Option<DateTime>,
    size: u64,
    packed: u64,
}

/// An opened archive.
pub(super) struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    pub(super) entries: Vec<Entry>,
    /// Bytes that may still be unpacked.
    left: u64,
}

impl<'a> Package<'a> {
    /// Reads the directory of an archive.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        if zip.has_duplicate_names() {
            return Err(Refusal::Crafted("zip".to_owned()));
        }
        if zip.len() > limits::PARTS {
            return Err(Refusal::TooWide(super::refusal::Excess::Members));
        }
        let mut entries = Vec::with_capacity(zip.len());
        for at in 0..zip.len() {
            let entry = zip.by_index_data(at).map_err(damaged)?;
            let raw = entry.name_raw().to_vec();
            let name =
                entry.name().map_or_else(|_| String::from_utf8_lossy(&raw).into_owned(), std::borrow::Cow::into_owned);
            entries.push(Entry {
                encrypted: entry.encrypted(),
                folder: entry.is_dir(),
                modified: entry.last_modified(),
                size: entry.size(),
                packed: entry.compressed_size(),
                name,
                raw,
            });
        }
        Ok(Self { zip, entries, left: limits::UNPACKED })
    }

    /// Bytes that it says it unpacks to.
    pub(super) fn declared(&self) -> u64 {
        self.entries.iter().fold(0, |sum, e| e.size.saturating_add(sum))
    }

    /// Which kind it is; for a workbook also whether it may be opened.
    pub(super) fn kind(&mut self) -> Result<Kind, Refusal> {
        let place = |name: &str| self.entries.iter().position(|e| e.name.eq_ignore_ascii_case(name));
        for (part, what) in [("word/document.xml", "DOCX"), ("ppt/presentation.xml", "PPTX")] {
            if place(part).is_some() {
                return Err(Refusal::Foreign(what));
            }
        }
        if place("xl/workbook.bin").is_some() {
            return Err(Refusal::OtherWorkbook("XLSB"));
        }
        let kind = if place("xl/workbook.xml").is_some() {
            Kind::Xlsx
        } else if place("content.xml").is_some() {
            let mimetype = place("mimetype").map(|at| self.unpack(at)).transpose()?.unwrap_or_default();
            let of = |kind: &[u8]| mimetype.starts_with(&[b"application/vnd.oasis.opendocument.", kind].concat());
            if of(b"text") {
                return Err(Refusal::Foreign("ODT"));
            }
            if of(b"presentation") {
                return Err(Refusal::Foreign("ODP"));
            }
            Kind::Ods
        } else {
            return Ok(Kind::Archive);
        };
        self.harmless()?;
        Ok(kind)
    }

    /// Refuses a workbook with macros or links, or whose parts are declared larger than any form's.
    fn harmless(&self) -> Result<(), Refusal> {
        let mut unpacked = 0u64;
        for entry in &self.entries {
            if entry.encrypted {
                return Err(Refusal::Encrypted);
            }
            unpacked = unpacked.saturating_add(entry.size);
            if unpacked > limits::UNPACKED || entry.bursts() {
                return Err(Refusal::Bomb(entry.name.clone()));
            }
            let lower = entry.name.to_ascii_lowercase();
            let macros = ["basic/", "scripts/", "xl/macrosheets/"];
            if lower.ends_with("vbaproject.bin") || macros.iter().any(|m| lower.starts_with(m)) {
                return Err(Refusal::Macros(entry.name.clone()));
            }
            if lower.contains("externallinks/") {
                return Err(Refusal::ExternalLinks(entry.name.clone()));
            }
        }
        Ok(())
    }

    /// Unpacks one entry, under the cap whatever the directory says about its size.
    pub(super) fn unpack(&mut self, at: usize) -> Result<Vec<u8>, Refusal> {
        let Some(entry) = self.entries.get(at) else { return Err(Refusal::Damaged) };
        if entry.encrypted {
            return Err(Refusal::Encrypted);
        }
        let bomb = || Refusal::Bomb(entry.name.clone());
        if entry.size > self.left || entry.bursts() {
            return Err(bomb());
        }
        let mut bytes = Vec::with_capacity(entry.size as usize);
        let part = self.zip.by_index(at).map_err(damaged)?;
        part.take(self.left + 1).read_to_end(&mut bytes).map_err(damaged)?;
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(bomb)?;
        Ok(bytes)
    }
}

impl Entry {
    /// True where the entry grows by unpacking as only a bomb does.
    fn bursts(&self) -> bool {
        self.size > limits::SMALL && self.size / self.packed.max(1) > limits::RATIO
    }
}

/// A damaged file; what the reader said goes to the log.
pub(super) fn damaged(error: impl std::fmt::Display) -> Refusal {
    tracing::debug!(stage = "normalize", %error, "a file could not be read");
    Refusal::Damaged
}
