//! Received bytes, kept unaltered under their own SHA-256; but for those that hold persons.

use std::collections::BTreeSet;
use std::path::PathBuf;

use fs_err as fs;
use sha2::{Digest, Sha256};

use super::{Result, Store, file};

/// SHA-256 of bytes as 64 hex digits. Its first 16 are the submission id.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The submission id of a digest: its first 16 hex digits.
pub fn submission_id(sha256: &str) -> &str {
    sha256.get(..16).unwrap_or(sha256)
}

impl Store {
    /// Path under which bytes with this digest are kept.
    pub fn raw_path(&self, sha256: &str) -> PathBuf {
        self.root.join("raw").join(sha256.get(..2).unwrap_or("__")).join(sha256)
    }

    /// Keeps bytes under their digest and returns it. Bytes that are there already are not written again, and those that
    /// are known to hold persons ([`Store::restricted`]) are not kept. They are safe from a loss of power only after
    /// [`Store::sync`].
    pub fn keep_raw(&self, bytes: &[u8], restricted: &BTreeSet<String>) -> Result<String> {
        let digest = sha256(bytes);
        if restricted.contains(&digest) {
            return Ok(digest);
        }
        let path = self.raw_path(&digest);
        if fs::metadata(&path).map(|m| m.len()).ok() != Some(bytes.len() as u64) {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let draft = file::draft_of(&path);
            fs::write(&draft, bytes)?;
            fs::rename(&draft, &path)?;
        }
        Ok(digest)
    }

    /// Returns when all that was written to the store is on disk: one barrier for many files, where a barrier for each
    /// would cost more than reading them all.
    pub fn sync(&self) -> Result<()> {
        let root: std::fs::File = fs::File::open(&self.root)?.into();
        rustix::fs::syncfs(&root).map_err(std::io::Error::from)?;
        Ok(())
    }

    /// Whether bytes with this digest are kept.
    pub fn keeps_raw(&self, sha256: &str) -> bool {
        self.raw_path(sha256).is_file()
    }

    /// Reads kept bytes.
    pub fn read_raw(&self, sha256: &str) -> Result<Vec<u8>> {
        Ok(fs::read(self.raw_path(sha256))?)
    }
}
