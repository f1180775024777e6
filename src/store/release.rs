//! Releases: assembled in a draft folder, renamed into place, then `current` is pointed at the newest.
//!
//! A release lists the digest of each of its files in `SHA256SUMS`; its manifest names the digest of that list and of the
//! manifest of the release before it, so that what was published cannot be altered unseen ([`super::verify`]).

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use fs_err as fs;

use crate::model::Channel;

use super::checksums::{self, Checksums};
use super::{Published, Result, Store, Written, file, raw};

/// The channel of releases that others may rely on; `<store>/stable` leads to its newest.
pub const STABLE: &str = Channel::Stable.as_str();

/// A release that is being assembled; nothing of it is visible until [`ReleaseDraft::publish`].
#[derive(Debug)]
pub struct ReleaseDraft {
    store: Store,
    id: String,
    folder: PathBuf,
    known: Mutex<Checksums>,
}

impl Store {
    /// Starts a release. What an interrupted run left half made or half removed is gone then.
    pub fn draft_release(&self, id: &str) -> Result<ReleaseDraft> {
        self.forget_halves()?;
        let folder = self.releases().join(format!(".draft-{id}"));
        fs::create_dir_all(folder.join("site"))?;
        fs::create_dir_all(folder.join("history"))?;
        Ok(ReleaseDraft { store: self.clone(), id: id.to_owned(), folder, known: Mutex::default() })
    }

    /// Where releases lie.
    pub(super) fn releases(&self) -> PathBuf {
        self.root.join("releases")
    }

    /// Removes drafts, and releases whose removal was interrupted.
    pub(super) fn forget_halves(&self) -> Result<()> {
        for entry in fs::read_dir(self.releases())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// `release.json` of the newest release, if there is one.
    pub fn current_manifest(&self) -> Result<Option<Vec<u8>>> {
        file::known(&self.current().join(checksums::MANIFEST))
    }

    /// Where the newest release is seen.
    pub fn current(&self) -> PathBuf {
        self.root.join("current")
    }

    /// Where the newest stable release is seen.
    pub fn stable(&self) -> PathBuf {
        self.root.join(STABLE)
    }

    /// The id of the release that a link leads to; `None` where there is none.
    pub(super) fn led_to(link: &Path) -> Option<String> {
        let target = std::fs::read_link(link).ok()?;
        Some(target.file_name()?.to_string_lossy().into_owned())
    }

    /// Lets `<store>/stable` lead to a release that stands.
    pub fn promote(&self, id: &str) -> Result<()> {
        point(&self.stable(), id)
    }
}

impl ReleaseDraft {
    /// The draft's folder for pages.
    pub fn site(&self) -> PathBuf {
        self.folder.join("site")
    }

    /// Writes a file of the site, as `ward/19753.html`, and says its digest. May be called from several threads, for
    /// different files.
    pub fn write_page(&self, name: &str, bytes: &[u8]) -> Result<String> {
        let digest = raw::sha256(bytes);
        self.note(format!("site/{name}"), digest.clone());
        let path = self.site().join(name);
        match fs::write(&path, bytes) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(&path, bytes)?;
            }
            done => done?,
        }
        Ok(digest)
    }

    /// Takes over pages of the newest release as they stand there; false where one is not there.
    pub fn keep_pages(&self, pages: &[Written]) -> Result<bool> {
        let from = self.store.current().join("site");
        // Before any is shared: what is rendered instead must not be written into a page that stands.
        if !pages.iter().all(|(name, _)| from.join(name).is_file()) {
            return Ok(false);
        }
        for (name, digest) in pages {
            share(&from.join(name), &self.site().join(name))?;
            self.note(format!("site/{name}"), digest.clone());
        }
        Ok(true)
    }

    /// Adds these files of the tables, with their digests.
    pub fn add_tables(&self, files: &[Written]) -> Result<()> {
        let root = self.store.root.join("tables");
        for (name, digest) in files {
            share(&root.join(name), &self.folder.join("data").join(name))?;
            self.note(format!("data/{name}"), digest.clone());
        }
        Ok(())
    }

    /// The draft read as the release that it will be.
    pub fn read(&self, manifest: serde_json::Value) -> Published {
        Published { folder: self.folder.clone(), manifest }
    }

    /// Writes a file of the release, as `history/changes.json`.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.note(name.to_owned(), raw::sha256(bytes));
        file::replace(&self.folder.join(name), bytes)
    }

    fn note(&self, name: String, digest: String) {
        if let Ok(mut known) = self.known.lock() {
            known.insert(name, digest);
        }
    }

    /// Lists the digests of all files that were added, and returns that of the list.
    pub fn seal(&self) -> Result<String> {
        let known = self.known.lock().map(|known| known.clone()).unwrap_or_default();
        let list = checksums::write(&checksums::of(&self.folder, &known)?);
        file::replace(&self.folder.join(checksums::NAME), list.as_bytes())?;
        Ok(raw::sha256(list.as_bytes()))
    }

    /// Writes the manifest, makes the release visible whole, then points `current` at it, and `stable` where it is meant for
    /// that channel. The ledger notes the manifest's digest first.
    pub fn publish(self, manifest: &[u8], channel: Channel) -> Result<PathBuf> {
        file::replace(&self.folder.join(checksums::MANIFEST), manifest)?;
        self.store.ledger()?.add_release(&self.id, &raw::sha256(manifest))?;
        // What is seen is on disk: no loss of power leaves half a release.
        self.store.sync()?;
        let place = self.store.releases().join(&self.id);
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        fs::rename(&self.folder, &place)?;
        point(&self.store.current(), &self.id)?;
        if channel == Channel::Stable {
            self.store.promote(&self.id)?;
        }
        Ok(place)
    }
}

/// Shares a file where the file system can, else copies it.
fn share(from: &Path, to: &Path) -> Result<()> {
    if std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to)?;
    }
    Ok(())
}

/// Points a symbolic link at a release in one step; the link is relative, so that a store can be moved.
fn point(link: &Path, id: &str) -> Result<()> {
    let draft = file::draft_of(link);
    if draft.symlink_metadata().is_ok() {
        fs::remove_file(&draft)?;
    }
    fs::os::unix::fs::symlink(Path::new("releases").join(id), &draft)?;
    fs::rename(&draft, link)?;
    Ok(())
}
