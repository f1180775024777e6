//! A source that is a folder: below it one folder per district, named by the district's code.

use std::path::{Path, PathBuf};

use fs_err as fs;
use jiff::Timestamp;

use super::{Offer, PullError, Source};
use crate::model::{Code, Receipt};

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

    /// Everything below `folder`, except folders themselves. A link is offered as refused and never followed.
    fn walk(&self, folder: &Path, district: &str, inner: &str, offers: &mut Vec<Offer>) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                let (district, inner) = match district {
                    "" => (name, String::new()),
                    d => (d.to_owned(), format!("{inner}{name}/")),
                };
                self.walk(&entry.path(), &district, &inner, offers)?;
                continue;
            }
            // Of a link, its own time and size: what it points at is not looked at.
            let metadata = fs::symlink_metadata(entry.path())?;
            let modified = metadata.modified().ok().and_then(|t| Timestamp::try_from(t).ok());
            let refused = if !kind.is_file() {
                Some(Code::FileUnsafe)
            } else if metadata.len() > self.limit {
                Some(Code::FileTooLarge)
            } else {
                None
            };
            offers.push(Offer {
                district: district.to_owned(),
                file_name: format!("{inner}{name}"),
                received_at: modified.filter(|_| self.received == Receipt::Modified).map(Timestamp::as_microsecond),
                bytes: metadata.len(),
                refused,
            });
        }
        Ok(())
    }
}

impl Source for Folder {
    fn offers(&self) -> Result<Vec<Offer>, PullError> {
        let mut offers = Vec::new();
        self.walk(&self.root, "", "", &mut offers).map_err(|e| self.fail(e))?;
        offers.sort();
        Ok(offers)
    }

    fn read(&self, offer: &Offer) -> std::io::Result<Vec<u8>> {
        fs::read(self.root.join(&offer.district).join(&offer.file_name))
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
        assert_eq!(source.read(&offers[4]).unwrap(), b"a");
        assert!(offers.iter().all(|o| o.received_at.is_none()));
    }
}
