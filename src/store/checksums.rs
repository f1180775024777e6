//! The digests of a release's files: `SHA256SUMS`, as `sha256sum -c` reads it.

use std::collections::BTreeMap;
use std::path::Path;

use fs_err as fs;
use rayon::prelude::*;

use super::{Result, raw};

/// Name of the list in a release.
pub(super) const NAME: &str = "SHA256SUMS";
/// Name of the manifest, which names the list's digest and so is not in it.
pub(super) const MANIFEST: &str = "release.json";

/// Digest by path below the release's folder.
pub(super) type Checksums = BTreeMap<String, String>;

/// The list as text.
pub(super) fn write(sums: &Checksums) -> String {
    let lines: Vec<String> = sums.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    lines.concat()
}

/// The list of a text; `None` where a line is none of it.
pub(super) fn parse(text: &str) -> Option<Checksums> {
    text.lines().map(|line| line.split_once("  ").map(|(digest, path)| (path.to_owned(), digest.to_owned()))).collect()
}

/// Every file below a folder by its path, but for the list itself and the manifest.
pub(super) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else {
                let path = entry.path();
                let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
                found.push(name);
            }
        }
    }
    found.retain(|name| name != NAME && name != MANIFEST);
    found.sort();
    Ok(found)
}

/// The digests of all files below a folder; those that are known are not read again.
pub(super) fn of(folder: &Path, known: &Checksums) -> Result<Checksums> {
    let digest = |name: String| {
        let digest = known.get(&name).cloned().map_or_else(|| Ok(raw::sha256(&fs::read(folder.join(&name))?)), Ok);
        digest.map(|digest| (name, digest))
    };
    files(folder)?.into_par_iter().map(digest).collect()
}
