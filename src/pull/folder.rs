//! A source that is a folder: below it one folder per district, named by the district's code.
//!
//! A folder below it that cannot be read is told, and the rest is taken. A file is told from what it was by size, times to
//! the nanosecond and inode, as a version control system does it.

use std::fs::{DirEntry, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use rayon::prelude::*;

use super::trouble::Trouble;
use super::{Content, Listing, Offer, Shown, Source};
use crate::model::Source as Entry;
use crate::store::file;

/// A folder of this machine.
#[derive(Debug)]
pub(super) struct Folder<'a> {
    pub(super) entry: &'a Entry,
    pub(super) root: &'a Path,
}

/// Longer paths are cut short where they are told.
const LONGEST: usize = 120;

/// Everything below a folder, except folders themselves. `inner` is its path below the source's place.
fn walk(folder: &Path, inner: &str, listing: &mut Listing) {
    let each = |entry: std::io::Result<DirEntry>, listing: &mut Listing| -> std::io::Result<()> {
        let entry = entry?;
        let path = format!("{inner}{}", entry.file_name().to_string_lossy());
        place(&entry, path, listing)
    };
    let listed = std::fs::read_dir(folder);
    let listed = listed.and_then(|mut entries| entries.try_for_each(|entry| each(entry, listing)));
    if let Err(error) = listed {
        let shown: String = inner.chars().take(LONGEST).collect();
        let cut = if shown.len() < inner.len() { "…" } else { "" };
        listing.missed.push(Trouble::file(format!("its folder `{shown}{cut}` cannot be read: {error}")));
    }
}

/// An entry of a folder, with whatever is below it.
fn place(entry: &DirEntry, path: String, listing: &mut Listing) -> std::io::Result<()> {
    if entry.file_type()?.is_dir() {
        walk(&entry.path(), &format!("{path}/"), listing);
    } else {
        listing.files.extend(show(entry, path)?);
    }
    Ok(())
}

/// Of a link, its own times and size: it is never followed. Nothing where it was taken away or renamed meanwhile.
fn show(entry: &DirEntry, path: String) -> std::io::Result<Option<Shown>> {
    let metadata = match entry.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    Ok(Some(Shown {
        path,
        bytes: metadata.len(),
        mark: mark(&metadata),
        changed: file::changed(&metadata),
        modified: Some(metadata.mtime() * 1_000_000 + metadata.mtime_nsec() / 1000),
        regular: metadata.is_file(),
    }))
}

/// What tells a file's versions apart beside the size.
fn mark(metadata: &Metadata) -> String {
    let (modified, changed) = (metadata.mtime(), metadata.ctime());
    format!("{modified}.{:09} {changed}.{:09} {}", metadata.mtime_nsec(), metadata.ctime_nsec(), metadata.ino())
}

