//! Files that are written whole or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

use std::sync::atomic::{AtomicU64, Ordering};

use fs_err as fs;

use super::Result;

static DRAFTS: AtomicU64 = AtomicU64::new(0);

/// Writes `bytes` beside `path` and renames them into place; the file is there whole, or as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = draft_of(path);
    let mut file = fs::File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&draft, path)?;
    Ok(())
}

/// The name under which a file is written before it is renamed into place.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    // Two threads may write the same bytes to the same place; each needs a draft of its own.
    let turn = DRAFTS.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}-{turn}.draft", std::process::id()));
    path.with_file_name(name)
}

/// All files with this extension below a folder, sorted by path. Drafts of an interrupted run are not among them.
pub(crate) fn files_below(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
