//! The version of a store's layout: an older store is brought up to date by the first command that writes, a newer one is
//! refused.
//!
//! A store without a version is of the first. A step may be repeated: a run that was killed before the version was noted
//! takes it again.

use super::{Result, Store, StoreError, checksums, file, raw};

/// The version that this program writes.
const VERSION: u32 = 2;

impl Store {
    /// Refuses a store that a newer program has written.
    pub(super) fn refuse_newer(&self) -> Result<()> {
        match self.version()? {
            Some(found) if found > VERSION => {
                Err(StoreError::Newer { store: self.root.clone(), found, known: VERSION })
            }
            _ => Ok(()),
        }
    }

    /// Brings the store up to date; called by whoever holds the lock.
    pub(super) fn migrate(&self) -> Result<()> {
        let new = !self.root.join("ledger.sqlite").exists();
        let from = self.version()?.unwrap_or(if new { VERSION } else { 1 });
        if from < 2 {
            self.vouch()?;
        }
        if from < VERSION {
            tracing::info!(from, to = VERSION, "the store was brought up to date");
        }
        if self.version()? != Some(VERSION) {
            file::replace(&self.root.join("version"), format!("{VERSION}\n").as_bytes())?;
        }
        Ok(())
    }

    /// To version 2: the ledger vouches for the manifests that stand.
    fn vouch(&self) -> Result<()> {
        let ledger = self.ledger()?;
        for release in self.standing()? {
            if let Some(manifest) = file::known(&self.releases().join(&release.id).join(checksums::MANIFEST))? {
                ledger.add_release(&release.id, &raw::sha256(&manifest))?;
            }
        }
        Ok(())
    }

    fn version(&self) -> Result<Option<u32>> {
        let Some(text) = file::known(&self.root.join("version"))? else { return Ok(None) };
        // What is no number was written by a program that this one does not know.
        Ok(Some(String::from_utf8_lossy(&text).trim().parse().unwrap_or(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_store_is_brought_up_to_date_and_a_newer_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        // A store as the first version left it.
        std::fs::create_dir_all(root.join("releases/20200101T000000Z-00000000")).unwrap();
        std::fs::write(root.join("releases/20200101T000000Z-00000000/release.json"), "{}").unwrap();
        rusqlite::Connection::open(root.join("ledger.sqlite"))
            .unwrap()
            .execute_batch("CREATE TABLE runs (id INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, command TEXT NOT NULL, exit_code INTEGER, summary TEXT NOT NULL DEFAULT ''); INSERT INTO runs (started_at, command) VALUES (7, 'run')")
            .unwrap();
        let store = Store::open(root).unwrap();
        assert_eq!(store.version().unwrap(), None, "whoever only reads leaves it");
        drop(store.lock().unwrap());
        assert_eq!(store.version().unwrap(), Some(VERSION));
        let ledger = store.ledger().unwrap();
        assert_eq!(ledger.last_runs(5).unwrap()[0].started_at, 7);
        assert_eq!(ledger.releases().unwrap()["20200101T000000Z-00000000"], raw::sha256(b"{}"));
        for newer in ["3", "two"] {
            std::fs::write(root.join("version"), newer).unwrap();
            assert!(matches!(Store::open(root), Err(StoreError::Newer { known: VERSION, .. })));
        }
    }
}
