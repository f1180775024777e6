//! Files that are written whole or not at all.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
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

/// The bytes of a file; `None` where there is none.
pub(super) fn known(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What the file system's own clock says: the time that it gives to a file changed now, in nanoseconds since 1970.
pub(super) fn clock(folder: &Path) -> Result<i128> {
    let draft = draft_of(&folder.join("clock"));
    let file = fs::File::create(&draft)?;
    let metadata = file.metadata()?;
    drop(file);
    fs::remove_file(&draft)?;
    Ok(changed(&metadata))
}

/// When a file's content or place was last changed, in nanoseconds since 1970.
pub fn changed(metadata: &std::fs::Metadata) -> i128 {
    let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    let modified = nanoseconds(metadata.mtime(), metadata.mtime_nsec());
    modified.max(nanoseconds(metadata.ctime(), metadata.ctime_nsec()))
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
    let mut found = all_below(folder)?;
    found.retain(|path| path.extension().is_some_and(|e| e == extension));
    Ok(found)
}

/// All files below a folder, drafts too, sorted by path.
pub(crate) fn all_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
