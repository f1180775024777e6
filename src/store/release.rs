//! Releases: assembled in a draft folder, renamed into place, then `current` is pointed at the newest.

use std::path::{Path, PathBuf};

use fs_err as fs;

use super::{Published, Result, Store, file, tables};

/// A release that is being assembled; nothing of it is visible until [`ReleaseDraft::publish`].
#[derive(Debug)]
pub struct ReleaseDraft {
    folder: PathBuf,
    place: PathBuf,
    current: PathBuf,
}

impl Store {
    /// Starts a release. Drafts that an interrupted run left behind are removed.
    pub fn draft_release(&self, id: &str) -> Result<ReleaseDraft> {
        let releases = self.root.join("releases");
        for entry in fs::read_dir(&releases)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(".draft-") {
                fs::remove_dir_all(entry.path())?;
            }
        }
        let folder = releases.join(format!(".draft-{id}"));
        fs::create_dir_all(folder.join("site"))?;
        fs::create_dir_all(folder.join("history"))?;
        Ok(ReleaseDraft { folder, place: releases.join(id), current: self.root.join("current") })
    }

    /// `release.json` of the newest release, if there is one.
    pub fn current_manifest(&self) -> Result<Option<Vec<u8>>> {
        match fs::read(self.root.join("current").join("release.json")) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Relative path (`observations/2018/2018-Q2.parquet`) and SHA-256 of every file of every table, sorted.
    pub fn table_digests(&self) -> Result<Vec<(String, String)>> {
        use rayon::prelude::*;
        let root = self.root.join("tables");
        let mut all = Vec::new();
        for table in tables::names() {
            all.extend(self.table_files(table)?);
        }
        let mut digests: Vec<(String, String)> = all
            .par_iter()
            .map(|path| {
                let name = path.strip_prefix(&root).unwrap_or(path).to_string_lossy().into_owned();
                Ok((name, super::raw::sha256(&fs::read(path)?)))
            })
            .collect::<Result<_>>()?;
        digests.sort();
        Ok(digests)
    }

    /// Where the newest release is seen.
    pub fn current(&self) -> PathBuf {
        self.root.join("current")
    }
}

impl ReleaseDraft {
    /// The draft's folder for pages.
    pub fn site(&self) -> PathBuf {
        self.folder.join("site")
    }

    /// Adds every table to the release; a file is shared with the store where the file system can, else copied.
    pub fn add_tables(&self, store: &Store) -> Result<()> {
        let root = store.root.join("tables");
        for table in tables::names() {
            for path in store.table_files(table)? {
                let to = self.folder.join("data").join(path.strip_prefix(&root).unwrap_or(&path));
                if let Some(folder) = to.parent() {
                    fs::create_dir_all(folder)?;
                }
                if fs::hard_link(&path, &to).is_err() {
                    fs::copy(&path, &to)?;
                }
            }
        }
        Ok(())
    }

    /// The draft read as the release that it will be.
    pub fn read(&self, manifest: serde_json::Value) -> Published {
        Published { folder: self.folder.clone(), manifest }
    }

    /// Writes a file of the release, as `release.json` or `history/changes.json`.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        file::replace(&self.folder.join(name), bytes)
    }

    /// Makes the release visible whole, then points `current` at it.
    pub fn publish(self) -> Result<PathBuf> {
        if self.place.exists() {
            fs::remove_dir_all(&self.place)?;
        }
        fs::rename(&self.folder, &self.place)?;
        point(&self.current, &self.place)?;
        Ok(self.place)
    }
}

/// Points a symbolic link at a release in one step; the link is relative, so that a store can be moved.
fn point(current: &Path, place: &Path) -> Result<()> {
    let draft = file::draft_of(current);
    if draft.symlink_metadata().is_ok() {
        fs::remove_file(&draft)?;
    }
    let name = place.file_name().unwrap_or_default();
    fs::os::unix::fs::symlink(Path::new("releases").join(name), &draft)?;
    fs::rename(&draft, current)?;
    Ok(())
}