impl Source for Folder<'_> {
    fn shown(&self) -> Result<Listing, Trouble> {
        let list = || -> std::io::Result<Listing> {
            let entries = std::fs::read_dir(self.root)?.collect::<std::io::Result<Vec<_>>>()?;
            let of_entries: std::io::Result<Vec<Listing>> = entries
                .par_iter()
                .map(|entry| {
                    let mut listing = Listing::default();
                    place(entry, entry.file_name().to_string_lossy().into_owned(), &mut listing)?;
                    Ok(listing)
                })
                .collect();
            let mut all = Listing::default();
            for Listing { files, missed } in of_entries? {
                all.files.extend(files);
                all.missed.extend(missed);
            }
            Ok(all)
        };
        list().map_err(|error| Trouble::source(format!("its folder `{}` cannot be read: {error}", self.root.display())))
    }

    fn read(&self, offer: &Offer, _: &str) -> Result<Content, Trouble> {
        let path = self.root.join(self.entry.senders.path(&offer.district, &offer.file_name).as_ref());
        let limit = self.entry.max_file_bytes;
        let read = || -> std::io::Result<Content> {
            // A link put in the file's place since it was offered is not followed either.
            let no_link = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
            let mut file = fs::OpenOptions::new().read(true).custom_flags(no_link).open(path)?;
            let mut bytes = Vec::with_capacity(offer.bytes as usize);
            file.by_ref().take(limit + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > limit {
                return Ok(Content::TooLarge);
            }
            // Written to while it was read, it is what it was read as, and is read again the next time.
            let mark = mark(&file.metadata()?);
            let steady = mark == offer.mark && bytes.len() as u64 == offer.bytes;
            Ok(Content::Whole { bytes, mark: steady.then_some(mark), modified: None })
        };
        read().map_err(|error| Trouble::file(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pull::tests::entry;

    #[test]
    fn a_folder_that_cannot_be_read_does_not_hide_the_others() {
        let inbox = tempfile::tempdir().unwrap();
        for district in ["474", "475"] {
            std::fs::create_dir(inbox.path().join(district)).unwrap();
            std::fs::write(inbox.path().join(district).join("a.csv"), "a").unwrap();
        }
        // Deeper than a path may be long: nobody can read it by its name, not even the superuser.
        let deeper = "name=$(printf '%0200d' 0); for i in $(seq 25); do mkdir $name && cd -P $name || exit 1; done";
        let made = std::process::Command::new("sh").args(["-c", deeper]).current_dir(inbox.path().join("474")).status();
        assert!(made.unwrap().success());
        let entry = entry();
        let Listing { mut files, missed } = Folder { entry: &entry, root: inbox.path() }.shown().unwrap();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        assert_eq!(files.iter().map(|shown| shown.path.as_str()).collect::<Vec<_>>(), ["474/a.csv", "475/a.csv"]);
        let told = missed.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(told.len() == 1 && told[0].contains("`474/000") && told[0].len() < 300, "{told:?}");
    }

    #[test]
    fn everything_is_shown_and_a_link_is_not_followed() {
        let inbox = tempfile::tempdir().unwrap();
        let district = inbox.path().join("474");
        std::fs::create_dir_all(district.join("sub")).unwrap();
        for (name, text) in [("~$lock.xlsx", "x"), (".hidden", ""), ("sub/deep.csv", "a"), ("big.csv", "0123456789")] {
            std::fs::write(district.join(name), text).unwrap();
        }
        std::fs::write(inbox.path().join("stray.csv"), "b").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", district.join("link.xlsx")).unwrap();
        let entry = Entry { max_file_bytes: 5, ..entry() };
        let source = Folder { entry: &entry, root: inbox.path() };
        let shown = || {
            let mut shown = source.shown().unwrap().files;
            shown.sort_by(|a, b| a.path.cmp(&b.path));
            shown
        };
        let seen: Vec<_> = shown().into_iter().map(|s| (s.path, s.bytes, s.regular)).collect();
        let expected = [
            ("474/.hidden", 0, true),
            ("474/big.csv", 10, true),
            ("474/link.xlsx", 11, false),
            ("474/sub/deep.csv", 1, true),
            ("474/~$lock.xlsx", 1, true),
            ("stray.csv", 1, true),
        ];
        assert_eq!(seen, expected.map(|(path, bytes, regular)| (path.to_owned(), bytes, regular)));

        // What was offered may no longer be what is read.
        let deep = district.join("sub/deep.csv");
        let offer = crate::pull::shelve(&entry, shown().remove(3)).unwrap();
        let read = || source.read(&offer, "");
        let whole = |text: &str, mark: Option<&String>| {
            Ok(Content::Whole { bytes: text.into(), mark: mark.cloned(), modified: None })
        };
        assert_eq!(read(), whole("a", Some(&offer.mark)));
        std::fs::write(&deep, "b").unwrap();
        assert_eq!(read(), whole("b", None));
        std::fs::write(&deep, "0123456789").unwrap();
        assert_eq!(read(), Ok(Content::TooLarge));
        std::fs::remove_file(&deep).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &deep).unwrap();
        assert!(read().is_err());
    }
}
