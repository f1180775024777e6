//! Replies to the districts: `feedback/<district>/…`, with an index of what each was made from.
//!
//! A reply is written beside its place and renamed. The index is written last, behind one barrier for all of them: after
//! a loss of power a reply either stands in the index and is whole, or it is made again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use fs_err as fs;

use super::{Result, Store, file};

/// Name of the index.
const INDEX: &str = ".index";
/// Name of a district's reminder.
const REMINDER: &str = "nhac-nop-bao-cao.txt";

/// The replies that stand in a store.
#[derive(Debug)]
pub struct Feedback {
    store: Store,
    root: PathBuf,
    /// Digest of all that the replies were made from.
    basis: String,
    /// Digest of what a reply was made from, by its path below the root.
    known: BTreeMap<String, String>,
}

impl Store {
    /// Opens the replies; one whose file is gone counts as never made.
    pub fn feedback(&self) -> Result<Feedback> {
        let root = self.root.join("feedback");
        let index = fs::read_to_string(root.join(INDEX)).unwrap_or_default();
        let mut lines = index.lines();
        let mut basis = lines.next().unwrap_or_default().to_owned();
        let mut known = BTreeMap::new();
        let mut folders: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (key, path) in lines.filter_map(|line| line.split_once(' ')) {
            let Some((folder, name)) = path.rsplit_once('/') else { continue };
            let names = folders.entry(folder).or_insert_with(|| {
                let entries = fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
                entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect()
            });
            if names.contains(name) {
                known.insert(path.to_owned(), key.to_owned());
            } else {
                basis.clear();
            }
        }
        Ok(Feedback { store: self.clone(), root, basis, known })
    }

    /// Puts a reminder beside the replies of each district and takes away those of others that it is asked about: all,
    /// where `asked` names none. Returns what was written.
    pub fn write_reminders(&self, texts: &BTreeMap<String, String>, asked: &[String]) -> Result<Vec<PathBuf>> {
        let root = self.feedback_folder();
        fs::create_dir_all(&root)?;
        for entry in fs::read_dir(&root)? {
            let entry = entry?;
            let path = entry.path().join(REMINDER);
            let district = entry.file_name().to_string_lossy().into_owned();
            let asked = asked.is_empty() || asked.contains(&district);
            if asked && !texts.contains_key(&district) && path.is_file() {
                fs::remove_file(path)?;
                // A folder that holds anything else stays.
                let _ = std::fs::remove_dir(entry.path());
            }
        }
        let mut written = Vec::new();
        for (district, text) in texts {
            let folder = root.join(district);
            fs::create_dir_all(&folder)?;
            let path = folder.join(REMINDER);
            file::replace(&path, text.as_bytes())?;
            written.push(path);
        }
        Ok(written)
    }

    /// Where the replies are seen.
    pub fn feedback_folder(&self) -> PathBuf {
        self.root.join("feedback")
    }
}

impl Feedback {
    /// Whether all replies stand, and were made from what this digest stands for.
    pub fn stands(&self, basis: &str) -> bool {
        self.basis == basis
    }

    /// How many files stand.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether this reply stands, and was made from what this digest stands for.
    pub fn has(&self, path: &str, key: &str) -> bool {
        self.known.get(path).is_some_and(|k| k == key)
    }

    /// Writes a file of a reply; may be called from several threads, for different files.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let path = self.root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let draft = file::draft_of(&path);
        fs::write(&draft, bytes)?;
        fs::rename(&draft, &path)?;
        Ok(())
    }

    /// Removes what no longer belongs and notes what stands; `keys` are all replies with what they were made from.
    /// Returns how many files were removed.
    pub fn finish(self, basis: &str, keys: &BTreeMap<String, String>) -> Result<usize> {
        let stale: Vec<&String> = self.known.keys().filter(|path| !keys.contains_key(*path)).collect();
        for path in &stale {
            let path = self.root.join(path);
            fs::remove_file(&path)?;
            // The last file of a district takes its folder along; one that holds anything else stays.
            if let Some(folder) = path.parent() {
                let _ = std::fs::remove_dir(folder);
            }
        }
        self.forget_drafts()?;
        self.store.sync()?;
        let mut index = format!("{basis}\n");
        for (path, key) in keys {
            index.push_str(&format!("{key} {path}\n"));
        }
        fs::create_dir_all(&self.root)?;
        file::replace(&self.root.join(INDEX), index.as_bytes())?;
        Ok(stale.len())
    }

    /// Removes what a killed run left half written.
    fn forget_drafts(&self) -> Result<()> {
        let files = if self.root.is_dir() { file::files_below(&self.root, "draft")? } else { Vec::new() };
        files.into_iter().try_for_each(|path| Ok(fs::remove_file(path)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_goes_only_with_those_that_were_asked_about() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let texts = |districts: &[&str]| districts.iter().map(|d| ((*d).to_owned(), "text".to_owned())).collect();
        let stands = || ["478", "479"].map(|d| folder.path().join("feedback").join(d).join(REMINDER).exists());
        store.write_reminders(&texts(&["478", "479"]), &[]).unwrap();
        store.write_reminders(&texts(&["478"]), &["478".to_owned()]).unwrap();
        assert_eq!(stands(), [true, true]);
        store.write_reminders(&texts(&[]), &["478".to_owned()]).unwrap();
        assert_eq!(stands(), [false, true]);
        store.write_reminders(&texts(&["478"]), &[]).unwrap();
        assert_eq!(stands(), [true, false]);
    }

    #[test]
    fn what_was_removed_by_hand_is_missed_and_what_is_stale_goes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let keys = |paths: &[&str]| paths.iter().map(|p| ((*p).to_owned(), "k".to_owned())).collect();
        let feedback = store.feedback().unwrap();
        for path in ["478/a.xlsx", "479/b.xlsx"] {
            feedback.write(path, b"x").unwrap();
        }
        feedback.finish("one", &keys(&["478/a.xlsx", "479/b.xlsx"])).unwrap();
        let feedback = store.feedback().unwrap();
        assert!(feedback.stands("one") && feedback.has("478/a.xlsx", "k") && !feedback.has("478/a.xlsx", "other"));
        assert_eq!(feedback.finish("two", &keys(&["478/a.xlsx"])).unwrap(), 1);
        assert!(!folder.path().join("feedback/479").exists());
        std::fs::remove_file(folder.path().join("feedback/478/a.xlsx")).unwrap();
        let feedback = store.feedback().unwrap();
        assert!(!feedback.stands("two") && !feedback.has("478/a.xlsx", "k") && feedback.is_empty());
    }
}
