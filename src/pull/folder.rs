//! A source that is a folder: below it one folder per district, named by the district's code.
//!
//! A file is told from what it was by size, times to the nanosecond and inode, as a version control system does it.

use std::fs::Metadata;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use jiff::Timestamp;
use rayon::prelude::*;

use super::{Content, Offer, PullError, Source};
use crate::model::{Code, Receipt};
use crate::store::file;

/// A folder of district folders.
#[derive(Debug)]
pub(super) struct Folder {
    name: String,
    root: PathBuf,
    received: Receipt,
    limit: u64,
}

impl Folder {
    pub(super) fn new(name: String, root: PathBuf, received: Receipt, limit: u64) -> Self {
        Self { name, root, received, limit }
    }

    fn fail(&self, source: std::io::Error) -> PullError {
        PullError::Inbox { name: self.name.clone(), path: self.root.clone(), source }
    }

    /// Everything below the folder of a district, except folders themselves.
    fn walk(&self, folder: &Path, district: &str, inner: &str, offers: &mut Vec<Offer>) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                self.walk(&entry.path(), district, &format!("{inner}{name}/"), offers)?;
            } else {
                offers.push(self.offer(&entry, district.to_owned(), format!("{inner}{name}"))?);
            }
        }
        Ok(())
    }

    /// A link is offered as refused and never followed: of it, its own time and size.
    fn offer(&self, entry: &fs::DirEntry, district: String, file_name: String) -> std::io::Result<Offer> {
        let metadata = entry.metadata()?;
        let modified = metadata.modified().ok().and_then(|t| Timestamp::try_from(t).ok());
        let refused = if !metadata.is_file() {
            Some(Code::FileUnsafe)
        } else if metadata.len() > self.limit {
            Some(Code::FileTooLarge)
        } else {
            None
        };
        Ok(Offer {
            district,
            file_name,
            received_at: modified.filter(|_| self.received == Receipt::Modified).map(Timestamp::as_microsecond),
            bytes: metadata.len(),
            mark: mark(&metadata),
            changed: file::changed(&metadata),
            refused,
        })
    }
}

/// What tells a file's versions apart beside the size.
fn mark(metadata: &Metadata) -> String {
    let (modified, changed) = (metadata.mtime(), metadata.ctime());
    format!("{modified}.{:09} {changed}.{:09} {}", metadata.mtime_nsec(), metadata.ctime_nsec(), metadata.ino())
}

impl Source for Folder {
    fn offers(&self) -> Result<Vec<Offer>, PullError> {
        let list = || -> std::io::Result<Vec<Offer>> {
            let entries = fs::read_dir(&self.root)?.collect::<std::io::Result<Vec<_>>>()?;
            let of_entries: std::io::Result<Vec<Vec<Offer>>> = entries
                .par_iter()
                .map(|entry| {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    let mut offers = Vec::new();
                    if entry.file_type()?.is_dir() {
                        self.walk(&entry.path(), &name, "", &mut offers)?;
                    } else {
                        offers.push(self.offer(entry, String::new(), name)?);
                    }
                    Ok(offers)
                })
                .collect();
            Ok(of_entries?.concat())
        };
        let mut offers = list().map_err(|e| self.fail(e))?;
        offers.sort();
        Ok(offers)
    }

    fn read(&self, offer: &Offer) -> std::io::Result<Content> {
        let path = self.root.join(&offer.district).join(&offer.file_name);
        // A link put in the file's place since it was offered is not followed either.
        let no_link = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
        let mut file = fs::OpenOptions::new().read(true).custom_flags(no_link).open(path)?;
        let mut bytes = Vec::with_capacity(offer.bytes as usize);
        file.by_ref().take(self.limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > self.limit {
            return Ok(Content::TooLarge);
        }
        // Written to while it was read, it is what it was read as, and is read again the next time.
        let steady = mark(&file.metadata()?) == offer.mark && bytes.len() as u64 == offer.bytes;
        Ok(Content::Whole { bytes, steady })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_skipped_by_name_and_a_link_is_refused_unread() {
        let inbox = tempfile::tempdir().unwrap();
        let district = inbox.path().join("474");
        std::fs::create_dir_all(district.join("sub")).unwrap();
        std::fs::write(district.join("~$lock.xlsx"), "x").unwrap();
        std::fs::write(district.join(".hidden"), "").unwrap();
        std::fs::write(district.join("sub/deep.csv"), "a").unwrap();
        std::fs::write(district.join("big.csv"), "0123456789").unwrap();
        std::fs::write(inbox.path().join("stray.csv"), "b").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", district.join("link.xlsx")).unwrap();
        let source = Folder::new("inbox".into(), inbox.path().into(), Receipt::Now, 5);
        let offers = source.offers().unwrap();
        let seen: Vec<_> =
            offers.iter().map(|o| (o.district.as_str(), o.file_name.as_str(), o.refused.map(Code::as_str))).collect();
        assert_eq!(
            seen,
            [
                ("", "stray.csv", None),
                ("474", ".hidden", None),
                ("474", "big.csv", Some("file-too-large")),
                ("474", "link.xlsx", Some("file-unsafe")),
                ("474", "sub/deep.csv", None),
                ("474", "~$lock.xlsx", None),
            ]
        );
        assert_eq!(source.read(&offers[4]).unwrap(), Content::Whole { bytes: b"a".to_vec(), steady: true });
        // What was offered is no longer what is read.
        std::fs::write(district.join("sub/deep.csv"), "b").unwrap();
        assert_eq!(source.read(&offers[4]).unwrap(), Content::Whole { bytes: b"b".to_vec(), steady: false });
        std::fs::write(district.join("sub/deep.csv"), "0123456789").unwrap();
        assert_eq!(source.read(&offers[4]).unwrap(), Content::TooLarge);
        std::fs::remove_file(district.join("sub/deep.csv")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", district.join("sub/deep.csv")).unwrap();
        assert!(source.read(&offers[4]).is_err());
        assert!(offers.iter().all(|o| o.received_at.is_none()));
    }
}
