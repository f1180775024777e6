//! A whole store in one file, and back: `tar` compressed with zstd, as `tar --zstd` reads it.
//!
//! In: a store in which nobody works. The ledger is copied by SQLite itself; what releases share is kept once. Out: a file
//! that is there whole or not at all; on the way back a store that is there whole or not at all.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use tar::{Builder, EntryType, Header};

use super::{Result, Store, StoreError, file};

/// Level of compression: most bytes are compressed already.
const LEVEL: i32 = 3;
const LEDGER: &str = "ledger.sqlite";
/// Names at the root of a store that are no part of it.
const LEFT_OUT: [&str; 4] = ["lock", LEDGER, "ledger.sqlite-wal", "ledger.sqlite-shm"];

/// What a backup holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BackedUp {
    /// Files.
    pub files: usize,
    /// Bytes, what is shared counted once.
    pub bytes: u64,
}

impl Store {
    /// Writes everything to a file; the caller holds the lock.
    pub fn back_up(&self, to: &Path) -> Result<BackedUp> {
        let draft = file::draft_of(to);
        let done = self.write_backup(&draft);
        if done.is_err() {
            let _ = std::fs::remove_file(&draft);
        }
        let done = done?;
        fs::rename(&draft, to)?;
        Ok(done)
    }

    fn write_backup(&self, draft: &Path) -> Result<BackedUp> {
        let mut done = BackedUp::default();
        let out = fs::File::create(draft)?;
        let mut encoder = zstd::Encoder::new(out, LEVEL)?;
        encoder.include_checksum(true)?;
        let mut archive = Builder::new(encoder);
        archive.follow_symlinks(false);
        let copy = file::draft_of(&self.root.join(LEDGER));
        let copied = self.ledger()?.copy(&copy).and_then(|()| Ok(archive.append_path_with_name(&copy, LEDGER)?));
        let _ = std::fs::remove_file(&copy);
        copied?;
        done.files += 1;
        let mut shared: HashMap<(u64, u64), PathBuf> = HashMap::new();
        let mut open = vec![PathBuf::new()];
        while let Some(below) = open.pop() {
            let mut names: Vec<_> = fs::read_dir(self.root.join(&below))?
                .map(|entry| Ok(entry?.file_name()))
                .collect::<std::io::Result<_>>()?;
            names.sort();
            for name in names {
                let text = name.to_string_lossy();
                // Drafts and what is half removed belong to nobody; the replies' index is one of the few with a dot.
                let half = text.starts_with(".draft-") || text.starts_with(".removed-") || text.ends_with(".draft");
                if half || (below.as_os_str().is_empty() && LEFT_OUT.contains(&text.as_ref())) {
                    continue;
                }
                let path = below.join(&name);
                let from = self.root.join(&path);
                let metadata = fs::symlink_metadata(&from)?;
                if metadata.is_dir() {
                    archive.append_dir(&path, &from)?;
                    open.push(path);
                    continue;
                }
                done.files += 1;
                let known = shared.get(&(metadata.dev(), metadata.ino()));
                if let Some(first) = known.filter(|_| metadata.is_file() && metadata.nlink() > 1) {
                    let mut header = Header::new_gnu();
                    header.set_metadata(&metadata);
                    header.set_entry_type(EntryType::Link);
                    header.set_size(0);
                    archive.append_link(&mut header, &path, first)?;
                    continue;
                }
                done.bytes += metadata.len();
                archive.append_path_with_name(&from, &path)?;
                shared.insert((metadata.dev(), metadata.ino()), path);
            }
        }
        let out = archive.into_inner()?.finish()?;
        out.sync_all()?;
        Ok(done)
    }

    /// Makes a store of a backup, where none is yet.
    pub fn restore(from: &Path, root: &Path) -> Result<Self> {
        if root.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(StoreError::Occupied(root.to_owned()));
        }
        let root = std::path::absolute(root)?;
        let draft = file::draft_of(&root);
        let restored = unpack(from, &draft);
        if restored.is_err() {
            let _ = std::fs::remove_dir_all(&draft);
        }
        restored?;
        // It is there whole, however the power fails.
        Self { root: draft.clone() }.sync()?;
        if root.is_dir() {
            fs::remove_dir(&root)?;
        }
        fs::rename(&draft, &root)?;
        let store = Self::open(&root)?;
        store.sync()?;
        Ok(store)
    }
}

/// Unpacks a backup; nothing is written outside `to`.
fn unpack(from: &Path, to: &Path) -> Result<()> {
    let no_backup = |source| StoreError::NoBackup { path: from.to_owned(), source };
    let opened = fs::File::open(from)?;
    fs::create_dir_all(to)?;
    let decoder = zstd::Decoder::new(opened).map_err(no_backup)?;
    let mut archive = tar::Archive::new(decoder);
    archive.set_preserve_permissions(true);
    archive.set_preserve_mtime(true);
    archive.unpack(to).map_err(no_backup)?;
    // The end of the archive is not the end of the file: what follows holds the checksum.
    std::io::copy(&mut archive.into_inner(), &mut std::io::sink()).map_err(no_backup)?;
    if !to.join(LEDGER).is_file() {
        return Err(no_backup(std::io::Error::other("there is no ledger in it")));
    }
    Ok(())
}
