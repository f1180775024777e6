//! What received files were read as, kept so that they are not read again: one pack of entries for each territory.
//!
//! In: entries as bytes under their keys, and `from`, which names all that every reading follows from. Out: the same
//! entries, as long as `from` is the same and the pack is whole. A pack is worth nothing but time: one that is missing,
//! damaged or from another program is none, and its files are read anew.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use fs_err as fs;

use super::{Result, Store, file, raw};

/// Length of the digest at the head of a pack.
const DIGEST: usize = 64;

/// What stands at the head of a pack, behind its digest: the entries follow in this order.
#[derive(serde::Serialize, serde::Deserialize)]
struct Head<'a> {
    from: &'a str,
    /// Keys, each with the length of its entry.
    entries: Vec<(&'a str, usize)>,
}

/// The entries of a territory.
#[derive(Debug, Default)]
pub struct Readings {
    bytes: Vec<u8>,
    at: BTreeMap<String, Range<usize>>,
}

impl Readings {
    /// The entry under a key.
    pub fn get(&self, key: &str) -> Option<&[u8]> {
        self.bytes.get(self.at.get(key)?.clone())
    }

    /// Whether these are the keys of all entries.
    pub fn are<'k>(&self, keys: impl Iterator<Item = &'k str>) -> bool {
        let keys: BTreeSet<&str> = keys.collect();
        keys.iter().copied().eq(self.at.keys().map(String::as_str))
    }

    /// The entries of a whole pack; `None` for one that is damaged or follows from something else.
    fn of(bytes: Vec<u8>, from: &str) -> Option<Self> {
        let (digest, rest) = bytes.split_at_checked(DIGEST)?;
        if digest != raw::sha256(rest).as_bytes() {
            return None;
        }
        let (head, entries) = postcard::take_from_bytes::<Head<'_>>(rest).ok()?;
        let mut start = bytes.len() - entries.len();
        let mut at = BTreeMap::new();
        for (key, length) in &head.entries {
            let end = start.checked_add(*length).filter(|end| *end <= bytes.len())?;
            at.insert((*key).to_owned(), start..end);
            start = end;
        }
        (head.from == from).then_some(Self { bytes, at })
    }
}

impl Store {
    /// The entries that stand for a territory.
    pub fn readings(&self, territory: &str, from: &str) -> Readings {
        let pack = std::fs::read(self.pack(territory)).ok();
        pack.and_then(|bytes| Readings::of(bytes, from)).unwrap_or_default()
    }

    /// Puts a pack in place of the one that stood. It is safe from a loss of power only after [`Store::sync`].
    pub fn keep_readings(&self, territory: &str, from: &str, entries: &BTreeMap<&str, &[u8]>) -> Result<()> {
        let head = Head { from, entries: entries.iter().map(|(key, entry)| (*key, entry.len())).collect() };
        // What cannot be told is not kept.
        let Ok(mut rest) = postcard::to_stdvec(&head) else { return Ok(()) };
        rest.reserve_exact(entries.values().map(|entry| entry.len()).sum());
        for entry in entries.values() {
            rest.extend_from_slice(entry);
        }
        fs::create_dir_all(self.packs())?;
        let path = self.pack(territory);
        let draft = file::draft_of(&path);
        fs::write(&draft, [raw::sha256(&rest).as_bytes(), &rest].concat())?;
        fs::rename(&draft, &path)?;
        Ok(())
    }

    /// Removes whatever is the pack of none of these territories.
    pub fn sweep_readings<'t>(&self, territories: impl Iterator<Item = &'t str>) -> Result<()> {
        let kept: BTreeSet<PathBuf> = territories.map(|territory| self.pack(territory)).collect();
        if self.packs().is_dir() {
            for path in file::all_below(&self.packs())?.into_iter().filter(|path| !kept.contains(path)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn packs(&self) -> PathBuf {
        self.root.join("readings")
    }

    fn pack(&self, territory: &str) -> PathBuf {
        self.packs().join(if territory.is_empty() { "all" } else { territory })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_comes_back_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let entries = BTreeMap::from([("a", b"one".as_slice()), ("b", b""), ("c", b"three")]);
        store.keep_readings("", "plan", &entries).unwrap();
        let back = store.readings("", "plan");
        assert_eq!(
            entries.keys().map(|key| back.get(key)).collect::<Vec<_>>(),
            [Some(b"one".as_slice()), Some(b""), Some(b"three")]
        );
        assert!(back.are(["c", "a", "b"].into_iter()) && !back.are(["a", "b"].into_iter()));
        assert!(back.get("d").is_none());
        assert!(store.readings("", "another plan").at.is_empty());
        assert!(store.readings("46", "plan").at.is_empty());
        let path = folder.path().join("readings/all");
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 4;
            std::fs::write(&path, damaged).unwrap();
            assert!(store.readings("", "plan").at.is_empty(), "byte {at}");
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(store.readings("", "plan").at.is_empty(), "cut at {at}");
        }
        store.sweep_readings(["46"].into_iter()).unwrap();
        assert!(!path.exists());
    }
}
